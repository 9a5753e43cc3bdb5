"""After the last test of a task: what is wrong with it, if that can be found out. No score depends on it."""

import gc
import traceback
from collections import Counter
from collections.abc import Callable, Iterable

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Task
from autograder.outcomes import Outcome
from autograder.testing.observer import Observer
from autograder.testing.run import Examine
from autograder.transport.session import Session

SECONDS = 60.0  # that one examination may take


class Examinations:
    """Keeps the sessions of each task until its last test has ended, and examines the task then.

    Args:
        examine: finds out what is wrong; None to find out nothing.
        tasks: of each test that will run.
    """

    def __init__(self, examine: Examine | None, tasks: Iterable[str]) -> None:
        self._examine = examine
        self._to_come = Counter(tasks)
        self._sessions: dict[str, dict[str, Session]] = {}

    def keep(self, task: str, test: str, session: Session) -> None:
        """Keeps what a test asked and what the submission replied."""
        self._sessions.setdefault(task, {})[test] = session

    def test_ended(
        self, task: Task, outcomes: Iterable[Outcome], reopen: Callable[[], Session], observer: Observer
    ) -> None:
        """Examines the task if this was its last test and its code is wrong.

        Args:
            task: the test's.
            outcomes: of the task's tests so far.
            reopen: opens a new session with the same submission.
            observer: is given the report.
        """
        self._to_come[task.id] -= 1
        if self._to_come[task.id]:
            return
        sessions = self._sessions.pop(task.id, {})
        if self._examine and task.kind is Kind.CODE and {Outcome.FAILED, Outcome.CRASHED} & set(outcomes):
            observer.examination_starts(task.id, SECONDS)
            report = None
            try:
                report = self._examine(task, sessions, reopen)
            except Exception:  # its feedback is lost, and staff read why; its score does not change
                observer.fault(f"{task.id} could not be examined: {traceback.format_exc()}")
            observer.task_examined(task.id, report)
            gc.collect()  # large tensors in few objects: without this call the collector would come too late
        for session in sessions.values():
            session.log.clear()
