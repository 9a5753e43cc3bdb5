"""What may be another's fault is tried once more; what nobody could grade is neither right nor wrong."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from autograder.assignment.settings import choose
from autograder.grading.grader import Grader
from autograder.record.build import Record
from autograder.testing.time_budget import TimeBudget
from tests.harness.mini import CODE, DOUBLE, PUBLIC, QUADRUPLE, Mini, outcomes, results_of

RIGHT = {DOUBLE: "PASSED", QUADRUPLE: "PASSED", "answers.colour": "PASSED"}
STRIKE = '"Two times three is six."\n    from tests.harness.test_second_try import strike'


def strike(what: str, mark: Path) -> None:
    """Inside a test: kills a process of the grader, as the kernel does without memory; `mark` says at which run."""
    when = mark.read_text()
    if when != "always":
        mark.write_text(str(int(when) - 1))
    if when not in ("0", "always"):
        return
    grader = psutil.Process(os.getppid())
    # Other tests keep zygotes of their own: the newest one is of this grade.
    outside = max(
        (child for child in grader.children() if child.pid != os.getpid()), key=psutil.Process.create_time
    )
    zygotes = outside.children() or [outside]
    while what == "worker" and not any(zygote.children() for zygote in zygotes):
        time.sleep(0.01)  # it has been requested
    workers = [child for zygote in zygotes for child in zygote.children()]
    for process in {"tests": [psutil.Process()], "zygote": zygotes, "worker": workers}[what]:
        process.send_signal(signal.SIGKILL)


def grade(mini: Mini, workers: int = 1, budget: TimeBudget | None = None) -> Record:
    with Grader(mini.loaded()) as grader:
        settings = choose(mini.loaded(), workers=workers)
        return grader.grade(mini.root / "pupil", settings, budget=budget)


def struck(mini: Mini, what: str, when: str) -> Record:
    mark = mini.root / "mark"
    mark.write_text(when)
    mini.public(
        PUBLIC.replace(
            '"Two times three is six."',
            f"{STRIKE}; strike({what!r}, __import__('pathlib').Path({str(mark)!r}))",
        )
    )
    return grade(mini)


@pytest.mark.parametrize("what", ["tests", "zygote", "worker"])
def test_a_process_that_is_killed_once_costs_nothing(mini: Mini, what: str) -> None:
    record = struck(mini, what, "0")
    assert outcomes(record) == RIGHT and record["score"] == record["max_score"] == 10
    assert record["complete"] and record["faults"] == []


def test_what_is_killed_twice_is_neither_right_nor_wrong(mini: Mini) -> None:
    record = struck(mini, "tests", "always")
    assert outcomes(record) == RIGHT | {DOUBLE: "HARNESS"}
    assert (
        not record["complete"] and len(record["faults"]) == 2
    )  # of the test itself, and of the one behind it
    assert record["score"] == record["max_score"] == 6
    assert "SIGKILL" in results_of(record, DOUBLE)[0]["rationale"]


def test_slow_code_gets_its_whole_limit_in_the_end(mini: Mini) -> None:
    mini.code(CODE.replace("return 2 * x", "import time; time.sleep(2); return 2 * x"))
    record = grade(mini)
    assert outcomes(record) == RIGHT
    tried = [test for test in record["tests"] if test["first_try"]]
    assert tried and all(test["first_try"].startswith("TIMEOUT after ") for test in tried)


@pytest.mark.parametrize("what", ["tests", "worker"])
def test_a_kill_during_the_second_try_of_slow_code_costs_nothing(mini: Mini, what: str) -> None:
    mini.code(CODE.replace("return 2 * x", "import time; time.sleep(1.5); return 2 * x"))
    record = struck(mini, what, "1")
    assert outcomes(record) == RIGHT and record["complete"]


def test_a_slow_machine_is_said_and_costs_no_points(mini: Mini) -> None:
    record = grade(mini, budget=TimeBudget(mini.loaded(), clock=0))
    assert set(outcomes(record).values()) == {"HARNESS"}
    assert (record["score"], record["max_score"], record["complete"]) == (0, 0, False)
    (fault,) = record["faults"]
    assert "3 more tests" in fault and "the machine was too slow" in fault
