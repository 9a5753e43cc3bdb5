"""What is told between processes of an examination: its finding comes home, and its end costs nothing else."""

import os
import signal
import time
from collections.abc import Callable

from autograder.shards import Desk, Tell, examining, finding, result, run_in_shards, starting


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
        self.faults = run_in_shards([[], [], [], []], 2, desk)
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
