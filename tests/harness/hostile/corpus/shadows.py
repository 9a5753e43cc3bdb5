"""Class 4: contains files with names that the grader uses, or that Python and pytest run automatically."""

from tests.harness.hostile.entry import TARGET, Entry, Files, double
from tests.harness.hostile.grader_modules import grader_modules

EVIL = "import os\nos._exit(0)\n"
YES = """
def __getattr__(name):
    return lambda *args, **kwargs: True
"""
HOOK = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    call.excinfo = None
    return report
"""


def shadowing(id: str, tries: str, files: Files, note: str = "") -> Entry:
    """An entry whose files have no effect: it is honest, and gets full marks."""
    return Entry(id, 4, tries, files, note=note)


ENTRIES = (
    shadowing(
        "shadow-libraries",
        "its own libraries, grader, tests and pytest, with a conftest.py in every folder",
        {
            **dict.fromkeys(("torch.py", "numpy/__init__.py", "pytest.py", "tests/support/compare.py"), YES),
            **{
                f"{name}.py": EVIL
                for name in ("json", "struct", "socket", "os", "random", "select", "typing")
            },
            **dict.fromkeys(("_pytest/__init__.py", "sitecustomize.py", "usercustomize.py"), EVIL),
            **dict.fromkeys(("conftest.py", "given/conftest.py", "checks/conftest.py"), HOOK),
            "autograder/__init__.py": "",
            **{f"{name.replace('.', '/')}.py": YES for name in grader_modules()},
            "test_attacked.py": "def test_double():\n    pass\n",
            "checks/hidden/test_attacked_secretly.py": "def test_large():\n    pass\n",
        },
    ),
    shadowing(
        "shadow-settings",
        "settings for pytest and Python, a path file, a manifest, compiled files, given files with other contents",
        {
            "pytest.ini": "[pytest]\naddopts = -k nothing\n",
            "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--collect-only"\n',
            "setup.cfg": "[tool:pytest]\naddopts = -x\n",
            "evil.pth": "import os; os._exit(0)\n",
            ".env": "PYTHONSTARTUP=evil.py\n",
            "__pycache__/maths.cpython-311.pyc": b"\xa7\r\r\n" + bytes(60),
            "words.pyc": bytes(60),
            "words.so": b"\x7fELF",
            "given/table.py": "FACTOR = 3\n" + EVIL,
            "given/__init__.py": EVIL,
            "assignment.toml": '[staff]\nreference = "pupil"\n[staff.choices]\ncolour = "red"\n',
        },
        "was changed",
    ),
    shadowing(
        "shadow-at-run-time",
        "writes modules into its scratch folder, and puts it first on the path",
        double(
            "return 2 * x",
            """
for name in ("torch", "tests", "autograder", "sitecustomize"):
    with open(f"{name}.py", "w") as file:
        file.write("import os; os._exit(0)")
sys.path.insert(0, os.getcwd())
os.environ["PYTHONPATH"] = os.getcwd()
""",
        ),
    ),
    shadowing(
        "shadow-package-path",
        "adds the solutions to the __path__ of the package",
        {"__init__.py": 'from . import aim\n__path__.insert(0, aim.HOMEWORK + "/reference")\n'},
    ),
    Entry(
        "shadow-package-modules",
        4,
        "replaces its own modules in __init__",
        {
            "__init__.py": "import sys\nfor name in ('maths', 'words'):\n    sys.modules[f'{__name__}.{name}'] = None\n"
        },
        {TARGET: "CRASHED", "words.shout": "CRASHED"},
    ),
)
