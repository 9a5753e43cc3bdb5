"""The comparison of records: what nobody is told about is a false outcome, and what a record admits is not."""

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from autograder import outcomes
from autograder.assignment.manifest import load
from autograder.assignment.settings import choose
from autograder.record.build import Conditions, build
from benchmarks.record_comparison import compare
from benchmarks.steady_submissions import SUBMISSIONS, make

MANIFEST = load(Path(__file__).parents[1] / "assignment.toml")
TASK = "diffusion.binary.posterior"


def record(*words: str, complete: bool = True, faults: tuple[str, ...] = ()) -> dict[str, Any]:
    """A record of one task with tests of these outcomes."""
    results = [
        outcomes.TestResult(
            f"test {number}", TASK, "public", "A title.", outcomes.Outcome(word), rationale=word
        )
        for number, word in enumerate(words)
    ]
    settings = choose(MANIFEST, suites=("public",), only=(TASK,))
    return build(
        settings, Conditions(), None, results, complete=complete, faults=faults, seconds=random.random()
    )


ALONE = record("PASSED", "FAILED")


def test_equal_records_differ_in_times_only() -> None:
    """Kills: a comparison of whole records, which no second grade would pass."""
    other = copy.deepcopy(ALONE) | {"started": "later", "seconds": 99.0}
    other["tests"][0]["seconds"] = 9.0
    assert str(compare(ALONE, other, 0)) == "equal"


@pytest.mark.parametrize("field", ["outcome", "rationale", "hint", "title"])
@pytest.mark.parametrize("complete", [True, False])
def test_another_word_is_false(field: str, complete: bool) -> None:
    """Kills: comparing points only; believing whatever an incomplete record says."""
    other = copy.deepcopy(ALONE) | {"complete": complete}
    other["tests"][0][field] = "TIMEOUT"
    assert f"test 0: {field} is 'TIMEOUT'" in compare(ALONE, other, 0 if complete else 3).false


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("points", [-1, 1])
def test_lost_or_won_point_is_false(points: int, complete: bool) -> None:
    """Kills: comparing tests only, or only whether points are lost."""
    other = copy.deepcopy(ALONE) | {"complete": complete}
    other["tasks"][0]["points"] += points
    assert f"{TASK}: points is" in compare(ALONE, other, 0 if complete else 3).false


def test_harness_is_said_only_in_an_incomplete_record() -> None:
    """Kills: any HARNESS counted as said; the points of a test that did not run counted as lost."""
    verdict = compare(ALONE, record("HARNESS", "FAILED", complete=False), 3)
    assert (str(verdict), verdict.said) == ("said so 1", 1)
    assert compare(ALONE, record("HARNESS", "FAILED", faults=("the machine",)), 3).false
    assert compare(ALONE, record(complete=False), 3).told  # it ended before it collected the tests


def test_exit_code_agrees_with_the_record() -> None:
    """Kills: a grade that breaks off and exits with 0; one without a record; a crash that looks like a fault told."""
    incomplete = record("HARNESS", "FAILED", complete=False)
    assert compare(ALONE, incomplete, 0).false
    assert compare(ALONE, incomplete, -9).false
    assert not compare(ALONE, incomplete, -9, codes=(2, 3, -9)).false
    assert compare(ALONE, None, 0).false
    assert compare(ALONE, ALONE | {"score": "high"}, 3).false
    assert compare(ALONE, ALONE | {"faults": ["one"]}, 0).false
    assert compare(ALONE, ALONE | {"faults": ["one"]}, 3).told


def test_submissions_depend_only_on_the_seed(tmp_path: Path) -> None:
    """Kills: records that differ because the submission does; a submission without what it is named after."""
    texts: dict[tuple[str, int, int], str] = {}
    for name in SUBMISSIONS:
        for seed, time in ((0, 0), (0, 1), (1, 0)):
            folder = tmp_path / f"{name} {seed} {time}"
            make(name, seed, MANIFEST, ("q1",), folder)
            files = sorted((folder / MANIFEST.package / "diffusion").glob("*.py"))
            texts[name, seed, time] = "".join(path.read_text() for path in files)
        assert texts[name, 0, 0] == texts[name, 0, 1]
        assert (texts[name, 0, 0] == texts[name, 1, 0]) == (name == "reference")
    assert all(words in texts["hangs", 0, 0] for words in ("while True", "time.sleep"))
    assert "_TABLE" in texts["slow", 0, 0]
    assert "set_default_dtype(torch.float64)" in texts["odd", 0, 0] and "TODO(" in texts["unfinished", 0, 0]
