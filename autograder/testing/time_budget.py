"""How long a test may take, so that a submission that hangs everywhere ends in time, and its other tasks are graded."""

import time
from collections.abc import Mapping, Sequence

OWN = 10.0  # seconds that a test's own part may take at least
LEAST = 1.0  # seconds; what is left is never divided into less, so the last few tests may exceed the total a little


class TimeBudget:
    """Divides the seconds of a whole grade among the tasks that are still to come.

    A task may take what the manifest allows it, at most its fair share of what is left: in proportion to what the tasks
    still to come are allowed. Tests of an honest submission take a small part of it, so the shares grow.

    Args:
        total: seconds for everything, from now on.
        allowed: seconds of one test, by task.
    """

    def __init__(self, total: float, allowed: Mapping[str, float]) -> None:
        self.total = total
        self._allowed = allowed
        self._ends = time.monotonic() + total
        self._to_come: dict[str, int] = {}

    def expect(self, tasks: Sequence[str]) -> None:
        """Announces the tests to come: the task of each."""
        for task in tasks:
            self._to_come[task] = self._to_come.get(task, 0) + 1

    def limit(self, task: str) -> float:
        """Seconds that the submission may take in a test of `task` that starts now; 0 if nothing is left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            return 0.0
        weight = sum(self._allowed[name] for name, count in self._to_come.items() if count or name == task)
        fair = left * self._allowed[task] / max(weight, self._allowed[task])
        return min(self._allowed[task], max(fair, LEAST))

    def limit_with_test(self, task: str) -> float:
        """Seconds after which a test that starts now is ended, the test's own computing included."""
        limit = self.limit(task)
        return min(limit + max(limit, OWN), max(self._ends - time.monotonic(), 0.0) + LEAST)

    def skip(self, task: str) -> None:
        """No test of `task` will run here: another process runs them."""
        self._to_come[task] = 0

    def finish(self, task: str) -> None:
        """One test of `task` has ended, or will not run."""
        self._to_come[task] -= 1
