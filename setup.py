"""Metadata of the package `autograder`; the homework itself is never installed."""

from setuptools import find_packages, setup

# One list a need, so that a laptop gets only what its questions ask for. What is installed always is enough for every
# public test.
EXTRAS = {
    "rlhf": ["transformers>=5.17"],  # question 4 on a real T5
    "vision": ["torchvision"],  # question 3 on CIFAR-10
    "data": [
        "datasets",
        "scikit-learn",
    ],  # the news corpora of question 4, the digits remade from their source
    "notebooks": ["ipykernel", "otter-grader>=7"],  # running one, and its checks
    "otter": ["otter-grader[grading]>=7"],  # grading a notebook with Otter
    "handout": [
        "fonttools",
        "pypandoc_binary>=1.17",
        "typst>=0.15",
        "ziamath",  # for the font that it brings along
    ],  # the written part as HTML and PDF
}
TRAIN = ["matplotlib", "tensorboard"]  # plots and logs of `make train`
HOMEWORK = TRAIN + EXTRAS["rlhf"] + EXTRAS["vision"] + EXTRAS["data"] + EXTRAS["notebooks"]
# BEGIN STAFF
GRADER = ["hypothesis"]
TOOLS = [
    "antlr4-python3-runtime>=4.11,<4.12",  # SymPy's parser of LaTeX, which reads the handout's closed forms
    "codespell",
    "cosmic-ray",  # random mutants of the solutions
    "diffusers",  # cross-checks of the solutions, never of a submission
    "import-linter",  # the order of the folders
    "jupytext",
    "mypy",
    "nbclient",  # runs the notebooks in their tests
    "playwright",  # looks at reports in a browser, where there is one
    "pre-commit",
    "pytest-xdist",
    "rouge-score",
    "ruff",
    "sympy",
    "trl",
    "types-jsonschema",
]
# END STAFF

setup(
    name="hw12-harness",
    version="1.0.0",
    description="Homework 12 on diffusion, early exit and RLHF: its solutions, stubs, tests and grader",
    license="BSD-3-Clause",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["autograder", "autograder.*"]),
    package_data={
        "autograder": ["py.typed"],
        "autograder.schemas": ["*.json"],
        "autograder.platforms.gradescope": ["scripts/*"],
        "autograder.proving": ["templates/*"],
        "autograder.render.report": ["templates/*"],
        "autograder.release.handout": ["templates/*"],
    },
    entry_points={"console_scripts": ["autograder = autograder.cli:main"]},
    install_requires=[
        "jinja2",
        "jsonschema>=4.20",
        "numpy",
        "psutil",
        "pytest>=8",
        "rich",
        "safetensors",
        "scipy",
        "tomlkit",
        "torch>=2.11",
        "tqdm",
    ],
    extras_require={
        **EXTRAS,
        "student": HOMEWORK,
        # BEGIN STAFF
        "gradescope": GRADER,  # what grades, and nothing that trains or draws
        "staff": GRADER + HOMEWORK + EXTRAS["otter"] + EXTRAS["handout"],
        # Staff without torchvision, for a machine whose torch has no matching one.
        "grader": GRADER + TRAIN + EXTRAS["rlhf"] + EXTRAS["data"] + EXTRAS["otter"] + EXTRAS["handout"],
        "dev": TOOLS,
        # END STAFF
    },
)
