"""What a test can end in, the result that is kept of it, and what was found out about a task that failed."""

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


@dataclass(frozen=True)
class Finding:
    """What is wrong with a task, over all its tests.

    Attributes:
        failure: class of the failure ("sign", "shape", "values", ...).
        says: one line: what the code does wrong.
        hint: what its student may ask themselves.
        misconception: id of the known mistake that it is; "" where it is none.
    """

    failure: str
    says: str
    hint: str
    misconception: str = ""


@dataclass
class TestResult:
    """One test's end.

    `rationale` and `hint` are what its reader may see; `detail` is for staff (for a hidden test the full message).
    `metrics` and `shown` ("claimed", "curves", "pictures") go into the record's table of training.
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
    shown: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return vars(self) | {"outcome": str(self.outcome)}

    def as_row(self) -> dict[str, Any]:
        """Plain data, as it stands among the record's tests."""
        return {name: value for name, value in self.as_dict().items() if name != "shown"}


def result_from(data: dict[str, Any]) -> TestResult:
    """A result from what `TestResult.as_dict` made of it."""
    return TestResult(**{**data, "outcome": Outcome(data["outcome"])})
