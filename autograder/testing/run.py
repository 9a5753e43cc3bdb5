"""One run of the tests: all that it depends on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from autograder.assignment.manifest import Task
from autograder.assignment.settings import Settings
from autograder.submission.staged import Submission
from autograder.testing.homework import derive_seed
from autograder.testing.time_budget import TimeBudget
from autograder.transport.session import Session, Transport


class Examine(Protocol):
    """Finds out what is wrong with a task, from what its tests asked and what the submission replied."""

    def __call__(self, task: Task, sessions: Mapping[str, Session], reopen: Callable[[], Session], /) -> Any:
        """Examines the sessions of a task, by test; `reopen` opens a new one with the same submission."""
        ...


@dataclass(frozen=True, kw_only=True)
class Run:
    """All that a run of the tests depends on.

    Attributes:
        settings: what is tested, and how.
        submission: whose code answers.
        transport: how tests reach it; None for inside this process, which trusts it.
        overrides: tasks answered by these functions instead of the submission's.
        stand_ins: functions that answer for other tasks, by the task whose tests run.
        examine: finds out what is wrong with a task that failed; None to leave that out.
        budget: how long tests may take; None for the manifest's limits, from now on.
    """

    settings: Settings
    submission: Submission
    transport: Transport | None = None
    overrides: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    stand_ins: Mapping[str, Mapping[str, Callable[..., Any]]] = field(default_factory=dict)
    examine: Examine | None = None
    budget: TimeBudget | None = None

    def seed_of(self, test: str) -> int:
        """A test's own seed. Without the staff's salt it cannot be computed from the run's seed."""
        staff = self.settings.manifest.staff
        return derive_seed(self.settings.seed, f"{staff.salt if staff else ''}:{test}")
