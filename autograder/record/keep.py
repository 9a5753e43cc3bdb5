"""Keeps the record of one grade on disk: valid against its schema from the first moment, and after every test."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from autograder.assignment.settings import Settings
from autograder.errors import GraderError
from autograder.outcomes import Feedback, TestResult
from autograder.record.build import NAME, Conditions, Record, build, check, environment, write
from autograder.testing.observer import Observer

if TYPE_CHECKING:  # it loads torch, and the first record is written before that
    from autograder.submission.staged import Submission

RESULTS = "results.json"
Render = Callable[[Record], dict[str, Any]]


class Keeper(Observer):
    """Writes the record after each step of a run.

    In a `with` block the first record is there at once, in place of one of an earlier grade. It knows nothing yet. An
    error that leaves the block before `finish` is a fault in the record, which stays incomplete.

    Args:
        settings: of the grade.
        out: the folder where the record is kept; None keeps it in memory only.
        render: makes what a platform shows from a record, to be kept as `results.json`; None for no platform.
        isolated: whether the submission will run in isolation.

    Attributes:
        settings: as far as they are known; may be set later.
        render: may be set later.
        conditions: how and where the tests run.
        submission: what was handed in, once it is known.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        out: Path | None = None,
        render: Render | None = None,
        isolated: bool = False,
    ) -> None:
        self.settings = settings
        self.render = render
        self.conditions = Conditions()
        self.conditions.isolation["mode"] = "isolated" if isolated else "none"
        self.submission: Submission | None = None
        self._out = out
        self._tests: dict[str, TestResult] = {}
        self._faults: list[str] = []
        self._started = time.monotonic()
        self._finished = False

    def __enter__(self) -> "Keeper":
        self._write(self._built(), pretty=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._finished:
            return
        if error is not None:
            self.fault(_in_words(error))
        with suppress(OSError):  # the record on disk is incomplete already, and `error` is reported
            self._write(self._built(), pretty=True)

    def graded(self, submission: "Submission") -> None:
        """The submission has been read, and its tests begin."""
        self.submission = submission
        self.conditions.environment = environment(self.settings.device)
        self._started = time.monotonic()
        self._write_if_possible(self._built())

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
            self._write_if_possible(self._built(checked=True))

    def fault(self, words: str) -> None:
        """See `Observer`."""
        self._faults.append(words)

    def finish(
        self,
        faults: Sequence[str],
        feedback: Mapping[str, Feedback] | None = None,
        *,
        complete: bool = True,
    ) -> Record:
        """Writes the last record and returns it.

        Args:
            faults: our own, in words.
            feedback: on tasks as a whole.
            complete: whether all of it was graded.

        Raises:
            OSError: it cannot be written, not even at the second try.
        """
        data = self._built(complete=complete, faults=faults, feedback=feedback)
        try:
            self._write(data, pretty=True)
        except OSError:
            self._write(data, pretty=True)
        self._finished = True
        return data

    def _built(
        self,
        *,
        complete: bool = False,
        faults: Sequence[str] | None = None,
        feedback: Mapping[str, Feedback] | None = None,
        checked: bool = False,
    ) -> Record:
        data = build(
            self.settings,
            self.conditions,
            self.submission,
            list(self._tests.values()),
            complete=complete,
            faults=self._faults if faults is None else faults,
            seconds=self.seconds if self.submission else 0.0,
            feedback=feedback,
        )
        if not checked:
            check(data, "record")
        return data

    def _write_if_possible(self, data: Record) -> None:
        """Writes a record that the next one replaces: a disk that is full for a moment does not end the grade."""
        with suppress(OSError):
            self._write(data, pretty=False)

    def _write(self, data: Record, *, pretty: bool) -> None:
        if self._out is not None:
            write(data, self._out / NAME, pretty=pretty)
            if self.render is not None:
                write(self.render(data), self._out / RESULTS, pretty=pretty)


def _in_words(error: BaseException) -> str:
    """Why a grade ended before its record was complete."""
    if isinstance(error, KeyboardInterrupt):
        return "grading was interrupted"
    return str(error) if isinstance(error, GraderError) else f"{type(error).__name__}: {error}"
