"""How a test can end, its result, and what is found out about a failed task."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """Exactly one of these for every test, the most severe first; a task takes the most severe of its tests'.

    docs/architecture.md says what each one means. Records, schemas, terminal and report take words and marks from here.
    """

    HARNESS = "HARNESS"
    TODO = "TODO"
    BLOCKED = "BLOCKED"
    KILLED = "KILLED"
    TIMEOUT = "TIMEOUT"
    CRASHED = "CRASHED"
    FAILED = "FAILED"
    PASSED = "PASSED"

    @property
    def tone(self) -> str:
        """How it is shown: "good", "bad", "todo" (nothing to judge yet) or "ours" (a fault of the grader)."""
        tones = {self.PASSED: "good", self.TODO: "todo", self.BLOCKED: "todo", self.HARNESS: "ours"}
        return tones.get(self, "bad")

    @property
    def mark(self) -> str:
        """One character for it."""
        return {"good": "✓", "bad": "✗", "todo": "○", "ours": "!"}[self.tone]


SEVERITY = tuple(Outcome)


def worst(outcomes: list[Outcome]) -> Outcome:
    """The outcome of a task from those of its tests; a task without a test is a fault of ours."""
    return min(outcomes, key=SEVERITY.index, default=Outcome.HARNESS)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a task, by all its tests.

    Attributes:
        failure: class of the failure ("sign", "shape", "values", ...).
        says: one line: what the code does wrong.
        hint: a question for the student.
        misconception: id of the known mistake; "" if it is not a known one.
    """

    failure: str
    says: str
    hint: str
    misconception: str = ""


@dataclass(frozen=True)
class Feedback:
    """Feedback on a task as a whole.

    Attributes:
        finding: what is wrong with it; None if that is unknown.
        upstream: the wrong tasks that it calls; those to fix first come first.
        is_right_otherwise: whether it is right when the reference answers for those.
        credit: points for what is right in that case.
    """

    finding: Finding | None = None
    upstream: tuple[str, ...] = ()
    is_right_otherwise: bool = False
    credit: float = 0.0


@dataclass
class TestResult:
    """The result of one test.

    `rationale` and `hint` are for its reader; `detail` is for staff (of a hidden test, the full message).
    `seconds` are on the clock; `charged` are those of the submission's own time. `first_try` says how a test ended that
    was tried twice. `metrics` and `shown` ("claimed", "curves", "pictures") go into the record's table of training.
    """

    id: str
    task: str
    suite: str
    title: str
    outcome: Outcome
    weight: float = 1.0
    seconds: float = 0.0
    charged: float = 0.0
    first_try: str = ""
    rationale: str = ""
    hint: str = ""
    where: str = ""
    detail: str = ""
    output: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)

    def after(self, first: "TestResult | None") -> "TestResult":
        """This result, which also says how the test's first try ended, if there was one."""
        if first is None:
            return self
        spent = f"{first.charged:.3g} s of own time, {first.seconds:.3g} s on the clock"
        return replace(self, first_try=f"{first.outcome} after {spent}")

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return vars(self) | {"outcome": str(self.outcome)}

    def as_row(self) -> dict[str, Any]:
        """Plain data, as a row of the record's tests."""
        return {name: value for name, value in self.as_dict().items() if name != "shown"}


def result_from(data: dict[str, Any]) -> TestResult:
    """A result from what `TestResult.as_dict` made of it."""
    return TestResult(**{**data, "outcome": Outcome(data["outcome"])})
