"""Time is shared fairly: a submission that hangs everywhere ends in time, and other submissions get their full time."""

import pytest

from autograder.testing import time_budget
from autograder.testing.time_budget import LEAST, TimeBudget


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time_budget, "time", clock)
    return clock


def test_hanging_in_every_task_ends_within_the_total(clock: Clock) -> None:
    tasks = {f"t{number}": 20.0 for number in range(60)} | {f"run{number}": 200.0 for number in range(4)}
    shared = TimeBudget(480, tasks)
    shared.expect([name for name in tasks for _ in range(5)])
    shares = []
    for name in tasks:
        shares.append(shared.limit(name))
        clock.now += shares[-1]
        for _ in range(5):  # after a timeout the other tests of the task do not run
            shared.finish(name)
    assert clock.now <= 480 + len(tasks) * LEAST / 10
    assert min(shares[:60]) > 4 and min(shares[60:]) > 40  # in proportion to the limit of each


def test_a_single_hang_takes_no_time_from_the_others(clock: Clock) -> None:
    tasks = {f"t{number}": 20.0 for number in range(30)}
    shared = TimeBudget(480, tasks)
    shared.expect(list(tasks))
    clock.now += shared.limit("t0")
    shared.finish("t0")
    for number in range(1, 30):
        assert shared.limit(f"t{number}") > 15
        clock.now += 0.05
        shared.finish(f"t{number}")


def test_no_test_gets_more_than_the_manifest_allows(clock: Clock) -> None:
    shared = TimeBudget(480, {"t": 3.0})
    shared.expect(["t"])
    assert shared.limit("t") == 3.0


def test_when_all_is_used_up_nothing_is_left(clock: Clock) -> None:
    shared = TimeBudget(10, {"t": 3.0})
    shared.expect(["t"])
    clock.now = 9.9
    assert shared.limit("t") == LEAST
    clock.now = 10.1
    assert shared.limit("t") == 0


def test_time_of_other_processes_does_not_count(clock: Clock) -> None:
    shared = TimeBudget(10, {"t": 20.0, "u": 20.0})
    shared.expect(["t", "u"])
    assert shared.limit("u") == 5
    shared.skip("t")
    assert shared.limit("u") == 10
