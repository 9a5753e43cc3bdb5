"""Credit for a task that is right after the grader replaces the wrong tasks below it, and the task to fix first."""

from pathlib import Path

import pytest

from autograder.isolation.isolated import Isolated
from tests.harness.bank_homework import CODE, MANIFEST, TESTS
from tests.harness.bank_texts import ADDS_ONE, DOUBLE, FLIP, OCTUPLE, QUADRUPLE, SCALE, SCALED, TRIPLES, code
from tests.harness.banked import Banked, feedback
from tests.harness.mini import outcomes, points

CREDIT = {QUADRUPLE: 0.8 * 5, OCTUPLE: 0.8 * 3}


def without_what_takes_time(record: dict) -> dict:
    tests = [{**test, "seconds": 0, "charged": 0} for test in record["tests"]]
    return {**record, "started": "", "seconds": 0, "tests": tests}


def test_a_right_submission_gets_no_feedback_and_all_points(banked: Banked) -> None:
    record = banked.graded_with({})
    assert record["score"] == record["max_score"] == 22 and feedback(record) == {} and record["faults"] == []


def test_untouched_stubs_get_no_points_and_no_feedback(banked: Banked) -> None:
    todo = 'raise NotImplementedError("TODO(q1): not yet")'
    record = banked.graded_with(
        dict.fromkeys((DOUBLE, QUADRUPLE, OCTUPLE, FLIP, SCALE, SCALED, "maths.power", "maths.summary"), todo)
    )
    assert record["score"] == 0 and feedback(record) == {} and set(outcomes(record).values()) == {"TODO"}


def test_a_task_above_a_wrong_one_gets_the_credit_of_the_manifest_and_the_task_to_fix(
    banked: Banked,
) -> None:
    record = banked.graded_with({DOUBLE: TRIPLES})
    found = feedback(record)
    assert set(found) == {DOUBLE, QUADRUPLE, OCTUPLE} and record["faults"] == []
    for task, credit in CREDIT.items():
        assert outcomes(record)[task] == "FAILED" and points(record)[task] == pytest.approx(credit)
        assert (
            found[task]["right_otherwise"]
            and found[task]["upstream"][0] == DOUBLE
            and not found[task]["says"]
        )
    assert found[OCTUPLE]["upstream"] == [DOUBLE, QUADRUPLE]  # the root first
    assert found[DOUBLE]["upstream"] == [] and found[DOUBLE]["misconception"] == "double_triples"
    # Only twice zero is right; there is no credit for the rest.
    assert points(record)[DOUBLE] == pytest.approx(4 / 3)


@pytest.mark.parametrize("part", [0.0, 1.0])
def test_the_manifest_sets_the_credit(banked: Banked, part: float) -> None:
    banked.manifest(MANIFEST.replace("upstream_credit = 0.8", f"upstream_credit = {part}"))
    record = banked.graded_with({DOUBLE: TRIPLES}, only=("q1",))
    assert points(record)[QUADRUPLE] == 5 * part and points(record)[OCTUPLE] == 3 * part


def test_credit_never_reduces_the_points(banked: Banked) -> None:
    banked.manifest(MANIFEST.replace("upstream_credit = 0.8", "upstream_credit = 0.1"))
    banked.public(TESTS + TESTS[TESTS.index('@pytest.mark.task("maths.double")\ndef test_double_of') :].split("\n\n")[0]
                  .replace("double", "quadruple"))  # fmt: skip
    record = banked.graded_with({DOUBLE: TRIPLES}, only=(DOUBLE, QUADRUPLE))
    assert feedback(record)[QUADRUPLE]["credit"] == pytest.approx(0.5)
    assert points(record)[QUADRUPLE] == 2.5  # four times zero is right without any help


def test_a_task_that_is_also_wrong_itself_is_named_and_gets_no_credit(banked: Banked) -> None:
    record = banked.graded_with({DOUBLE: ADDS_ONE, QUADRUPLE: "return maths.double(x)"})
    found = feedback(record)
    assert found[DOUBLE]["misconception"] == "double_adds_one"
    assert found[QUADRUPLE]["misconception"] == "quadruple_doubles_once"
    assert found[QUADRUPLE]["upstream"] == [DOUBLE] and not found[QUADRUPLE]["right_otherwise"]
    assert points(record)[QUADRUPLE] == 0
    assert found[OCTUPLE]["right_otherwise"] and points(record)[OCTUPLE] == pytest.approx(CREDIT[OCTUPLE])


def test_feedback_in_isolation_is_the_same(banked: Banked, zygote: Isolated, pupil: Path) -> None:
    bodies = {
        DOUBLE: ADDS_ONE,
        QUADRUPLE: "return maths.double(x)",
        SCALE: "return x / self.weight",
        FLIP: "return x",
    }
    here = banked.graded_with(bodies)
    (pupil / "maths.py").write_text(code(bodies))
    there = banked.graded(package=pupil, isolated=zygote, workers=2)
    assert feedback(there) == feedback(here) != {} and points(there) == points(here)
    assert outcomes(there) == outcomes(here) and there["faults"] == here["faults"] == []


def test_a_task_that_does_not_call_the_wrong_one_is_examined_by_itself(banked: Banked) -> None:
    found = feedback(banked.graded_with({DOUBLE: TRIPLES, QUADRUPLE: "return 3 * x"}))
    assert (found[QUADRUPLE]["upstream"], found[QUADRUPLE]["failure"]) == ([], "constant factor")


def test_a_task_below_that_is_right_is_not_blamed(banked: Banked) -> None:
    found = feedback(banked.graded_with({QUADRUPLE: "return maths.double(x)"}))
    assert (
        found[QUADRUPLE]["upstream"] == [] and found[QUADRUPLE]["misconception"] == "quadruple_doubles_once"
    )
    assert found[OCTUPLE]["upstream"] == [QUADRUPLE] and found[OCTUPLE]["right_otherwise"]


def test_a_wrong_class_below_is_reported_and_not_replaced(banked: Banked) -> None:
    record = banked.graded_with({SCALE: "return x / self.weight"})
    found = feedback(record)
    assert found[SCALE]["misconception"] == "scale_divides"
    assert found[SCALED] == {
        **found[SCALED],
        "upstream": [SCALE],
        "right_otherwise": False,
        "credit": 0,
        "says": "",
    }
    assert points(record)[SCALED] == 0 and record["faults"] == []


@pytest.mark.parametrize("body", ['raise NotImplementedError("TODO(q1): maths.double")', "return (x"])
def test_an_unfinished_task_below_blocks_and_earns_nothing(banked: Banked, body: str) -> None:
    record = banked.graded_with({DOUBLE: body})
    assert points(record)[QUADRUPLE] == points(record)[OCTUPLE] == 0
    assert QUADRUPLE not in feedback(record) and OCTUPLE not in feedback(record)
    if body.startswith("raise"):
        assert outcomes(record)[QUADRUPLE] == outcomes(record)[OCTUPLE] == "BLOCKED"


@pytest.mark.parametrize("body", ["raise ValueError('no')", "while True: pass", "return None"])
def test_tasks_above_get_their_credit_for_every_kind_of_failure_below(banked: Banked, body: str) -> None:
    banked.manifest(
        MANIFEST.replace("points = 4 }", "points = 4, seconds = 0.3 }").replace("seconds = 5", "seconds = 1")
    )
    record = banked.graded_with({DOUBLE: body}, only=(DOUBLE, QUADRUPLE))
    assert outcomes(record)[DOUBLE] in ("FAILED", "CRASHED", "TIMEOUT") and record["faults"] == []
    assert points(record)[QUADRUPLE] == pytest.approx(CREDIT[QUADRUPLE])


def test_a_submission_that_detects_a_stand_in_affects_no_other_task(banked: Banked) -> None:
    banked.manifest(MANIFEST.replace("points = 5,", "points = 5, seconds = 0.3,"))
    hang = "while type(maths.double).__name__ != 'function': pass\nreturn maths.double(maths.double(x))"
    record = banked.graded_with({DOUBLE: TRIPLES, QUADRUPLE: hang})
    found = feedback(record)
    assert found[QUADRUPLE]["upstream"] == [DOUBLE] and points(record)[QUADRUPLE] == 0
    assert points(record)[OCTUPLE] == pytest.approx(CREDIT[OCTUPLE]) and record["faults"] == []


def test_both_runs_together_have_the_total_time(banked: Banked) -> None:
    """One task uses most of it, another one the rest in the second run. Later tasks do not run again."""
    manifest = MANIFEST.replace("total = 60", "total = 2")
    banked.manifest(manifest.replace('"maths.flip", points = 3', '"maths.flip", points = 3, seconds = 1.2'))
    hang = "while type(maths.double).__name__ != 'function': pass\nreturn maths.double(maths.double(x))"
    bodies = {DOUBLE: TRIPLES, QUADRUPLE: hang, FLIP: "while True: pass"}
    record = banked.graded_with(bodies, only=(DOUBLE, QUADRUPLE, OCTUPLE, FLIP))
    found = feedback(record)[OCTUPLE]
    assert (found["upstream"][0], found["right_otherwise"], found["credit"]) == (DOUBLE, False, 0)
    assert points(record)[OCTUPLE] == 0 and record["complete"] and record["faults"] == []


def test_a_fault_of_a_test_in_the_second_run_is_reported(banked: Banked) -> None:
    last = "torch.tensor([12.0, 4.0]))"
    banked.public(TESTS.replace(last, last + "\n    undefined_name"))
    record = banked.graded_with({DOUBLE: TRIPLES}, only=(DOUBLE, QUADRUPLE))
    assert outcomes(record)[QUADRUPLE] == "FAILED" and any(
        "undefined_name" in fault for fault in record["faults"]
    )


def test_without_an_examiner_there_is_no_feedback_and_no_credit(banked: Banked) -> None:
    record = banked.graded_with({DOUBLE: TRIPLES}, examine=None)
    assert feedback(record) == {} and points(record)[QUADRUPLE] == 0


def test_the_examination_changes_nothing_but_feedback_and_credit(banked: Banked) -> None:
    banked.manifest(MANIFEST.replace("upstream_credit = 0.8", "upstream_credit = 0.0"))
    bodies = {DOUBLE: ADDS_ONE, FLIP: "return x", SCALE: "return x / self.weight", OCTUPLE: "return x * x"}
    with_it, without = (
        without_what_takes_time(banked.graded_with(bodies, **f)) for f in ({}, {"examine": None})
    )
    for task in with_it["tasks"]:
        task.pop("feedback", None)
    assert with_it == without
    assert "# BEGIN SOLUTION" in CODE  # the reference itself is unchanged
