"""The feedback on a failed task, the attempt from which it is shown, and that the search for it loses no result."""

import io
import json
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from autograder.assignment.manifest import Task
from autograder.assignment.settings import choose
from autograder.grading.grade import grade
from autograder.isolation.isolated import Isolated
from autograder.outcomes import Finding
from autograder.record.build import Record
from autograder.render import terminal
from autograder.testing import examination
from autograder.transport.session import Session
from tests.harness.bank_homework import MANIFEST
from tests.harness.bank_texts import (
    ADDS_ONE,
    DOUBLE,
    FLIP,
    OCTUPLE,
    POWER,
    QUADRUPLE,
    SCALE,
    SCALED,
    SUMMARY,
    TRIPLES,
    code,
)
from tests.harness.banked import Banked, feedback
from tests.harness.mini import Mini, outcomes, points

WRONG = {DOUBLE: TRIPLES, FLIP: "return x + 0", SCALE: "return x / self.weight", POWER: "return -(x ** n)"}
HINTS = (
    *("Count the summands.", "triples", "Add it to itself.", "What is x + x?"),
    *("Which way?", "divides", "minimised", "does not depend on"),
)


def read(banked: Banked) -> str:
    return (banked.out / "results.json").read_text()


def entry(banked: Banked, task: str) -> str:
    return next(test["output"] for test in json.loads(read(banked))["tests"] if test["name"] == task)


def test_feedback_says_what_it_looks_like_what_to_try_and_where(banked: Banked) -> None:
    banked.graded_with({DOUBLE: TRIPLES}, only=("q1",))
    shown = entry(banked, DOUBLE)
    assert (
        "Likely mistake: the code triples\nTry: Count the summands.\nRead: q1 of the handout (Multiples)"
        in shown
    )
    assert "maths.double" in shown
    shown = entry(banked, QUADRUPLE)
    assert "First: fix maths.double" in shown and "4 of 5" in shown
    assert "is wrong" not in shown  # the messages of its own tests would be misleading


def test_an_unknown_mistake_gets_the_text_of_its_class(banked: Banked) -> None:
    banked.graded_with({POWER: "return -(x ** n)"}, only=(POWER,))
    assert "Found: every value has the wrong sign\nTry: " in entry(banked, POWER)


def test_hints_start_at_the_attempt_of_the_manifest_in_every_output(banked: Banked) -> None:
    banked.manifest(MANIFEST.replace("hints_from_attempt = 1", "hints_from_attempt = 3"))
    scores = []
    for attempt, shown in ((2, False), (3, True)):
        record = banked.graded_with(WRONG, attempt=attempt)
        console = Console(width=200, record=True, file=io.StringIO())
        terminal.show(record, console, points=True, package="")
        for text in (read(banked), console.export_text()):
            assert {hint: hint in text for hint in HINTS} == dict.fromkeys(HINTS, shown)
            assert ("are shown from attempt 3 on" in text) is not shown
            assert "fix maths.double" in text  # this is not a hint
        assert (record["attempt"], record["hints_from_attempt"]) == (attempt, 3)
        assert (
            feedback(record)[DOUBLE]["hint"] == "Count the summands."
        )  # staff see it from the first attempt
        scores.append(points(record))
    assert scores[0] == scores[1]


def test_no_feedback_has_numbers_of_a_hidden_test(banked: Banked) -> None:
    body = "return torch.where(x == 3.25, x * {}, 2 * x)"
    for factor in ("-2", "3", "float('nan')"):
        record = banked.graded_with({DOUBLE: body.format(factor)}, only=(DOUBLE,))
        assert record["faults"] == []
        told = read(banked) + json.dumps(feedback(record)[DOUBLE])
        for secret in ("3.25", "6.5", "9.75", "secret"):
            assert secret not in told


def test_no_text_of_a_submission_gets_into_a_finding(banked: Banked) -> None:
    record = banked.graded_with(
        {DOUBLE: "raise type('Expected65', (Exception,), {})(str(x))", POWER: "return {'8, 27': n}"}
    )
    told = feedback(record)
    assert (told[DOUBLE]["failure"], told[POWER]["failure"]) == ("exception", "type")
    assert not re.search(r"Expected65|8, 27|tensor", json.dumps(told))


# -- examination and results ------------------------------------------------------------------------------------


def unchanged_parts(record: Record) -> dict[str, object]:
    """The parts that an examination must not change."""
    return {"outcomes": outcomes(record), "points": points(record), "complete": record["complete"]}


def test_only_tasks_that_failed_are_examined_and_with_all_their_tests(banked: Banked) -> None:
    asked: dict[str, int] = {}

    def examine(task: Task, sessions: Sequence[Session], opened: Callable[[], Session]) -> None:
        assert task.id not in asked
        asked[task.id] = len(sessions)

    todo = 'raise NotImplementedError("TODO(q3): maths.power")'
    record = banked.graded_with({DOUBLE: ADDS_ONE, POWER: todo, SUMMARY: "return {}"}, examine=examine)
    assert asked == {DOUBLE: 3, QUADRUPLE: 1, OCTUPLE: 1, SUMMARY: 1} and record["faults"] == []


def crashes(task: Task, sessions: Sequence[Session], opened: Callable[[], Session]) -> Finding:
    raise LookupError(f"no idea of {task.name}")


def test_a_crashed_examiner_is_a_fault_and_loses_no_result(
    banked: Banked, zygote: Isolated, pupil: Path
) -> None:
    plain = unchanged_parts(banked.graded_with({SUMMARY: "return {}", FLIP: "return x"}, examine=None))
    record = banked.graded_with({SUMMARY: "return {}", FLIP: "return x"}, examine=crashes)
    (pupil / "maths.py").write_text((banked.root / "pupil/maths.py").read_text())
    isolated = banked.graded(package=pupil, isolated=zygote, examine=crashes)
    for found in (record, isolated):
        assert unchanged_parts(found) == plain and feedback(found) == {}
        assert [fault.split(" could")[0] for fault in found["faults"]] == [FLIP, SUMMARY]
        assert all("no idea of" in fault for fault in found["faults"])


def test_answers_are_not_examined(mini: Mini) -> None:
    mini.answers('colour = "red"')
    record = grade(choose(mini.loaded()), mini.submission(), examine=crashes)
    assert outcomes(record)["answers.colour"] == "FAILED" and record["faults"] == []


def sleeps(task: Task, sessions: Sequence[Session], opened: Callable[[], Session]) -> Finding:
    if task.id == FLIP:
        time.sleep(60)
    return Finding("values", "is wrong", "Why?")


def dies(task: Task, sessions: Sequence[Session], opened: Callable[[], Session]) -> Finding:
    if task.id == FLIP:
        os._exit(9)
    return Finding("values", "is wrong", "Why?")


@pytest.mark.parametrize(("examine", "workers"), [(sleeps, 1), (dies, 2)])
def test_an_endless_examination_loses_only_its_finding(
    banked: Banked, zygote: Isolated, pupil: Path, monkeypatch: pytest.MonkeyPatch, examine, workers: int
) -> None:
    monkeypatch.setattr(examination, "SECONDS", 0.3)
    bodies = {SUMMARY: "return {}", FLIP: "return x + 0", SCALED: "return 3"}
    (pupil / "maths.py").write_text(code(bodies))
    record = banked.graded(package=pupil, isolated=zygote, workers=workers, examine=examine)
    assert {task for task, outcome in outcomes(record).items() if outcome != "PASSED"} == set(bodies)
    assert record["score"] == 16 and record["complete"]
    assert set(feedback(record)) == {SCALED, SUMMARY} and record["faults"] == []


def test_an_examination_can_call_the_submission_in_its_own_worker(
    banked: Banked, zygote: Isolated, pupil: Path
) -> None:
    def examine(task: Task, sessions: Sequence[Session], opened: Callable[[], Session]) -> Finding:
        session = opened()
        count = session.call("maths.count").value
        session.close()
        return Finding("values", str(count), "Why?")

    more = "\n\nseen = []\n\n\ndef count():\n    seen.append(1)\n    return len(seen)\n"
    counts = {POWER: "return maths.count()", SUMMARY: "return maths.count()"}
    for folder in (banked.root / "pupil", pupil):
        (folder / "maths.py").write_text(code(counts) + more)
    here = banked.graded(examine=examine)
    there = banked.graded(package=pupil, isolated=zygote, examine=examine)
    assert [told["says"] for told in (*feedback(here).values(), *feedback(there).values())] == ["1"] * 4


# -- unusual submissions ---------------------------------------------------------------------------------------------

ODD = [
    *("None", "10 ** 400", "[x, {'a': x}]", "float('nan')", "x.to(torch.complex64)", "x.new_zeros(0)", "object()"),
    *("x * float('nan')", "x.expand(50000, *x.shape)", "(x.unsqueeze(0) + 1).mT"),
    "{'count': 10 ** 400, 'ends': [1.0, 2.0]}",
    *("exec('raise SystemExit')", "__import__('os')._exit(3)", "exec('x.zero_()')", "[[0] * 50] * 2000"),
]  # fmt: skip
TASKS = (DOUBLE, QUADRUPLE, FLIP, SCALE, SUMMARY)


@pytest.mark.parametrize("first", range(0, len(ODD), len(TASKS)))
def test_unusual_answers_are_not_a_fault_and_every_task_has_a_result(
    banked: Banked, zygote: Isolated, pupil: Path, first: int
) -> None:
    bodies = {task: f"return {ODD[(first + place) % len(ODD)]}" for place, task in enumerate(TASKS)}
    (pupil / "maths.py").write_text(code(bodies))
    record = banked.graded(package=pupil, isolated=zygote, workers=2)
    assert record["faults"] == [] and record["complete"]
    assert "HARNESS" not in outcomes(record).values()
    assert all(outcomes(record)[task] != "PASSED" for task in TASKS)


MOODY = """

calls = []


def unstable(wrong):
    calls.append(1)
    while len(calls) > 1:  # a test calls once, so this is not a test
        pass
    return wrong
"""


def test_a_submission_that_hangs_during_probing_is_graded_normally(
    banked: Banked, zygote: Isolated, pupil: Path
) -> None:
    banked.manifest(MANIFEST.replace("seconds = 5", "seconds = 0.5"))
    bodies = {POWER: "return unstable(x + n)", SUMMARY: "return unstable({'count': 3, 'ends': [1.0, 2.0]})"}
    (pupil / "maths.py").write_text(code(bodies) + MOODY)
    record = banked.graded(package=pupil, isolated=zygote, workers=2)
    assert (outcomes(record)[POWER], outcomes(record)[SUMMARY]) == ("FAILED", "FAILED")
    assert feedback(record)[POWER]["failure"] == feedback(record)[SUMMARY]["failure"] == "values"
    assert record["faults"] == [] and record["score"] == 20
