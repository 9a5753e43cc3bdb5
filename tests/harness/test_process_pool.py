"""What crosses between the processes of a pool: a report arrives whole, and a failed examination costs nothing else."""

import os
import signal
import time
from collections.abc import Callable

from autograder.testing.observer import Observer
from tests.harness.batches import Ran, result

TASKS = [f"task {number}" for number in range(4)]


def examined(after: Callable[[int, Observer], None]) -> Ran:
    """Each batch ends its test; then `after` plays the examination."""

    def enter(number: int, observer: Observer) -> None:
        observer.test_starts(f"test {number}", 60)
        observer.test_ended(result(number))
        after(number, observer)

    return Ran(enter)


def test_reports_arrive_completely() -> None:
    text = "says {'starting': 1}\n" * 5000

    def after(number: int, observer: Observer) -> None:
        observer.examination_starts(TASKS[number], 60)
        observer.task_examined(TASKS[number], {"text": text})

    ran = examined(after)
    assert ran.reports == {task: {"text": text} for task in TASKS}
    assert (ran.numbers, ran.lost, ran.unfinished) == ([0, 1, 2, 3], {}, [])


def test_an_endless_examination_is_ended_without_a_loss() -> None:
    def after(number: int, observer: Observer) -> None:
        observer.examination_starts(TASKS[number], 0.3 if number == 1 else 60)
        if number == 1:
            _ = 3 ** (10**10)  # Python runs no signal handler during this
        observer.task_examined(TASKS[number], {})

    ran = examined(after)
    assert sorted(ran.reports) == [TASKS[0], TASKS[2], TASKS[3]]
    assert (ran.numbers, ran.lost, ran.unfinished) == ([0, 1, 2, 3], {}, [])


def test_a_batch_whose_examination_is_killed_from_outside_is_unfinished() -> None:
    def after(number: int, observer: Observer) -> None:
        observer.examination_starts(TASKS[number], 60)
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        observer.task_examined(TASKS[number], {})

    ran = examined(after)
    assert (ran.numbers, ran.lost, ran.unfinished) == ([0, 1, 2, 3], {}, [2])


def test_the_time_limit_of_an_examination_ends_with_its_report() -> None:
    def after(number: int, observer: Observer) -> None:
        observer.examination_starts(TASKS[number], 0.2)
        observer.task_examined(TASKS[number], {})
        time.sleep(0.4)

    ran = examined(after)
    assert len(ran.reports) == 4 and (ran.numbers, ran.unfinished) == ([0, 1, 2, 3], [])


def test_a_process_that_dies_after_its_report_leaves_its_batch_unfinished() -> None:
    def after(number: int, observer: Observer) -> None:
        observer.examination_starts(TASKS[number], 60)
        observer.task_examined(TASKS[number], {})
        if number == 1:
            os._exit(7)

    ran = examined(after)
    assert ran.unfinished == [1] and ran.numbers == [0, 1, 2, 3]


def test_a_process_with_much_memory_is_replaced_before_another_group() -> None:
    """Every batch runs once, a group's batches in one process, and none inherits what another group has left behind."""
    kept: list[bytearray] = []

    def enter(number: int, observer: Observer) -> None:
        observer.test_starts(f"test {number}", 60)
        kept.append(bytearray(os.urandom(1) * 30_000_000))
        observer.test_ended(result(number, pid=os.getpid()))

    ran = Ran(enter, groups="aaabbc", workers=1)  # 90 MB after the first three, 60 after the next two
    pids = {result.metrics["number"]: result.metrics["pid"] for result in ran.results}
    assert ran.unfinished == [] and sorted(pids) == list(range(6))
    assert pids[0] == pids[1] == pids[2] and pids[3] == pids[4]
    assert len({pids[0], pids[3], pids[5]}) == 3


def test_a_process_with_little_memory_continues() -> None:
    def enter(number: int, observer: Observer) -> None:
        observer.test_starts(f"test {number}", 60)
        observer.test_ended(result(number, pid=os.getpid()))

    ran = Ran(enter, groups="abcd", workers=1)
    assert ran.unfinished == [] and len({result.metrics["pid"] for result in ran.results}) == 1
