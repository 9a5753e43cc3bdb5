"""What happens during a run of tests, as it happens."""

from collections.abc import Sequence
from typing import Any

from autograder.outcomes import TestResult


class Observer:
    """Is called at each step of a run. Every method does nothing; a subclass overrides what it needs."""

    def collected(self, tests: Sequence[TestResult]) -> None:
        """The tests that will run are known; none of them has an outcome yet."""

    def test_starts(self, test: str, seconds: float) -> None:
        """A test starts, and may take this long in all."""

    def test_ended(self, result: TestResult) -> None:
        """A test has its outcome."""

    def test_deferred(self, result: TestResult) -> None:
        """A test has ended in a way that may not be the submission's doing; all tests of its task run once more."""

    def examination_starts(self, task: str, seconds: float) -> None:
        """All tests of a task have ended, and what is wrong with it is looked for, for this long at most."""

    def task_examined(self, task: str, report: Any) -> None:
        """An examination has ended with this report; None where it found nothing."""

    def fault(self, words: str) -> None:
        """Something failed that is not the submission's fault."""


class Observers(Observer):
    """Passes every step on to `observers`, in their order."""

    def __init__(self, *observers: Observer) -> None:
        self.observers = observers

    def collected(self, tests: Sequence[TestResult]) -> None:
        """See `Observer`."""
        for observer in self.observers:
            observer.collected(tests)

    def test_starts(self, test: str, seconds: float) -> None:
        """See `Observer`."""
        for observer in self.observers:
            observer.test_starts(test, seconds)

    def test_ended(self, result: TestResult) -> None:
        """See `Observer`."""
        for observer in self.observers:
            observer.test_ended(result)

    def test_deferred(self, result: TestResult) -> None:
        """See `Observer`."""
        for observer in self.observers:
            observer.test_deferred(result)

    def examination_starts(self, task: str, seconds: float) -> None:
        """See `Observer`."""
        for observer in self.observers:
            observer.examination_starts(task, seconds)

    def task_examined(self, task: str, report: Any) -> None:
        """See `Observer`."""
        for observer in self.observers:
            observer.task_examined(task, report)

    def fault(self, words: str) -> None:
        """See `Observer`."""
        for observer in self.observers:
            observer.fault(words)
