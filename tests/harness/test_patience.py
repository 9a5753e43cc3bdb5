"""Time is shared fairly: a submission that hangs everywhere ends in time, and other submissions get their full time."""

import pytest

from autograder import patience
from autograder.patience import LEAST, Patience


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(patience, "time", clock)
    return clock


def test_hanging_in_every_task_ends_within_the_total(clock: Clock) -> None:
    tasks = {f"t{number}": 20.0 for number in range(60)} | {f"run{number}": 200.0 for number in range(4)}
    shared = Patience(480, tasks)
    shared.expect([name for name in tasks for _ in range(5)])
    shares = []
    for name in tasks:
        shares.append(shared.share(name))
        clock.now += shares[-1]
        for _ in range(5):  # after a timeout the other tests of the task do not run
            shared.done(name)
    assert clock.now <= 480 + len(tasks) * LEAST / 10
    assert min(shares[:60]) > 4 and min(shares[60:]) > 40  # in proportion to the limit of each


def test_a_single_hang_takes_no_time_from_the_others(clock: Clock) -> None:
    tasks = {f"t{number}": 20.0 for number in range(30)}
    shared = Patience(480, tasks)
    shared.expect(list(tasks))
    clock.now += shared.share("t0")
    shared.done("t0")
    for number in range(1, 30):
        assert shared.share(f"t{number}") > 15
        clock.now += 0.05
        shared.done(f"t{number}")


def test_no_test_gets_more_than_the_manifest_allows(clock: Clock) -> None:
    shared = Patience(480, {"t": 3.0})
    shared.expect(["t"])
    assert shared.share("t") == 3.0


def test_when_all_is_used_up_nothing_is_left(clock: Clock) -> None:
    shared = Patience(10, {"t": 3.0})
    shared.expect(["t"])
    clock.now = 9.9
    assert shared.share("t") == LEAST
    clock.now = 10.1
    assert shared.share("t") == 0


def test_time_of_other_processes_does_not_count(clock: Clock) -> None:
    shared = Patience(10, {"t": 20.0, "u": 20.0})
    shared.expect(["t", "u"])
    assert shared.share("u") == 5
    shared.dismiss("t")
    assert shared.share("u") == 10
