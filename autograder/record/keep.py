"""Keeps the record of one grade on disk: valid against its schema before the first test and after every one."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.assignment.settings import Settings
from autograder.outcomes import Outcome, TestResult
from autograder.record.build import NAME, Conditions, Record, build, check, environment, write
from autograder.record.upstream import Feedback
from autograder.submission.staged import Submission
from autograder.testing.observer import Observer

RESULTS = "results.json"
Render = Callable[[Record], dict[str, Any]]


class Keeper(Observer):
    """Writes the record after each step of a run.

    Args:
        settings: of the grade.
        out: the folder where the record is kept; None keeps it in memory only.
        render: makes what a platform shows from a record, to be kept as `results.json`; None for no platform.

    Attributes:
        conditions: how and where the tests run.
        submission: what was handed in, once it is known.
    """

    def __init__(self, settings: Settings, *, out: Path | None = None, render: Render | None = None) -> None:
        self.settings = settings
        self.conditions = Conditions()
        self.submission: Submission | None = None
        self._out = out
        self._render = render
        self._tests: dict[str, TestResult] = {}
        self._faults: list[str] = []
        self._started = time.monotonic()

    def begin(self) -> None:
        """Writes a record that knows nothing yet, before the submission is read."""
        self._keep(complete=False, faults=[], pretty=True)

    def graded(self, submission: Submission) -> None:
        """The submission has been read, and its tests begin."""
        self.submission = submission
        self.conditions.environment = environment(self.settings.device)
        self._started = time.monotonic()
        self._keep(complete=False, faults=[])

    @property
    def seconds(self) -> float:
        """Since the tests began."""
        return time.monotonic() - self._started

    def collected(self, tests: Sequence[TestResult]) -> None:
        """See `Observer`."""
        self._tests = {test.id: test for test in tests}

    def test_ended(self, result: TestResult) -> None:
        """Checks the result and writes the record."""
        self._tests[result.id] = result
        check(result.as_row(), "test")  # what else the record holds does not change between two tests
        if self._out is not None:
            self._keep(complete=False, faults=self._faults, checked=True)

    def fault(self, words: str) -> None:
        """See `Observer`."""
        self._faults.append(words)

    def finish(self, faults: Sequence[str], feedback: Mapping[str, Feedback] | None = None) -> Record:
        """Writes the last record and returns it. It is complete if every test has an outcome of its own."""
        complete = all(test.outcome is not Outcome.HARNESS for test in self._tests.values())
        return self._keep(complete=complete, faults=faults, feedback=feedback, pretty=True)

    def _keep(
        self,
        *,
        complete: bool,
        faults: Sequence[str],
        feedback: Mapping[str, Feedback] | None = None,
        checked: bool = False,
        pretty: bool = False,
    ) -> Record:
        data = build(
            self.settings,
            self.conditions,
            self.submission,
            list(self._tests.values()),
            complete=complete,
            faults=faults,
            seconds=self.seconds if self.submission else 0.0,
            feedback=feedback,
        )
        if not checked:
            check(data, "record")
        if self._out is not None:
            write(data, self._out / NAME, pretty=pretty)
            if self._render is not None:
                write(self._render(data), self._out / RESULTS, pretty=pretty)
        return data
