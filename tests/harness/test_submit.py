"""`autograder submit`: one file that can be graded again, and a text about its contents and its points."""

import json
from pathlib import Path

import pytest

from autograder import cli, commands
from autograder.record import hand_in as submit
from autograder.render import submission_summary
from tests.harness.handed_in import CARD, LOG, WEIGHTS, shown, staged, submitted, with_weights
from tests.harness.mini import CODE, PUBLIC, Mini


@pytest.fixture
def inside(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> Mini:
    """The tiny homework with trained weights, as the working folder."""
    with_weights(mini)
    monkeypatch.chdir(mini.root)
    return mini


def test_log_is_staged_like_its_folder(inside: Mini) -> None:
    Path("pupil/marked.py").write_bytes(b"\xef\xbb\xbfx = '\xc3\xa9\xf0\x9f\x8e\x93'\r\ny = 1\rz = 2\n\n")
    Path("pupil/latin.py").write_bytes(b"# coding: latin-1\nx = '\xe9'\n")
    Path("pupil/empty.py").write_bytes(b"")
    Path("pupil/table.py").write_bytes(b"FACTOR = 3\n")
    log = submitted()
    files, digests, notes = staged(inside.root / "pupil", inside)
    assert staged(inside.root / LOG, inside) == (files, digests, notes)
    assert log["sources"] == digests and log["files"].keys() == digests.keys()
    assert digests.keys() >= {"marked.py", "latin.py", "artifacts/net.safetensors", "table.py"}
    assert len(notes) == 1 and "table.py was changed" in notes[0]


def test_log_gets_the_score_of_its_folder(inside: Mini) -> None:
    inside.code(CODE.replace("maths.double(maths.double(x))", "x + 1"))
    submitted()
    ends = []
    for path in ("pupil", "submission_log.json"):
        call = ["grade", path, "--out", f"../graded {path}", "--device", "cpu", "--isolation", "none"]
        assert cli.main(call) == commands.DONE
        record = json.loads(Path(f"../graded {path}/submission_log.json").read_text())
        ends.append(
            {key: record[key] for key in ("score", "tasks", "sources", "notes", "artifacts", "answers")}
        )
    assert ends[0] == ends[1] and ends[0]["score"] == 5


@pytest.mark.parametrize("code", ["syntax error", "raise SystemExit(3)", CODE.replace("2 * x", "3 * x")])
def test_exit_code_is_0_for_every_test_result(inside: Mini, code: str) -> None:
    inside.code(code)
    assert submitted()["files"]["maths.py"].strip() == code.strip()


def test_only_public_tests_run_with_the_seed(inside: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    log = submitted("--seed", "7")
    assert log["scope"] == {"suites": ["public"], "whole": True} and log["seed"] == 7 and log["complete"]
    assert "secret" not in LOG.read_text() and "4 of 4 tests passed" in shown(capsys)


def test_contents_are_reported(inside: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    inside.answers('names = "Ada"\nstudent_ids = "1"\ncolour = "blue"')
    submitted()
    size = sum(path.stat().st_size for path in Path("pupil").glob("*.py"))
    told = shown(capsys)
    assert f"included 3 sources ({size} bytes) 1 of 1 answer artifacts/net.json" in told
    assert f"artifacts/net.safetensors ({len(WEIGHTS)} bytes, float16)" in told
    assert (
        "missing" not in told
        and "no points" not in told
        and "not run hidden: these tests run when the submission is graded" in told
    )
    total = LOG.stat().st_size / 1000
    assert told.endswith(f"written: submission_log.json ({total:.1f} KB); upload submission_log.json")


def test_missing_files_and_tasks_without_points_are_reported(
    inside: Mini, capsys: pytest.CaptureFixture[str]
) -> None:
    inside.code(CODE.replace("return 2 * x", 'raise NotImplementedError("TODO(q1): maths.double")'))
    inside.answers('colour = ""')
    Path("pupil/artifacts/net.safetensors").rename("pupil/artifacts/other.safetensors")
    Path("pupil/artifacts/other.safetensors").write_bytes(b"\xff no weights")
    Path("pupil/plot.png").write_bytes(b"")
    Path("pupil/large.py").write_bytes(b"#" * 1_000_001)
    log = submitted()
    told = shown(capsys)
    for words in (
        "0 of 1 answer ",
        "other.safetensors (12 bytes, not a readable safetensors file)",
        "missing 1 task still TODO: maths.double 1 answer still blank in answers.toml: colour",
        "who you are: `names` and `student_ids` in answers.toml",
        "artifacts/net.safetensors: `make train Q=q1` creates it",
        "no points 1 task BLOCKED: maths.quadruple",
        "left out: plot.png: not among the files that are graded",
        "left out: large.py: larger than 1 MB",
    ):
        assert words in told
    assert log["notes"][0].startswith("left out: ") and not {"plot.png", "large.py"} & log["files"].keys()


def test_wrong_tasks_are_reported_without_our_own_faults(inside: Mini) -> None:
    inside.code(CODE.replace("2 * x", "3 * x"))
    inside.public(PUBLIC.replace("hw.answer", "hw.no_such_thing"))
    manifest = inside.loaded()
    said = list(submission_summary.lines(submitted(), submit.collect(Path("pupil"), manifest), manifest))
    wrong = [text for heading, text in said if heading == "no points"]
    assert wrong == ["2 tasks FAILED, completely or partly: maths.double, maths.quadruple"]


def test_problem_of_an_artifact_is_reported(inside: Mini) -> None:
    Path("pupil/artifacts/net.json").write_text(json.dumps({**CARD, "weights": "0" * 64}))
    log = submitted()
    (row,) = log["artifacts"]
    taken = submit.collect(Path("pupil"), inside.loaded())
    said = list(submission_summary.lines(log, taken, inside.loaded()))
    assert row["problem"] and ("no points", f"artifacts/net.safetensors: {row['problem']}") in said


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 KB"), (2_300_000, "2.3 MB")]
)
def test_size_has_a_unit(count: int, words: str) -> None:
    assert submission_summary.file_size(count) == words


@pytest.mark.parametrize(
    ("package", "says"),
    [
        ("nowhere", "nowhere is not a folder"),
        ("checks", "no package found in checks"),
        (".", "a grade of . would use pupil/ in it: give that as --package"),
    ],
)
def test_folder_that_is_not_the_package_is_refused_before_any_test(
    inside: Mini, capsys: pytest.CaptureFixture[str], package: str, says: str
) -> None:
    assert cli.main(["submit", "--package", package]) == commands.BAD_CALL
    said = capsys.readouterr()
    assert says in said.err and "Traceback" not in said.err and not said.out and not LOG.exists()


def test_a_log_that_does_not_fit_the_schema_is_not_written(
    inside: Mini, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit, "embedded", list)
    assert cli.main(["submit", "--package", "pupil"]) == commands.OUR_FAULT
    assert not LOG.exists()
