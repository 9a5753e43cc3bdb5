"""What a test can end in, and the result that is kept of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """Exactly one of these for every test; a task takes the worst of its tests' (order of `SEVERITY`)."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    TODO = "TODO"
    BLOCKED = "BLOCKED"
    CRASHED = "CRASHED"
    TIMEOUT = "TIMEOUT"
    KILLED = "KILLED"
    HARNESS = "HARNESS"


SEVERITY = (
    Outcome.HARNESS,
    Outcome.TODO,
    Outcome.BLOCKED,
    Outcome.KILLED,
    Outcome.TIMEOUT,
    Outcome.CRASHED,
    Outcome.FAILED,
    Outcome.PASSED,
)


def worst(outcomes: list[Outcome]) -> Outcome:
    """The outcome of a task from those of its tests; a task without a test is a fault of ours."""
    return min(outcomes, key=SEVERITY.index, default=Outcome.HARNESS)


@dataclass
class TestResult:
    """One test's end.

    `rationale` and `hint` are what its reader may see; `detail` is for staff (for a hidden test the full message).
    """

    id: str
    task: str
    suite: str
    title: str
    outcome: Outcome
    weight: float = 1.0
    seconds: float = 0.0
    rationale: str = ""
    hint: str = ""
    where: str = ""
    detail: str = ""
    output: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as it stands in the record."""
        return vars(self) | {"outcome": str(self.outcome)}
