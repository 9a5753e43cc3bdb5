"""The limits of a grade: the clock never shortens the limit of a test, and who used up the time is told apart."""

import pytest

from autograder.assignment.manifest import Manifest
from autograder.testing import time_budget
from autograder.testing.time_budget import GRACE, TimeBudget
from tests.harness.mini import MANIFEST, Mini


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


@pytest.fixture
def manifest(mini: Mini) -> Manifest:
    mini.manifest(MANIFEST.replace("seconds = 5", "seconds = 20"))
    return mini.loaded()


def test_the_limit_of_a_test_does_not_depend_on_the_clock(clock: Clock, manifest: Manifest) -> None:
    budget = TimeBudget(manifest)
    for clock.now in (0.0, 59.0, 1000.0):
        assert budget.limit("maths.double") == 20 and budget.limit_of_test("maths.double") == 20
    budget.is_first_try = True
    assert budget.limit("maths.double") == 5


def test_a_slow_machine_is_not_the_submission(clock: Clock, manifest: Manifest) -> None:
    budget = TimeBudget(manifest, clock=540)
    clock.now = 541
    budget.charge(59)
    assert budget.is_used_up and not budget.is_used_by_submission
    assert not budget.is_over
    clock.now += GRACE
    assert budget.is_over


def test_a_submission_is_blamed_for_what_it_was_charged(clock: Clock, manifest: Manifest) -> None:
    spent = TimeBudget(manifest)
    spent.charge(61)  # the total is 60
    clock.now = 200
    assert spent.is_used_up and spent.is_used_by_submission and not spent.is_over
    bounded = TimeBudget(manifest, started=0, clock=80)
    bounded.charge(45)
    clock.now = 81
    assert bounded.is_used_up and bounded.is_used_by_submission


def test_time_counts_from_the_given_moment_and_the_bound_is_lax_without_one(
    clock: Clock, manifest: Manifest
) -> None:
    clock.now = 100
    assert TimeBudget(manifest, started=0, clock=99).is_used_up
    assert not TimeBudget(manifest, started=0).is_used_up
    clock.now = 10 * 60 + 1
    assert TimeBudget(manifest, started=0).is_used_up and not TimeBudget.without_bound(manifest).is_used_up
