"""How long a test may take, so that a submission that hangs everywhere ends in time, and its other tasks are graded."""

import time
from collections.abc import Mapping, Sequence

OWN = 10.0  # seconds that a test's own part may take at least
LEAST = 1.0  # seconds; what is left is never divided into less, so the last few tests may go a little over


class Patience:
    """Divides the seconds of a whole grade over the tasks that are still to come.

    A task may take what the manifest allows it, at most its fair share of what is left: in proportion to what the tasks
    still to come are allowed. Tests of an honest submission take a small part of it, so that the shares grow.

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
        """Says of which tasks tests will come, one entry a test."""
        for task in tasks:
            self._to_come[task] = self._to_come.get(task, 0) + 1

    def share(self, task: str) -> float:
        """Seconds that a test of `task` may take if it starts now; 0 if nothing is left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            return 0.0
        weight = sum(self._allowed[name] for name, count in self._to_come.items() if count or name == task)
        fair = left * self._allowed[task] / max(weight, self._allowed[task])
        return min(self._allowed[task], max(fair, LEAST))

    def whole(self, task: str) -> float:
        """Seconds after which a test that starts now is given up, the grader's own part of it counted as well."""
        share = self.share(task)
        return min(share + max(share, OWN), max(self._ends - time.monotonic(), 0.0) + LEAST)

    def dismiss(self, task: str) -> None:
        """No test of `task` will come here: somebody else runs them."""
        self._to_come[task] = 0

    def done(self, task: str) -> None:
        """One test of `task` has ended, or will not run."""
        self._to_come[task] -= 1
