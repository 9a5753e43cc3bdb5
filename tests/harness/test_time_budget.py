"""Time is shared fairly: whoever hangs everywhere ends in time, and whoever does not is never hurried."""

import pytest

from autograder.testing import time_budget
from autograder.testing.time_budget import LEAST, TimeBudget


class Clock:
    """Stands still until a test moves it."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time_budget, "time", clock)
    return clock


def test_who_hangs_in_every_task_ends_within_the_total(clock: Clock) -> None:
    tasks = {f"t{number}": 20.0 for number in range(60)} | {f"run{number}": 200.0 for number in range(4)}
    budget = TimeBudget(480, tasks)
    budget.expect([name for name in tasks for _ in range(5)])
    shares = []
    for name in tasks:
        shares.append(budget.limit(name))
        clock.now += shares[-1]
        for _ in range(5):  # the other tests of a task that ran out of time are not run
            budget.finish(name)
    assert clock.now <= 480 + len(tasks) * LEAST / 10
    assert min(shares[:60]) > 4 and min(shares[60:]) > 40  # in proportion to what each is allowed


def test_a_single_hang_takes_no_time_from_the_others(clock: Clock) -> None:
    tasks = {f"t{number}": 20.0 for number in range(30)}
    budget = TimeBudget(480, tasks)
    budget.expect(list(tasks))
    clock.now += budget.limit("t0")
    budget.finish("t0")
    for number in range(1, 30):
        assert budget.limit(f"t{number}") > 15
        clock.now += 0.05
        budget.finish(f"t{number}")


def test_nobody_gets_more_than_the_manifest_allows(clock: Clock) -> None:
    budget = TimeBudget(480, {"t": 3.0})
    budget.expect(["t"])
    assert budget.limit("t") == 3.0


def test_when_all_is_used_up_nothing_is_left(clock: Clock) -> None:
    budget = TimeBudget(10, {"t": 3.0})
    budget.expect(["t"])
    clock.now = 9.9
    assert budget.limit("t") == LEAST
    clock.now = 10.1
    assert budget.limit("t") == 0


def test_what_others_run_does_not_count(clock: Clock) -> None:
    budget = TimeBudget(10, {"t": 20.0, "u": 20.0})
    budget.expect(["t", "u"])
    assert budget.limit("u") == 5
    budget.skip("t")
    assert budget.limit("u") == 10
