"""What is told between processes of an examination: its finding comes home, and its end costs nothing else."""

import os
import signal
import time
from collections.abc import Callable

from autograder.testing.process_pool import Desk, Tell, examining, finding, result, run_in_shards, starting


class Told:
    """Four tasks of one test, in two processes; what is done after each test is given by a function."""

    def __init__(self, after: Callable[[int, Tell], None]) -> None:
        self.results: list[int] = []
        self.findings: list[dict] = []
        self.lost: list[str] = []

        def begin(number: int, tell: Tell) -> None:
            tell(starting(f"test {number}", 60))
            tell(result({"number": number}))
            after(number, tell)

        def told(data: dict) -> None:
            self.results.append(data["number"])

        desk = Desk(begin, told, lambda test, why: self.lost.append(test), self.findings.append)
        self.faults = run_in_shards([[]] * 4, ["a", "a", "b", "b"], 2, desk)
        self.results.sort()
        self.findings.sort(key=lambda data: data["number"])


def test_findings_come_home_whole() -> None:
    text = "says {'starting': 1}\n" * 5000

    def after(number: int, tell: Tell) -> None:
        tell(examining(60))
        tell(finding({"number": number, "text": text}))

    told = Told(after)
    assert told.findings == [{"number": number, "text": text} for number in range(4)]
    assert (told.results, told.lost, told.faults) == ([0, 1, 2, 3], [], [])


def test_an_examination_that_computes_for_ever_is_ended_without_a_loss() -> None:
    def after(number: int, tell: Tell) -> None:
        tell(examining(0.3 if number == 1 else 60))
        if number == 1:
            _ = 3 ** (10**10)  # no signal handler of Python's is heard in there
        tell(finding({"number": number}))

    told = Told(after)
    assert [data["number"] for data in told.findings] == [0, 2, 3]
    assert (told.results, told.lost, told.faults) == ([0, 1, 2, 3], [], [])


def test_an_examination_that_falls_over_is_no_fault_of_a_test() -> None:
    def after(number: int, tell: Tell) -> None:
        tell(examining(60))
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        tell(finding({"number": number}))

    told = Told(after)
    assert (told.results, told.lost, told.faults) == ([0, 1, 2, 3], [], [])


def test_after_a_finding_the_time_of_an_examination_is_over() -> None:
    def after(number: int, tell: Tell) -> None:
        tell(examining(0.2))
        tell(finding({"number": number}))
        time.sleep(0.4)

    told = Told(after)
    assert len(told.findings) == 4 and (told.results, told.faults) == ([0, 1, 2, 3], [])


def test_a_process_that_dies_after_its_finding_is_a_fault() -> None:
    def after(number: int, tell: Tell) -> None:
        tell(examining(60))
        tell(finding({"number": number}))
        if number == 1:
            os._exit(7)

    told = Told(after)
    assert told.faults == ["a process that runs tests ended with 7"] and told.results == [0, 1, 2, 3]


def test_a_process_that_has_grown_makes_room_where_another_group_begins() -> None:
    """Every task runs once, tasks of a group in one process, and none inherits what another group has left behind."""
    kept: list[bytearray] = []
    pids: dict[int, int] = {}

    def begin(number: int, tell: Tell) -> None:
        tell(starting(f"test {number}", 60))
        kept.append(bytearray(os.urandom(1) * 30_000_000))
        tell(result({"number": number, "pid": os.getpid()}))

    desk = Desk(begin, lambda data: pids.update({data["number"]: data["pid"]}), lambda test, why: None)
    groups = ["a", "a", "a", "b", "b", "c"]  # 90 MB after the first three, 60 after the next two
    assert run_in_shards([[]] * 6, groups, 1, desk) == []
    assert sorted(pids) == list(range(6))
    assert pids[0] == pids[1] == pids[2] and pids[3] == pids[4]
    assert len({pids[0], pids[3], pids[5]}) == 3


def test_a_process_that_has_not_grown_goes_on() -> None:
    pids: set[int] = set()

    def begin(number: int, tell: Tell) -> None:
        tell(starting(f"test {number}", 60))
        tell(result({"pid": os.getpid()}))

    desk = Desk(begin, lambda data: pids.add(data["pid"]), lambda test, why: None)
    assert run_in_shards([[]] * 4, ["a", "b", "c", "d"], 1, desk) == [] and len(pids) == 1
