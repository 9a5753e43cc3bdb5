"""Four batches of one test each in two processes; what is done in a batch is given by a function."""

from collections.abc import Callable, Sequence
from typing import Any

from autograder.outcomes import Outcome, TestResult
from autograder.testing.observer import Observer
from autograder.testing.pool_process import Batch
from autograder.testing.process_pool import run_batches


def result(number: int, **metrics: Any) -> TestResult:
    """The result of a batch's test."""
    return TestResult(
        f"test {number}", "task", "public", "A test.", Outcome.PASSED, metrics={"number": number, **metrics}
    )


class Ran(Observer):
    """Runs the batches, and keeps what came to the parent.

    Args:
        enter: called in a process with the batch's number and the observer that sends to the parent.
        groups: the group of each batch.
        workers: how many processes.
    """

    def __init__(
        self,
        enter: Callable[[int, Observer], None],
        groups: Sequence[str] = ("a", "a", "b", "b"),
        workers: int = 2,
    ) -> None:
        self.results: list[TestResult] = []
        self.reports: dict[str, Any] = {}
        self.lost: dict[str, tuple[Outcome, str]] = {}
        batches = [
            Batch(
                [],
                group,
                lambda observer, number=number: enter(number, observer),
                self,
                lambda test, outcome, why: self.lost.update({test: (outcome, why)}),
            )
            for number, group in enumerate(groups)
        ]
        self.unfinished = run_batches(batches, workers)
        self.numbers = sorted(result.metrics["number"] for result in self.results)

    def test_ended(self, result: TestResult) -> None:
        self.results.append(result)

    def task_examined(self, task: str, report: Any) -> None:
        self.reports[task] = report
