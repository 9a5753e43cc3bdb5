"""Runs every notebook from top to bottom in a real kernel: with the reference (quick preset), and with the stubs."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.assignment.manifest import load
from autograder.release import notebooks

ROOT = Path(__file__).parents[2]
NAMES = {"hw12_diffusion": ("q1", "q2"), "hw12_early_exit": ("q3",), "hw12_rlhf": ("q4", "q5")}
WEIGHTS = {"q1": "coin_flip", "q2": "gaussian", "q3": "early_exit", "q4": "rlhf"}
SECONDS = 3600  # for one cell, also for training cells; no test depends on their speed

pytestmark = pytest.mark.slow


def homework(folder: Path, package: str) -> Path:
    """The homework of students, with a copy of `package` without trained weights as the package."""
    ignored = shutil.ignore_patterns("__pycache__", "artifacts")
    shutil.copytree(ROOT / package, folder / "student", ignore=ignored)
    for name in ("autograder", "tests/public", "tests/support"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("assignment.toml", "tests/__init__.py", "tests/conftest.py"):
        shutil.copy(ROOT / name, folder / name)
    notebooks.build(load(ROOT / "assignment.toml"), folder / "notebooks")
    return folder


def run(folder: Path, name: str) -> list[nbformat.NotebookNode]:
    """The code cells after the run. An exception in a cell fails the test."""
    node = nbformat.read(folder / f"notebooks/{name}.ipynb", 4)
    place = {"metadata": {"path": str(folder / "notebooks")}}
    NotebookClient(node, timeout=SECONDS, resources=place).execute()
    return [cell for cell in node.cells if cell.cell_type == "code"]


def printed(cell: nbformat.NotebookNode) -> str:
    """The output and the result of a cell, as text."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(texts)


def drawn(cell: nbformat.NotebookNode) -> int:
    """The number of pictures of a cell."""
    return sum("image/png" in output.get("data", {}) for output in cell.outputs)


def complaints(cells: list[nbformat.NotebookNode]) -> list[str]:
    """The standard error: warnings, and progress if there is no widget."""
    return [out.text for cell in cells for out in cell.outputs if out.get("name") == "stderr"]


@pytest.mark.parametrize("name", NAMES)
def test_with_the_reference(name: str, tmp_path: Path) -> None:
    """Training runs, every check ends with "passed", every picture is there, and the log for the upload is written."""
    folder = homework(tmp_path, "solutions")
    cells = run(folder, name)
    assert complaints(cells) == []
    checks = {}
    for cell in cells:
        if asked := re.fullmatch(r'grader\.check\("(\w+)"\)', cell.source):
            checks[asked[1]] = printed(cell)  # the last check counts: weights are TODO before training
    assert checks and {key for key, text in checks.items() if "All test cases passed" not in text} == set()
    for cell in cells:
        if (
            re.search(r"\b(plt|axes|show|show_images|show_found)\b", cell.source)
            and "import" not in cell.source
        ):
            assert drawn(cell) == 1, cell.source
        if "with unless_todo()" in cell.source:
            assert "TODO" not in printed(cell), cell.source
    for question in NAMES[name]:
        if question in WEIGHTS:
            card = json.loads((folder / f"student/artifacts/{WEIGHTS[question]}.json").read_text())
            assert card["preset"] == "quick"
    log = json.loads((folder / "submission_log.json").read_text())
    outcomes = {row["id"]: row["outcome"] for row in log["questions"] if row["id"].startswith(NAMES[name])}
    assert set(outcomes.values()) == {"PASSED"}
    assert "upload submission_log.json" in printed(cells[-1])


@pytest.mark.parametrize("name", NAMES)
def test_with_untouched_stubs(name: str, tmp_path: Path) -> None:
    """The notebook runs to its end. A missing function gives a TODO with its file; no picture is half drawn."""
    folder = homework(tmp_path, "student")
    cells = run(folder, name)
    assert complaints(cells) == []
    for cell in cells:
        text = printed(cell)
        assert "Traceback" not in text, cell.source
        if "with unless_todo()" in cell.source:
            line = re.search(r"TODO\(q\w+\): ([\w.]+) is yours to write in (student/\w+/\w+\.py)", text)
            assert line, cell.source
            assert line[1].startswith(line[2].removeprefix("student/").removesuffix(".py").replace("/", "."))
            assert not drawn(cell), cell.source
        elif cell.source.startswith(("show_found(", "print_found(")):
            assert "Nothing to show yet" in text
        elif "trained(" in cell.source:
            assert "is yours to write" in text
        elif "grader.check" in cell.source:
            assert "TODO not filled in yet" in text
    assert json.loads((folder / "submission_log.json").read_text())["score"] == 0


def test_a_saved_file_counts_immediately(tmp_path: Path) -> None:
    """The next cell uses a stub that was filled in during the run, without a restart."""
    folder = homework(tmp_path, "student")
    node = nbformat.read(folder / "notebooks/hw12_diffusion.ipynb", 4)
    setup = [cell for cell in node.cells if cell.cell_type == "code"][:3]
    right = (ROOT / "solutions/diffusion/binary.py").as_posix()
    sources = [
        "with unless_todo():\n    print(binary.steps_to_mix(0.5, 0.5))",
        f"import shutil\n_ = shutil.copy({right!r}, 'student/diffusion/binary.py')",
        "with unless_todo():\n    print(binary.steps_to_mix(0.5, 0.5))",
    ]
    node.cells = setup + [nbformat.v4.new_code_cell(source) for source in sources]
    place = {"metadata": {"path": str(folder / "notebooks")}}
    NotebookClient(node, timeout=SECONDS, resources=place).execute()
    assert "TODO(q1a)" in printed(node.cells[-3]) and printed(node.cells[-1]).strip() == "1"


def test_colab_finds_the_bundle(tmp_path: Path) -> None:
    """If only the zip was uploaded, the first cell unpacks it and enters the folder. A second run stays there."""
    homework(tmp_path / "made/hw12-student", "student")
    content = tmp_path / "content"
    content.mkdir()
    shutil.make_archive(str(content / "hw12-student"), "zip", tmp_path / "made")
    node = nbformat.read(tmp_path / "made/hw12-student/notebooks/hw12_rlhf.ipynb", 4)
    first = next(cell for cell in node.cells if cell.cell_type == "code")
    where = nbformat.v4.new_code_cell("import student\nprint(os.getcwd(), student.__file__)")
    node.cells = [first, nbformat.from_dict({**first, "id": "again"}), where]
    NotebookClient(node, timeout=SECONDS, resources={"metadata": {"path": str(content)}}).execute()
    assert printed(where) == f"{content}/hw12-student {content}/hw12-student/student/__init__.py\n"
    assert "installing" not in printed(node.cells[0])


def test_missing_homework_is_reported(tmp_path: Path) -> None:
    """Without the folder of the homework, the first cell says which files to put where."""
    node = nbformat.reads(notebooks.notebook(ROOT / "notebooks/hw12_rlhf.py"), 4)
    node.cells = [next(cell for cell in node.cells if cell.cell_type == "code")]
    client = NotebookClient(
        node, timeout=SECONDS, resources={"metadata": {"path": str(tmp_path)}}, allow_errors=True
    )
    client.execute()
    (error,) = node.cells[0].outputs
    assert "put the homework's folder or hw12-student.zip there" in error.evalue
