"""The built notebooks: valid, without outputs, the same each time, in the order of the handout, without answers."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from otter.test_files import ExceptionTestFile

from autograder.assignment.manifest import load
from autograder.errors import InputError
from autograder.release import leaks, notebooks
from tests.harness.mini import Mini

ROOT = Path(__file__).parents[2]
MANIFEST = load(ROOT / "assignment.toml")
NAMES = ["hw12_diffusion", "hw12_early_exit", "hw12_rlhf"]
TEXTS = {name: (ROOT / f"notebooks/{name}.py").read_text(encoding="utf-8") for name in NAMES}
STUBS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "student").rglob("*.py"))]
SOLUTIONS = leaks.gather(ROOT / "solutions", opened=STUBS)
# The closed forms that the handout asks for, in the notation of notebooks, without spaces.
FORMS = [
    r"1-2\\delta",  # 1(a), (b), (d): the factor of one step
    r"1-\(1-2",
    r"\\prod",  # 2(a): alpha_t
    r"1-\\(bar)?\\?alpha_\{t-1\}",  # 2(b)
    r"\\alpha_\{t-1\}",
    r"\\Phi\((\\left\()?-",  # 3(a) i
    r"2\^\{-k\}",
    r"2\^\{k/2\}",
    r"7\.07|10\.48|10\.49",  # 3(a) ii and iii
    r"-\\logQ",  # 1(e): the loss at t = 1
]


def built(text: str, folder: Path) -> nbformat.NotebookNode:
    folder.mkdir(exist_ok=True)
    path = folder / "some.py"
    path.write_text(text, encoding="utf-8")
    return nbformat.reads(notebooks.notebook(path), 4)


def code(name: str) -> list[str]:
    """The code cells of a notebook."""
    cells = nbformat.reads(notebooks.notebook(ROOT / f"notebooks/{name}.py"), 4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def test_all_notebooks_and_checks_are_built(tmp_path: Path) -> None:
    """There are three valid notebooks without outputs, and a check for each question with tasks."""
    notebooks.build(MANIFEST, tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("*.ipynb")) == NAMES
    expected = [question.id for question in MANIFEST.questions if question.tasks]
    assert sorted(path.stem for path in (tmp_path / "checks").glob("*.py")) == sorted(expected)
    for path in tmp_path.glob("*.ipynb"):
        node = json.loads(path.read_text())
        nbformat.validate(node)
        assert (node["nbformat"], node["nbformat_minor"]) == (4, 5)
        assert len({cell["id"] for cell in node["cells"]}) == len(node["cells"])
        for cell in node["cells"]:
            assert not cell.get("outputs") and not cell.get("execution_count") and not cell["metadata"]


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    """The test would notice random parts and a dependence on the clock or the folder."""
    for folder in ("one", "two"):
        notebooks.build(MANIFEST, tmp_path / folder)
    one, two = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert one == two


def test_an_edit_changes_only_the_id_of_its_own_cell(tmp_path: Path) -> None:
    """Ids come from the text: a new cell does not change the other ids, and equal cells have different ids."""
    before = built("# %%\n1\n\n# %%\n2\n\n# %%\n2\n", tmp_path)
    after = built("# %%\n0\n\n# %%\n1\n\n# %%\n2\n\n# %%\n2\n", tmp_path)
    assert [cell.id for cell in before.cells] == [cell.id for cell in after.cells][1:]
    assert len({cell.id for cell in before.cells}) == 3


def test_magic_commands_are_commands(tmp_path: Path) -> None:
    """They are comments only in the source text."""
    assert built("# %%\n# %autoreload 2\n", tmp_path).cells[0].source == "%autoreload 2"


def test_another_homework_gets_its_own_notebooks(mini: Mini, tmp_path: Path) -> None:
    """Another homework gets its own notebooks and checks. Without a source nothing is built, and an error says so."""
    with pytest.raises(InputError, match="contains no notebook"):
        notebooks.build(mini.loaded(), tmp_path)
    (mini.root / "notebooks").mkdir()
    (mini.root / "notebooks/other.py").write_text("# %%\n1\n")
    written = notebooks.build(mini.loaded(), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in written] == ["other.ipynb", "checks/q1.py"]


def test_checks_have_the_format_of_otter(tmp_path: Path) -> None:
    """Otter reads each of them as an exception-based test file with one case, named after its question."""
    notebooks.build(MANIFEST, tmp_path)
    for path in (tmp_path / "checks").glob("*.py"):
        check = ExceptionTestFile.from_file(str(path))
        assert [check.name, *(case.name for case in check.test_cases)] == [path.stem] * 2
        assert "hidden tests" in check.test_cases[0].success_message


def test_questions_are_in_order() -> None:
    """Every question is checked, in the order of the handout."""
    asked = [name for text in TEXTS.values() for name in re.findall(r'grader\.check\("(\w+)"\)', text)]
    assert list(dict.fromkeys(asked)) == [question.id for question in MANIFEST.questions if question.tasks]


@pytest.mark.parametrize("question", [q.id for q in MANIFEST.questions if q.manual_points])
def test_parts_on_paper_are_requested(question: str) -> None:
    """Every part that people grade is requested with its number in the handout."""
    number, letter = question[1], question[2:]
    assert re.search(rf"\*\*On paper, {number}\({letter}\)", "".join(TEXTS.values()))


def test_every_task_has_its_place() -> None:
    """The text names each function to write, each training and each answer."""
    everything = "".join(TEXTS.values())
    missing = [t.id for t in MANIFEST.tasks.values() if t.kind == "code" and t.name not in everything]
    missing = [name for name in missing if name.split(".")[-1] not in ("BasicBlock", "EarlyExitResNet")]
    assert missing == []  # the text calls the two classes "the two `forward` functions"
    assert all(f'trained("q{number}", PRESET, DEVICE)' in everything for number in "1234")
    written_by_training = re.compile("q3b_(i|ii|iii|iv|v|vi)_")
    keys = [t.name for t in MANIFEST.tasks.values() if t.kind == "answer"]
    assert [k for k in keys if k not in everything and not written_by_training.match(k)] == []


def test_the_first_cells_are_the_same() -> None:
    """The setup code is in each notebook, because nothing can be imported before it has run."""
    assert len({tuple(code(name)[:2]) for name in NAMES}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_handles_a_todo(name: str) -> None:
    """Student code runs inside `with unless_todo()`, or in functions that handle TODOs."""
    modules = {task.module.rpartition(".")[2] for task in MANIFEST.tasks.values() if task.kind == "code"}
    calls = rf"\b({'|'.join(sorted(modules))})\.[a-z_]+\("
    bare = [c for c in code(name) if re.search(calls, c) and "with unless_todo()" not in c]
    assert bare == []


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_is_in_a_notebook(name: str) -> None:
    """A notebook contains no words of a solution block, and no closed form that the handout asks for."""
    text = TEXTS[name]
    assert leaks.find({f"{name}.py": text.encode()}, SOLUTIONS) == []
    squeezed = re.sub(r"[\s#]|\\[,;!]", "", text)
    assert [form for form in FORMS if re.search(form, squeezed)] == []


@pytest.mark.parametrize("task", [t.id for t in MANIFEST.tasks.values() if t.kind == "code"])
def test_an_answer_would_be_found(task: str) -> None:
    """The scan knows words of every file with solutions: it would find a notebook with one of their lines."""
    module = ROOT / "solutions" / (task.rpartition(".")[0].replace(".", "/") + ".py")
    assert leaks.find({"cell.py": module.read_bytes()}, SOLUTIONS)


@pytest.mark.parametrize(
    "planted",
    [
        r"$1 - (1 - 2\delta)^T$",
        r"$\alpha_t = \prod_{s \le t} (1 - \beta_s)$",
        r"$\frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t} \beta_t$",
        r"$\Phi\left(-2^{k/2} M\right)$",
        r"so $z = -7.07$",
    ],
)
def test_a_closed_form_would_be_found(planted: str) -> None:
    """The scan finds each closed form of an answer in a notebook."""
    squeezed = re.sub(r"[\s#]|\\[,;!]", "", planted)
    assert any(re.search(form, squeezed) for form in FORMS)
