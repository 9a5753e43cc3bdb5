"""One task of a submission, asked by a function of the test, and what the examiner makes of the replies."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from autograder.assignment.settings import choose
from autograder.diagnosis.examiner import Examiner
from autograder.diagnosis.task_calls import TaskCalls
from autograder.errors import Stopped
from autograder.outcomes import Finding
from autograder.testing.homework import Homework
from autograder.transport.in_process import InProcess
from autograder.transport.session import Session, Transport
from tests.harness.banked import Banked
from tests.harness.mini import unread


class Examination:
    """One task of a submission that was asked by a function, and what the examiner makes of the answers.

    Args:
        mini: whose submission, as it stands.
        task: id of the task.
        ask: plays the task's test.
        stand_ins: functions that answer for other tasks.
        transport: how the submission is reached; None for in this process.
        seconds: for all calls of a session.
    """

    def __init__(
        self,
        mini: Banked,
        task: str,
        ask: Callable[[Homework], object],
        stand_ins: Mapping[str, Callable[..., Any]] | None = None,
        *,
        transport: Transport | None = None,
        seconds: float = 5,
    ) -> None:
        manifest = mini.loaded()
        self._manifest = manifest
        self._transport = transport or InProcess(mini.root / "pupil", "pupil")
        self._seconds = seconds
        self._stand_ins = stand_ins or {}
        session = self._open()
        with suppress(Exception, Stopped):  # like a test, which may end with anything
            ask(Homework(session, unread(manifest), choose(manifest), 1))
        session.close()
        self.case = TaskCalls(manifest, manifest.tasks[task], [session])

    def _open(self) -> Session:
        return self._transport.open(1, self._seconds, self._stand_ins, memory_mb=512, gpu=False)

    def finding(self, withheld: str = "") -> Finding | None:
        """What is found, with the whole bank or without one entry."""
        return Examiner(self._manifest).conclude(self.case, self._open, withheld)

    @property
    def name(self) -> str:
        """The known mistake that is named, or ""."""
        finding = self.finding()
        return finding.misconception if finding else ""
