"""How long tests may take: each its limit, the submission a total of its own time, and a grade a bound on the clock.

No test gets less than its limit because something else was slow. A first try is short (see `parallel`), so that a
submission that hangs everywhere leaves time for its other tasks; it decides nothing. (ADR 15)
"""

import time
from math import inf

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Manifest

OWN = 10.0  # seconds of computing that a test itself may take at least
FIRST_TRY = 0.25  # of a limit
FIRST_TRAINING = 0.5  # of the limit of a training run, of which an honest one needs more
LAX = 10.0  # the bound on the clock, as a multiple of the total, where nobody states one
GRACE = 30.0  # seconds on the clock for the tests that run when the bound is reached
SHARE = 0.5  # of the elapsed time; a submission that was charged more than this has itself used it up


class TimeBudget:
    """The limits of one grade.

    Args:
        manifest: states the limit of each task and the total.
        started: when the grade began, on the monotonic clock; None for now.
        clock: bound of the whole on the clock, in seconds from that moment; None for a lax one.
    """

    def __init__(
        self, manifest: Manifest, *, started: float | None = None, clock: float | None = None
    ) -> None:
        self.total = manifest.limits["total"]
        self.clock = LAX * self.total if clock is None else clock
        self._tasks = manifest.tasks
        self._started = time.monotonic() if started is None else started
        self._charged = 0.0
        self.is_first_try = False

    @classmethod
    def without_bound(cls, manifest: Manifest) -> "TimeBudget":
        """Only the limit of each test holds."""
        budget = cls(manifest, clock=inf)
        budget.total = inf
        return budget

    def limit(self, task: str) -> float:
        """Seconds of own time that the submission may take in a test of `task`."""
        return self._tasks[task].seconds * self._share(task)

    def limit_of_test(self, task: str) -> float:
        """Seconds that the test's own process may compute, whatever the submission returns."""
        return max(self._tasks[task].seconds, OWN) * self._share(task)

    def _share(self, task: str) -> float:
        if not self.is_first_try:
            return 1.0
        return FIRST_TRAINING if self._tasks[task].kind is Kind.RUN else FIRST_TRY

    def charge(self, seconds: float) -> None:
        """The submission has used this much of its own time."""
        self._charged += seconds

    @property
    def is_used_up(self) -> bool:
        """Whether no test may start any more."""
        return self._charged > self.total or self._elapsed > self.clock

    @property
    def is_over(self) -> bool:
        """Whether tests that still run are ended."""
        return self._elapsed > self.clock + GRACE

    @property
    def is_used_by_submission(self) -> bool:
        """Whether the submission was charged for the time that is used up; otherwise the machine was slow."""
        return self._charged > min(self.total, SHARE * self._elapsed)

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._started
