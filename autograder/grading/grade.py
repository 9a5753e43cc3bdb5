"""One grade: runs a submission's tests, tries tasks again whose only fault is another task, and keeps the record."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograder.assignment.settings import Settings
from autograder.outcomes import TestResult
from autograder.record import upstream
from autograder.record.build import Record
from autograder.record.keep import Keeper
from autograder.submission.staged import Submission
from autograder.testing.observer import Observer, Observers
from autograder.testing.run import Examine, Run
from autograder.testing.runner import Results, run_tests
from autograder.testing.time_budget import TimeBudget

if TYPE_CHECKING:  # students test without isolation, and their copy has none of its code
    from autograder.isolation.isolated import Isolated

Progress = Callable[[TestResult, int, int], None]


def grade(
    settings: Settings,
    submission: Submission,
    *,
    keeper: Keeper | None = None,
    isolated: "Isolated | None" = None,
    overrides: Mapping[str, Callable[..., Any]] | None = None,
    examine: Examine | None = None,
    budget: TimeBudget | None = None,
    progress: Progress | None = None,
) -> Record:
    """Runs the tests and returns the record; whatever the submission does, there is one.

    Args:
        settings: what is graded, and how.
        submission: what was handed in.
        keeper: keeps the record on disk while tests run; None keeps it in memory only.
        isolated: where workers come from; None runs the submission in this process, which trusts it.
        overrides: tasks answered by these functions instead of the submission's.
        examine: finds out what is wrong with a task that failed, for feedback and credit; None to leave that out.
        budget: how long all of it may take; None for the manifest's limits, from now on.
        progress: called after each test with its result, how many tests have ended, and how many there are.

    Raises:
        OSError: the record cannot be written.
    """
    keeper = keeper or Keeper(settings)
    if isolated is not None:  # also waits until workers can start, before processes that run tests are forked
        keeper.conditions.isolation |= {"mode": "isolated", "layers": isolated.layers.describe()}
    keeper.graded(submission)
    if isolated is not None:
        keeper.conditions.environment["slowness"] = f"{isolated.slowness:g}"
    budget = budget or TimeBudget(settings.manifest)
    run = Run(
        settings=settings,
        submission=submission,
        transport=isolated,
        overrides=overrides or {},
        examine=examine,
        budget=budget,
    )
    observer = Observers(keeper, _Counter(progress)) if progress else keeper
    results = run_tests(run, observer)
    if examine is None:
        return keeper.finish(results.faults, complete=results.is_complete)
    manifest = settings.manifest
    needs = upstream.wrong_needs(manifest, submission.sources, results.tests)
    again = _try_again(run, needs)
    feedback = upstream.feedback(manifest, results.reports, needs, again.tests, again.reports)
    complete = results.is_complete and again.is_complete
    return keeper.finish(results.faults + again.faults, feedback, complete=complete)


def _try_again(run: Run, needs: Mapping[str, tuple[str, ...]]) -> Results:
    """Runs the tests of tasks that need wrong ones once more, with the grader's own answers for those."""
    stand_ins = upstream.stand_ins(run.settings.manifest, run.submission.sources, needs)
    if not stand_ins:
        return Results([], {}, [], is_complete=True)
    settings = replace(run.settings, tasks=tuple(stand_ins))
    return run_tests(replace(run, settings=settings, stand_ins=stand_ins))


class _Counter(Observer):
    """Counts the tests that have ended."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._ended: set[str] = set()  # a test that is tried twice may end twice
        self._total = 0

    def collected(self, tests: Any) -> None:
        self._total = len(tests)

    def test_ended(self, result: TestResult) -> None:
        self._ended.add(result.id)
        self._progress(result, len(self._ended), self._total)
