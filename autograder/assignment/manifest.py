"""Reads `assignment.toml`, the only place that defines questions, tasks, points, visibility and limits."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder import schemas
from autograder.assignment.consistency import check_consistency
from autograder.assignment.kinds import Kind
from autograder.assignment.limits import IntakeLimits
from autograder.assignment.policies import Bundle, FeedbackPolicy, HandIn, LeaderboardColumn
from autograder.assignment.toml_lines import line_of
from autograder.errors import InputError

MANIFEST_NAME = "assignment.toml"


class ManifestError(InputError):
    """One or more mistakes in the manifest, each with its line."""


@dataclass(frozen=True)
class Task:
    """What points are given for.

    `Kind` says what it can be. `command` makes the weights of an artifact. `relations` names what its tests vary.
    """

    id: str
    question: str
    kind: Kind
    points: float
    needs: tuple[str, ...]
    seconds: float
    memory_mb: int
    weights: Mapping[str, float] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    budget: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    text: bool = False  # an answer in words, which staff read
    relations: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """Dotted path of the module inside the package."""
        return self.id.rpartition(".")[0]

    @property
    def name(self) -> str:
        """Name of the function or class, or key of the answer."""
        return self.id.rpartition(".")[2]

    @property
    def file(self) -> str:
        """Path inside the package: of the source, of the weights, or of the answer form."""
        if self.kind is Kind.ANSWER:
            return "answers.toml"
        if self.kind is Kind.ARTIFACT:
            return self.id.replace(".", "/") + ".safetensors"
        return self.module.replace(".", "/") + ".py"


@dataclass(frozen=True)
class Question:
    """A question of the handout; `manual_points` are graded by hand and never part of the score."""

    id: str
    title: str
    manual_points: float
    tasks: tuple[Task, ...]

    @property
    def points(self) -> float:
        """Points that the autograder can give."""
        return sum(task.points for task in self.tasks)


@dataclass(frozen=True)
class Suite:
    """A folder of tests. Students see the outcome and the hint of a test in an "outcome" suite, never its content."""

    name: str
    path: str
    visibility: str
    training: bool = False


@dataclass(frozen=True)
class Staff:
    """What only staff may know.

    Attributes:
        reference: package that contains the solutions.
        choices: the right option of each choice question.
        salt: keeps the seeds of a grade secret from everybody who knows the seed of the run.
        misconceptions: package with the bank of known answers; empty if there is none.
        bundle: what students are handed; None if they are handed nothing.
        handout: folder with the sources of the handout and its written solutions; empty if there is none.
    """

    reference: str
    choices: Mapping[str, str]
    salt: str = ""
    misconceptions: str = ""
    bundle: Bundle | None = None
    handout: str = ""


@dataclass(frozen=True)
class Manifest:
    """The whole `assignment.toml`, checked.

    `given` are patterns of the files in the package that students must not change; the staff's copy of them is graded.
    `limits` may say the `speed` of the machine for which they were written (`grading.machine_speed`).
    """

    path: Path
    id: str
    title: str
    package: str
    points: float
    given: tuple[str, ...]
    limits: Mapping[str, float]
    suites: tuple[Suite, ...]
    questions: tuple[Question, ...]
    staff: Staff | None
    intake: IntakeLimits
    feedback: FeedbackPolicy = field(default_factory=FeedbackPolicy)
    hand_in: HandIn = field(default_factory=HandIn)
    leaderboard: tuple[LeaderboardColumn, ...] = ()

    @property
    def root(self) -> Path:
        """The folder that all paths in the manifest are relative to."""
        return self.path.parent

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """Every task by its id, in the manifest's order."""
        return {task.id: task for question in self.questions for task in question.tasks}

    def code_tasks(self) -> dict[str, str]:
        """Question of each task that is code."""
        return {task.id: task.question for task in self.tasks.values() if task.kind is Kind.CODE}

    def suite_of(self, path: Path) -> Suite | None:
        """The suite whose folder holds `path`; the innermost if one suite is inside another."""
        holders = [suite for suite in self.suites if path.is_relative_to(self.root / suite.path)]
        return max(holders, key=lambda suite: len(suite.path), default=None)


def find(start: Path | None = None) -> Path:
    """The nearest `assignment.toml` at or above `start` (default: the working folder).

    Raises:
        InputError: there is no manifest.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / MANIFEST_NAME).is_file():
            return folder / MANIFEST_NAME
    raise InputError(
        f"no {MANIFEST_NAME} in {start} or above it: call this from inside the homework's folder"
    )


def load(path: Path) -> Manifest:
    """Reads and checks a manifest.

    Raises:
        ManifestError: it cannot be read, or something in it is wrong; every mistake is named with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: cannot be read: {error}") from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path}: is not valid TOML: {error}") from error
    mistakes = [(key_path, message) for key_path, message in schemas.mistakes(raw, "manifest")]
    if not mistakes:
        mistakes = list(check_consistency(raw))
    if mistakes:
        lines = sorted((line_of(text, key_path), message) for key_path, message in mistakes)
        raise ManifestError("\n".join(f"{path}:{line}: {message}" for line, message in lines))
    return _build(path.resolve(), raw)


def _build(path: Path, raw: dict[str, Any]) -> Manifest:
    limits = raw["limits"]

    def task(question: str, row: dict[str, Any]) -> Task:
        return Task(
            id=row["id"],
            question=question,
            kind=Kind(row.get("kind", "code")),
            points=float(row["points"]),
            needs=tuple(row.get("needs", ())),
            seconds=float(row.get("seconds", limits["seconds"])),
            memory_mb=row.get("memory_mb", limits["memory_mb"]),
            weights=row.get("weights", {}),
            options=tuple(row.get("options", ())),
            budget=row.get("budget", {}),
            command=row.get("command", ""),
            text=row.get("text", False),
            relations=tuple(row.get("relations", ())),
        )

    intake = dict(raw.get("intake", {}))
    if "accept" in intake:
        intake["accept"] = tuple(intake["accept"])
    return Manifest(
        path=path,
        id=raw["assignment"]["id"],
        title=raw["assignment"]["title"],
        package=raw["assignment"]["package"],
        points=float(raw["assignment"]["points"]),
        given=tuple(raw["assignment"].get("given", ())),
        limits=limits,
        suites=tuple(Suite(**suite) for suite in raw["suites"]),
        questions=tuple(
            Question(
                id=row["id"],
                title=row["title"],
                manual_points=float(row.get("manual_points", 0)),
                tasks=tuple(task(row["id"], item) for item in row.get("tasks", [])),
            )
            for row in raw["questions"]
        ),
        staff=_staff(raw["staff"]) if "staff" in raw else None,
        intake=IntakeLimits(**intake),
        feedback=FeedbackPolicy(**raw.get("feedback", {})),
        hand_in=HandIn(**raw.get("hand_in", {})),
        leaderboard=tuple(LeaderboardColumn(**row) for row in raw.get("leaderboard", [])),
    )


def _staff(raw: dict[str, Any]) -> Staff:
    bundle = raw.get("bundle")
    if bundle:
        bundle = Bundle(tuple(bundle["files"]), bundle["overlay"], tuple(bundle["withheld"]))
    return Staff(**{"choices": {}, **raw, "bundle": bundle})
