"""From its first moment a grade has a record of its own, which says so if nothing is graded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import cli, commands, schemas
from tests.harness.mini import MANIFEST, Mini

ROOT = Path(__file__).parents[2]
AT_THE_START = """
import sys
from autograder import cli
from autograder.grading import load

def start():
    print("torch" in sys.modules, open(sys.argv.pop()).read())
    sys.exit()

load.load = start
cli.main(sys.argv[1:-1])
"""


def record_in(out: Path) -> dict:
    """The record in a folder of results, with what the platform shows; both are valid."""
    record, results = (
        json.loads((out / name).read_text()) for name in ("submission_log.json", "results.json")
    )
    assert not [*schemas.mistakes(record, "record"), *schemas.mistakes(results, "gradescope")]
    return record | {"shown": results["output"]}


@pytest.fixture
def graded(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> Mini:
    """The tiny homework as the working folder, with what an earlier grade has left in `out`."""
    monkeypatch.chdir(mini.root)
    assert mini.grade()["complete"]
    (mini.out / "report.html").write_text("an earlier one")
    return mini


@pytest.mark.parametrize(
    ("call", "out"),
    [(["grade", "pupil", "--out", "out"], "out"), (["gradescope", "--box", "box"], "box/results")],
)
def test_the_first_record_is_there_before_torch(graded: Mini, call: list[str], out: str) -> None:
    """Kills: a record that is written once the grader has been loaded."""
    (graded.root / "box/submission").mkdir(parents=True)
    command = [sys.executable, "-c", AT_THE_START, *call, f"{out}/submission_log.json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    has_torch, text = done.stdout.split(" ", 1)
    first = json.loads(text)
    assert (has_torch, first["complete"], first["tests"], first["device"]) == ("False", False, [], "auto")
    assert first["isolation"]["mode"] == "isolated"
    assert not record_in(graded.root / out)["complete"]


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (["nowhere", "--isolation", "none"], "does not exist"),
        (["pupil"], "grading needs Linux"),
        (["pupil", "--isolation", "none", "--metadata", "nothing"], "cannot be read"),
        (["pupil", "--isolation", "none", "--device", "cuda"], "torch sees no GPU"),
    ],
)
def test_what_is_refused_says_so_in_its_record(
    graded: Mini, call: list[str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the full marks of an earlier grade beside a refusal; a refusal whose reason is on the screen only."""
    monkeypatch.setattr("autograder.grading.grader.supported", lambda: False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert cli.main(["grade", *call, "--out", "out"]) == commands.BAD_CALL
    record = record_in(graded.out)
    assert (record["complete"], record["score"]) == (False, 0) and why in record["faults"][0]
    assert "Nothing was graded" in record["shown"] and why not in record["shown"]  # students read it
    assert not (graded.out / "report.html").exists()


def test_one_attempt_too_many_has_a_record_that_says_so(graded: Mini) -> None:
    graded.manifest(MANIFEST + "\n[hand_in]\nattempts = 1\n")
    (graded.root / "box").mkdir()
    (graded.root / "box/submission_metadata.json").write_text('{"previous_submissions": [{"score": 6}]}')
    assert cli.main(["gradescope", "--box", "box"]) == commands.DONE
    record = record_in(graded.root / "box/results")
    assert not record["complete"] and "only 1 are graded" in record["faults"][0]


def test_a_log_is_not_overwritten_by_its_own_grade(graded: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    """Kills: a first record in place of the submission."""
    before = (graded.out / "submission_log.json").read_bytes()
    assert cli.main(["grade", "out/submission_log.json", "--out", "out"]) == commands.BAD_CALL
    assert "would be overwritten" in capsys.readouterr().err
    assert (graded.out / "submission_log.json").read_bytes() == before
