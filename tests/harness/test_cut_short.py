"""A killed grade leaves a valid record of its results so far. A grade that hangs everywhere ends in time."""

import faulthandler
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from autograder import schemas
from autograder.assignment.settings import choose
from autograder.grading.grader import Grader
from autograder.outcomes import Outcome
from autograder.testing.observer import Observer
from tests.harness.batches import Ran, result
from tests.harness.mini import CODE, MANIFEST, PUBLIC, Mini, outcomes, results_of

ROOT = Path(__file__).parents[2]
SLOW = CODE.replace("return 2 * x", "import time\n    time.sleep(0.4)\n    return 2 * x")


def _record(mini: Mini) -> dict:
    record = json.loads((mini.out / "submission_log.json").read_text())
    results = json.loads((mini.out / "results.json").read_text())
    assert (
        list(schemas.mistakes(record, "record")) == [] and list(schemas.mistakes(results, "gradescope")) == []
    )
    return record | {"output": results["output"]}


@pytest.mark.slow
@pytest.mark.parametrize("known", [0, 1, 3])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_grade_leaves_its_results_so_far(mini: Mini, known: int, workers: int) -> None:
    mini.code(SLOW)
    command = [
        sys.executable,
        "-m",
        "autograder",
        "grade",
        "pupil",
        "--out",
        "out",
        "--workers",
        str(workers),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    grader = subprocess.Popen(command, cwd=mini.root, env=environment, stdout=subprocess.DEVNULL)
    try:
        while True:
            if (mini.out / "results.json").exists():
                record = _record(mini)  # valid at any moment, not only at the end
                if sum(test["seconds"] > 0 for test in record["tests"]) >= known:
                    break
            assert grader.poll() is None
            time.sleep(0.02)
        family = psutil.Process(grader.pid).children(recursive=True)
    finally:
        grader.send_signal(signal.SIGKILL)
        grader.wait()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive
    record = _record(mini)
    assert not record["complete"] and "cut short" in record["output"]
    assert "secret" not in (mini.out / "results.json").read_text()
    unknown = [test for test in record["tests"] if test["outcome"] == "HARNESS"]
    assert all("cut short" in test["rationale"] for test in unknown)


def test_hanging_everywhere_ends_within_the_total_and_the_rest_is_graded(mini: Mini) -> None:
    mini.manifest(MANIFEST.replace("total = 60", "total = 5").replace("seconds = 5", "seconds = 4"))
    mini.code("def double(x):\n    while True: pass\n\ndef quadruple(x):\n    while True: pass\n")
    with Grader(mini.loaded()) as grader:
        grader.rehearse()
        record = grader.grade(mini.root / "pupil", choose(mini.loaded()))
    assert outcomes(record) == {
        "maths.double": "TIMEOUT",
        "maths.quadruple": "TIMEOUT",
        "answers.colour": "PASSED",
    }
    assert record["score"] == 1 and record["complete"]
    confirmed, unconfirmed = (results_of(record, task)[0] for task in ("maths.double", "maths.quadruple"))
    assert confirmed["charged"] > 4 and "longer than 4 s" in confirmed["rationale"]
    assert (
        unconfirmed["charged"] == 0 and "has used up the time of the whole grade" in unconfirmed["rationale"]
    )


def test_an_endless_test_is_ended_and_the_others_run() -> None:
    def enter(number: int, observer: Observer) -> None:
        observer.test_starts(f"test {number}", 0.5)
        if number == 1:
            _ = 3 ** (10**10)  # Python runs no signal handler during this
        observer.test_ended(result(number))

    ran = Ran(enter)
    assert ran.numbers == [0, 2, 3] and ran.unfinished == []
    outcome, why = ran.lost["test 1"]
    assert len(ran.lost) == 1 and outcome is Outcome.TIMEOUT and "longer than 0.5 s" in why


@pytest.mark.parametrize(
    ("number", "outcome", "unfinished"),
    [(signal.SIGSEGV, Outcome.KILLED, []), (signal.SIGKILL, Outcome.HARNESS, [2])],
)
def test_a_crash_is_the_value_s_fault_and_a_signal_from_outside_is_not(
    number: signal.Signals, outcome: Outcome, unfinished: list[int]
) -> None:
    def enter(batch: int, observer: Observer) -> None:
        observer.test_starts(f"test {batch}", 60)
        if batch == 2:
            faulthandler.disable()
            os.kill(os.getpid(), number)
        observer.test_ended(result(batch))

    ran = Ran(enter)
    assert ran.numbers == [0, 1, 3] and ran.unfinished == unfinished
    assert ran.lost["test 2"][0] is outcome and number.name in ran.lost["test 2"][1]


def test_a_process_of_the_grader_that_dies_between_tests_leaves_its_batch_unfinished() -> None:
    def enter(number: int, observer: Observer) -> None:
        if number == 1:
            os._exit(7)
        observer.test_starts(f"test {number}", 60)
        observer.test_ended(result(number))

    ran = Ran(enter)
    assert ran.unfinished == [1] and ran.numbers == [0, 2, 3]


def test_a_value_that_hangs_its_test_affects_only_its_task(mini: Mini) -> None:
    mini.manifest(MANIFEST.replace("seconds = 5", "seconds = 1"))
    mini.public(PUBLIC.replace('"Two times three is six."', "3 ** hw('maths.double')(1)"))
    mini.code(CODE.replace("return 2 * x", "return 10 ** 12 if x == 1 else 2 * x"))
    with Grader(mini.loaded()) as grader:
        record = grader.grade(mini.root / "pupil", choose(mini.loaded()))
    assert outcomes(record) == {
        "maths.double": "TIMEOUT",
        "maths.quadruple": "PASSED",
        "answers.colour": "PASSED",
    }
    assert record["faults"] == [] and record["complete"]
    first, second = results_of(record, "maths.double")
    assert "working with what the code returned" in first["rationale"] and "not run" in second["rationale"]
