"""The submissions that both our grader and Otter grade: a seed selects them, each is graded once and counted."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment.manifest import load
from autograder.misconceptions import bank
from benchmarks import otter

MANIFEST = load(Path(__file__).parents[1] / "assignment.toml")
PAIR = {
    "ours": {"q1": 2.5, "q2": 1},
    "otter": {"q1": 2.5, "q2": 1.0},
    "our_seconds": 5.0,
    "otter_seconds": 8.5,
}


def names(seed: int, *only: str) -> list[str]:
    return [name for name, _ in otter.submissions(MANIFEST, 30, seed, only)]


def test_thirty_cover_all_questions_and_depend_only_on_the_seed() -> None:
    """Kills: mistakes of only one question; different mistakes in each run; a repeated mistake."""
    chosen = names(0)
    assert chosen[:3] == ["reference", "stubs", "half right"]
    assert len(set(chosen)) == 30 and chosen == names(0) != names(1)
    entries = bank.load(MANIFEST)
    counts = Counter(MANIFEST.tasks[entries[name].task].question for name in chosen[3:])
    asked = {MANIFEST.tasks[entry.task].question for entry in entries.values()}
    assert set(counts) == asked and min(counts.values()) >= 2
    assert {MANIFEST.tasks[entries[name].task].question for name in names(0, "q3")[3:]} == {"q3a", "q3b"}


def test_finished_pair_is_not_graded_again(tmp_path: Path) -> None:
    """Kills: a run that starts again from the beginning after an interruption."""
    (tmp_path / "pair.json").write_text(json.dumps(PAIR))

    def make(target: Path) -> None:
        raise AssertionError("it was made again")

    assert otter._pair(MANIFEST, make, tmp_path, tmp_path / "none.zip", [], 0) == PAIR


def test_log_holds_all_files_of_the_package(tmp_path: Path) -> None:
    """Kills: a log without weights, so that both ways compare too little."""
    log = json.loads(otter._log(MANIFEST, otter._reference(MANIFEST), tmp_path).read_text())
    assert {"diffusion/binary.py", "answers.toml", "artifacts/rlhf.safetensors"} <= set(log["files"])
    assert log["score"] == 0 and not log["complete"]


@pytest.mark.parametrize(
    ("theirs", "last", "code"), [(PAIR["otter"], "parity 2/2", 0), ({"q1": 2.5, "q2": 0.5}, "parity 1/2", 1)]
)
def test_one_difference_is_an_exit_code(
    theirs: dict[str, float],
    last: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Kills: equal totals with different questions; a difference that only the table shows."""
    pairs: list[dict[str, Any]] = [PAIR, PAIR | {"otter": theirs}]
    monkeypatch.setattr(otter, "ROOT", tmp_path)
    monkeypatch.setattr(otter, "load", lambda path: MANIFEST)
    monkeypatch.setattr(otter.otter, "build", lambda manifest, out, *rest: out.write_bytes(b"zip"))
    monkeypatch.setattr(otter, "submissions", lambda *rest: [("one", None), ("two", None)])
    monkeypatch.setattr(otter, "_pair", lambda *rest: pairs.pop(0))
    monkeypatch.setattr(sys, "argv", ["otter", "-q", "q1"])
    assert otter.main() == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == last and "otter adds 3.5 s" in lines[-2]
