"""The command line: exit codes, and a clear sentence for every bad call."""

import json
from pathlib import Path

import pytest

from autograder import cli, commands
from tests.harness.mini import CODE, Mini, giving

TRUSTED = ("--isolation", "none")  # these tests do not need isolation, whose start takes seconds


@pytest.fixture
def inside(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> Mini:
    """The tiny homework, with its folder as the working folder."""
    monkeypatch.chdir(mini.root)
    return mini


def test_test_exits_0_if_all_passed_and_1_otherwise(inside: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["test", "--package", "pupil"]) == commands.DONE
    inside.code(CODE.replace("2 * x", "3 * x"))
    assert cli.main(["test", "-q", "q1"]) == commands.NOT_PASSED
    shown = capsys.readouterr().out
    assert "Add it to itself." in shown and "secret" not in shown  # public tests only
    assert "points" not in shown


def test_todo_and_blocked_count_as_not_passed(inside: Mini) -> None:
    inside.code(CODE.replace("return 2 * x", 'raise NotImplementedError("TODO(q1): maths.double")'))
    assert cli.main(["test", "-q", "maths.double"]) == commands.NOT_PASSED
    assert cli.main(["test", "-q", "maths.quadruple"]) == commands.NOT_PASSED


def test_grade_exits_0_for_every_score_and_writes_both_files(inside: Mini) -> None:
    inside.code(CODE.replace("2 * x", "3 * x"))
    assert cli.main(["grade", "pupil", "--out", "out", "--device", "cpu", "--seed", "7"]) == commands.DONE
    log = json.loads(Path("out/submission_log.json").read_text())
    results = json.loads(Path("out/results.json").read_text())
    assert log["score"] == results["score"] == 1
    assert (log["isolation"]["mode"], log["seed"], log["device"]) == ("isolated", 7, "cpu")
    assert set(log["sources"]) == {"__init__.py", "answers.toml", "maths.py"}


def test_folder_without_the_package_gets_zero_and_a_reason(inside: Mini) -> None:
    Path("empty/notes").mkdir(parents=True)
    assert cli.main(["grade", "empty", "--out", "out", "--device", "cpu", *TRUSTED]) == commands.DONE
    log = json.loads(Path("out/submission_log.json").read_text())
    assert log["score"] == 0 and log["complete"] and log["faults"] == []
    assert any("hand in the folder `pupil/`" in note for note in log["notes"])
    assert "hand in the folder" in json.loads(Path("out/results.json").read_text())["output"]


def test_file_that_is_not_a_submission_gets_zero_and_a_reason(inside: Mini) -> None:
    assert (
        cli.main(["grade", "assignment.toml", "--out", "out", "--device", "cpu", *TRUSTED]) == commands.DONE
    )
    log = json.loads(Path("out/submission_log.json").read_text())
    assert log["score"] == 0 and log["complete"] and log["faults"] == []
    assert any("assignment.toml is not a file that can be read" in note for note in log["notes"])


def test_package_is_found_in_one_outer_folder(inside: Mini) -> None:
    Path("upload/of_a_student").mkdir(parents=True)
    Path("pupil").rename("upload/of_a_student/pupil")
    assert cli.main(["grade", "upload", "--out", "out", "--device", "cpu", *TRUSTED]) == commands.DONE
    assert json.loads(Path("out/submission_log.json").read_text())["score"] == 10


def test_submission_is_not_written_to(inside: Mini) -> None:
    before = {path: path.read_bytes() for path in Path("pupil").rglob("*") if path.is_file()}
    cli.main(["grade", "pupil", "--out", "out", "--device", "cpu", *TRUSTED])
    assert {path: path.read_bytes() for path in Path("pupil").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (["grade", "nowhere", "--out", "out"], "nowhere does not exist"),
        (["grade", "pupil", "--out", "assignment.toml"], "is a file: give a folder"),
        (["grade", "pupil", "--out", "out", "-q", "q9"], "'q9' is not a question"),
        (["test", "--package", "nowhere"], "is not a folder"),
        (["test", "-q", "maths.treble"], "'maths.treble' is not a question"),
    ],
)
def test_bad_call_exits_2_with_a_sentence(
    inside: Mini, capsys: pytest.CaptureFixture[str], call: list[str], says: str
) -> None:
    assert cli.main(call) == commands.BAD_CALL
    error = capsys.readouterr().err
    assert says in error and "Traceback" not in error


@pytest.mark.parametrize(
    "call", [["grade"], ["test", "--speed"], ["grade", "x", "--out", "y", "--seed", "-1"], []]
)
def test_unknown_flag_exits_2(inside: Mini, call: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(call)
    assert caught.value.code == commands.BAD_CALL


def test_missing_cuda_exits_2(inside: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert cli.main(["grade", "pupil", "--out", "out", "--device", "cuda"]) == commands.BAD_CALL


def test_broken_manifest_exits_2_and_names_the_line(inside: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    inside.manifest(Path("assignment.toml").read_text().replace("threads = 1", "treads = 1"))
    assert cli.main(["grade", "pupil", "--out", "out", *TRUSTED]) == commands.BAD_CALL
    assert "assignment.toml:10: unknown key 'treads'" in capsys.readouterr().err


def test_fault_of_ours_exits_3(inside: Mini) -> None:
    inside.hidden("import no_such_module\n")
    assert cli.main(["grade", "pupil", "--out", "out", "--device", "cpu", *TRUSTED]) == commands.OUR_FAULT


def test_given_files_are_replaced_with_the_staff_copy(inside: Mini) -> None:
    Path("reference").mkdir()
    Path("reference/table.py").write_text("FACTOR = 2\n")
    Path("pupil/table.py").write_text("FACTOR = 3\n")
    inside.manifest(giving(Path("assignment.toml").read_text(), "table.py"))
    inside.code(
        CODE.replace("2 * x", "table.FACTOR * x").replace("from . import maths", "from . import maths, table")
    )
    assert cli.main(["grade", "pupil", "--out", "out", "--device", "cpu", *TRUSTED]) == commands.DONE
    log = json.loads(Path("out/submission_log.json").read_text())
    assert log["score"] == 10 and any("table.py was changed" in note for note in log["notes"])


def test_an_interruption_is_one_line_with_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("autograder.commands.student.test", interrupted)
    assert cli.main(["test"]) == 130
    assert capsys.readouterr().err == "autograder: interrupted\n"
