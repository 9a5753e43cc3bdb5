"""The ledger: every test that is to run, with its result, and the faults that are not the submission's."""

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.outcomes import Outcome, TestResult
from autograder.testing.observer import Observer, Observers


class Ledger(Observers):
    """Keeps what happens in a run, and passes every step on.

    Args:
        observers: to whom.

    Attributes:
        tests: the result of every test, by its id, in the order of collection; HARNESS until it has ended.
        ended: ids of the tests that have ended.
        first_tries: how tests ended that are tried once more, by id.
        reports: of the examined tasks, where something was found.
        faults: our own, in words.
    """

    def __init__(self, *observers: Observer) -> None:
        super().__init__(*observers)
        self.tests: dict[str, TestResult] = {}
        self.ended: set[str] = set()
        self.first_tries: dict[str, TestResult] = {}
        self.reports: dict[str, Any] = {}
        self.faults: list[str] = []

    def collected(self, tests: Sequence[TestResult]) -> None:
        """See `Observer`."""
        self.tests |= {test.id: test for test in tests}
        super().collected(tests)

    def test_ended(self, result: TestResult) -> None:
        """See `Observer`."""
        self.tests[result.id] = result
        self.ended.add(result.id)
        super().test_ended(result)

    def test_deferred(self, result: TestResult) -> None:
        """See `Observer`."""
        self.first_tries[result.id] = result
        super().test_deferred(result)

    def task_examined(self, task: str, report: Any) -> None:
        """See `Observer`."""
        if report is not None:
            self.reports[task] = report
        super().task_examined(task, report)

    def fault(self, words: str) -> None:
        """See `Observer`."""
        self.faults.append(words)
        super().fault(words)

    def restart(self, tests: Mapping[str, TestResult]) -> None:
        """These tests will run (again): each has the result that it had when it was collected."""
        self.tests |= tests
        self.ended -= tests.keys()

    def outcomes_of(self, task: str) -> list[Outcome]:
        """Outcomes of a task's tests that have ended."""
        return [self.tests[test].outcome for test in self.ended if self.tests[test].task == task]

    def tests_of(self, task: str) -> list[str]:
        """Ids of a task's tests, in order."""
        return [test.id for test in self.tests.values() if test.task == task]
