"""The message for a mistake in the answer form: its line, and what to write there."""

import shutil
import tomllib
from pathlib import Path

import pytest

from autograder.assignment import manifest
from autograder.assignment.settings import choose
from autograder.grading.grade import grade
from autograder.submission import answers, staged
from autograder.submission.reader import form_errors
from tests.harness.mini import Mini, results_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# c\nq1c = sigmoid\n", 'line 2 is `q1c = sigmoid`: text is put between quotes: q1c = "..."'),
        ("a = 1\nb =\n", "line 2 is `b =`: write the answer after the equals sign"),
        ("a = # TODO\n", "line 1 is `a = # TODO`: write the answer after the equals sign"),
        ("a = 1\na = 2\n", "line 2 is `a = 2`: its key is in the form twice"),
        ("a = 1\nb\n", "line 2 is `b`: an answer is written as b = value"),
        ("a = 12,5\n", "line 1 is `a = 12,5`: numbers have a decimal point, not a comma"),
        ("a = 97 %\n", "line 1 is `a = 97 %`: a number is written without unit"),
        ("a = -5*sqrt(2)\n", "line 1 is `a = -5*sqrt(2)`: a number is written without unit"),
        ("a = .5\n", "line 1 is `a = .5`: a number begins with a digit: 0.5"),
        ("a = −7.1\n", "line 1 is `a = −7.1`: the minus of a number is the hyphen"),
        ("a = “x”\n", "line 1 is `a = “x”`: the quotes of TOML are straight"),
        ('a = "x "y" z"\n', "text with quotes in it is put between"),
        ('a = "C:\\Users"\n', "write each backslash twice"),
        # The parser reports a later line than the mistake: the value should have ended one or two lines before.
        ('a = 1\nb = "open\nc = 3\n', 'line 2 is `b = "open`: close the quotes on the same line'),
        ('a = 1\nb = """open\nc = 3\n', 'line 2 is `b = """open`: close the quotes'),
        ('a = ["x",\n  "y"\nb = 3\n', 'line 1 is `a = ["x",`: a list is closed by ]'),
    ],
)
def test_syntax_mistake_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "answers.toml").write_text(text, encoding="utf-8")
    assert says in answers.read(tmp_path).problem


def test_every_answer_has_the_line_on_which_it_begins(tmp_path: Path) -> None:
    text = '# who\r\na = 1 # one\r\n\r\nb = [\r\n  1,\r\n]\r\nc = """x\r\ny = 3\r\n"""\r\nd = 4\r\n[t]\r\nz = 3\r\n'
    (tmp_path / "answers.toml").write_bytes(text.encode())
    form = answers.read(tmp_path)
    assert form.lines == {"a": 2, "b": 4, "c": 7, "d": 10}
    assert (form.where("c"), form.where("z")) == ("answers.toml:7", "answers.toml")


def test_search_for_lines_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_errors, "WORK", 40)
    text = "a = 1\nb = [\n" + "1,\n" * 1000 + "]\nc = 3\n"
    assert form_errors.answer_lines(text) == {"a": 1}


def test_wrong_and_blank_answers_name_their_line(mini: Mini) -> None:
    for line, outcome in (('colour = "green"', "FAILED"), ('colour = ""', "TODO")):
        mini.answers(f'# the form\nnames = "Ada"\n{line}\n')
        first, *_ = results_of(mini.grade(), "answers.colour")
        assert (first["outcome"], first["where"]) == (outcome, "answers.toml:3")


def test_unusual_forms_are_noted(mini: Mini) -> None:
    mini.answers('color = "blue"\nzzz = 1\nnames = ["Ada", "Alan"]\nstudent_ids = "1"\n')
    notes = mini.grade()["notes"]
    assert notes == [
        "answers.toml:1: no question asks for `color`; did you mean `colour`?",
        "answers.toml:2: no question asks for `zzz`; leave it out, or put the right key back",
        'answers.toml:4: 2 in `names`, 1 in `student_ids`; write one entry for each person in both: ["Ada", "Alan"]',
    ]
    mini.answers('colour = "blue"\nnames = "Ada"\nstudent_ids = ["1"]\n')
    assert mini.grade()["notes"] == []


def test_notes_of_a_hostile_form_are_few(mini: Mini) -> None:
    mini.answers("".join(f"key_{i} = 1\n" for i in range(500)))
    assert len(mini.grade()["notes"]) == 5


@pytest.mark.slow
def test_every_answer_of_a_wrong_type_is_refused_with_a_reason(tmp_path: Path) -> None:
    """For homework 12: no answer may crash its test, and no invalid answer may pass."""
    assignment = manifest.load(ROOT / "assignment.toml")
    tasks = [task for task in assignment.tasks.values() if task.kind == "answer"]
    package = tmp_path / "solutions"
    shutil.copytree(ROOT / "solutions", package)
    for wrong in ('[["?"]]', "true", "{ a = 1 }"):
        lines = [f"{task.name} = {wrong}" for task in tasks]
        (package / "answers.toml").write_text("\n".join(lines), encoding="utf-8")
        record = grade(
            choose(assignment, suites=("public",), only=(task.id for task in tasks)),
            staged.read(package, assignment),
        )
        for line, task in enumerate(tasks, start=1):
            for test in results_of(record, task.id):
                assert (test["outcome"], test["where"]) == ("FAILED", f"answers.toml:{line}"), test
                assert test["rationale"] and test["hint"]


def test_the_form_asks_for_what_the_manifest_lists() -> None:
    assignment = manifest.load(ROOT / "assignment.toml")
    asked = {task.name for task in assignment.tasks.values() if task.kind == "answer"}
    for package in ("solutions", "student"):
        form = tomllib.loads((ROOT / package / "answers.toml").read_text(encoding="utf-8"))
        assert form.keys() == asked | {"names", "student_ids"}
