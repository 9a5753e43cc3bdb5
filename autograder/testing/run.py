"""The terms of a run: everything that it depends on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from autograder.assignment.manifest import Manifest, Suite, Task
from autograder.outcomes import Finding, TestResult
from autograder.submission.answers import Answers
from autograder.submission.artifacts import ArtifactStore
from autograder.testing.homework import derive_seed
from autograder.transport.session import Session, Transport


class Examine(Protocol):
    """Finds out what is wrong with a task, from what its tests asked and what they were told."""

    def __call__(
        self, task: Task, sessions: Sequence[Session], opened: Callable[[], Session]
    ) -> Finding | None:
        """Looks at the sessions of all tests of a task; `opened` opens a fresh one with the same submission."""
        ...


@dataclass
class Run:
    """All that a run of the tests depends on.

    Attributes:
        manifest: the assignment.
        package: the submission's folder.
        suites: the suites that are run.
        scope: the tasks that are run.
        seed: of the whole run; every test derives its own.
        device: "cpu" or "cuda", for training runs.
        overrides: tasks answered by these functions in place of the submission's.
        announce: called with every result as soon as it is there.
        transport: how tests reach the submission; None for in this very process.
        answers: the submission's answer form, where it has been read already.
        shelf: its trained weights, likewise.
        workers: how many tests run at a time, in processes that can be ended; 0 for in this one.
        stand_ins: functions that answer for other tasks, by the task whose tests run.
        examine: finds out what is wrong with a task that failed; None to leave it at that.
        seconds: for all of it; None for the manifest's.
    """

    manifest: Manifest
    package: Path
    suites: tuple[Suite, ...]
    scope: tuple[str, ...]
    seed: int = 0
    device: str = "cpu"
    overrides: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    announce: Callable[[TestResult], None] = lambda result: None
    transport: Transport | None = None
    answers: Answers | None = None
    shelf: ArtifactStore | None = None
    workers: int = 0
    stand_ins: Mapping[str, Mapping[str, Callable[..., Any]]] = field(default_factory=dict)
    examine: Examine | None = None
    seconds: float | None = None

    def seed_of(self, test: str) -> int:
        """A test's own seed; who knows the run's cannot tell it without the staff's salt."""
        salt = self.manifest.staff.salt if self.manifest.staff else ""
        return derive_seed(self.seed, f"{salt}:{test}")
