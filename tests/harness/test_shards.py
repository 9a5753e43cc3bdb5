"""Messages between the processes of an examination: findings arrive, and a crash affects nothing else."""

import os
import signal
import time
from collections.abc import Callable

from autograder.shards import Desk, Tell, examining, finding, result, run_in_shards, starting


class Collector:
    """Four tasks with one test each, in two processes. The function `after` runs after each test."""

    def __init__(self, after: Callable[[int, Tell], None]) -> None:
        self.results: list[int] = []
        self.findings: list[dict] = []
        self.lost: list[str] = []

        def begin(number: int, tell: Tell) -> None:
            tell(starting(f"test {number}", 60))
            tell(result({"number": number}))
            after(number, tell)

        def keep(data: dict) -> None:
            self.results.append(data["number"])

        desk = Desk(begin, keep, lambda test, why: self.lost.append(test), self.findings.append)
        self.faults = run_in_shards([[]] * 4, ["a", "a", "b", "b"], 2, desk)
        self.results.sort()
        self.findings.sort(key=lambda data: data["number"])


def test_findings_arrive_completely() -> None:
    text = "says {'starting': 1}\n" * 5000

    def after(number: int, tell: Tell) -> None:
        tell(examining(60))
        tell(finding({"number": number, "text": text}))

    collected = Collector(after)
    assert collected.findings == [{"number": number, "text": text} for number in range(4)]
    assert (collected.results, collected.lost, collected.faults) == ([0, 1, 2, 3], [], [])


def test_an_endless_examination_is_ended_without_a_loss() -> None:
    def after(number: int, tell: Tell) -> None:
        tell(examining(0.3 if number == 1 else 60))
        if number == 1:
            _ = 3 ** (10**10)  # Python runs no signal handler during this
        tell(finding({"number": number}))

    collected = Collector(after)
    assert [data["number"] for data in collected.findings] == [0, 2, 3]
    assert (collected.results, collected.lost, collected.faults) == ([0, 1, 2, 3], [], [])


def test_a_crashed_examination_is_not_a_fault_of_a_test() -> None:
    def after(number: int, tell: Tell) -> None:
        tell(examining(60))
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        tell(finding({"number": number}))

    collected = Collector(after)
    assert (collected.results, collected.lost, collected.faults) == ([0, 1, 2, 3], [], [])


def test_time_of_an_examination_ends_with_its_finding() -> None:
    def after(number: int, tell: Tell) -> None:
        tell(examining(0.2))
        tell(finding({"number": number}))
        time.sleep(0.4)

    collected = Collector(after)
    assert len(collected.findings) == 4 and (collected.results, collected.faults) == ([0, 1, 2, 3], [])


def test_a_process_that_dies_after_its_finding_is_a_fault() -> None:
    def after(number: int, tell: Tell) -> None:
        tell(examining(60))
        tell(finding({"number": number}))
        if number == 1:
            os._exit(7)

    collected = Collector(after)
    assert collected.faults == ["a process that runs tests ended with 7"] and collected.results == [
        0,
        1,
        2,
        3,
    ]


def test_a_process_with_much_memory_is_replaced_before_another_group() -> None:
    """Every task runs once, and tasks of a group run in one process. No group inherits the state of another group."""
    kept: list[bytearray] = []
    pids: dict[int, int] = {}

    def begin(number: int, tell: Tell) -> None:
        tell(starting(f"test {number}", 60))
        kept.append(bytearray(os.urandom(1) * 30_000_000))
        tell(result({"number": number, "pid": os.getpid()}))

    desk = Desk(begin, lambda data: pids.update({data["number"]: data["pid"]}), lambda test, why: None)
    groups = ["a", "a", "a", "b", "b", "c"]  # 90 MB after the first three, 60 MB after the next two
    assert run_in_shards([[]] * 6, groups, 1, desk) == []
    assert sorted(pids) == list(range(6))
    assert pids[0] == pids[1] == pids[2] and pids[3] == pids[4]
    assert len({pids[0], pids[3], pids[5]}) == 3


def test_a_process_with_little_memory_continues() -> None:
    pids: set[int] = set()

    def begin(number: int, tell: Tell) -> None:
        tell(starting(f"test {number}", 60))
        tell(result({"pid": os.getpid()}))

    desk = Desk(begin, lambda data: pids.add(data["pid"]), lambda test, why: None)
    assert run_in_shards([[]] * 4, ["a", "b", "c", "d"], 1, desk) == [] and len(pids) == 1
