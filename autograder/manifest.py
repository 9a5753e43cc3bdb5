"""Reads `assignment.toml`: the one place where questions, tasks, points, visibility and limits stand."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder import schemas
from autograder.errors import InputError
from autograder.reading.limits import Limits
from autograder.toml_lines import KeyPath, line_of

MANIFEST_NAME = "assignment.toml"


class ManifestError(InputError):
    """One or more mistakes in the manifest, each with its line."""


@dataclass(frozen=True)
class Task:
    """What points are given for.

    One function or class ("code"), one answer in `answers.toml` ("answer"), one training run of the grader's own
    ("run"), or trained weights that are handed in ("artifact"), which `command` makes.
    """

    id: str
    question: str
    kind: str
    points: float
    needs: tuple[str, ...]
    seconds: float
    memory_mb: int
    weights: Mapping[str, float] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    budget: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    text: bool = False  # an answer in words, which people read

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
        if self.kind == "answer":
            return "answers.toml"
        if self.kind == "artifact":
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
    """A folder of tests. Of an "outcome" suite the student sees outcome and hint, never content."""

    name: str
    path: str
    visibility: str
    training: bool = False


@dataclass(frozen=True)
class Staff:
    """What only the grader's side may know.

    Attributes:
        reference: package that holds the solutions.
        given: files of it that every submission gets.
        choices: right option of each choice question.
        salt: makes the seeds of a grade unknown to whoever knows the run's.
        misconceptions: package that holds the bank of known answers; empty for none.
        handout: folder with the sources of the handout and its written solutions; empty for none.
    """

    reference: str
    given: tuple[str, ...]
    choices: Mapping[str, str]
    salt: str = ""
    misconceptions: str = ""
    handout: str = ""


@dataclass(frozen=True)
class FeedbackPolicy:
    """What students are told, and what is given for an answer that only builds on a wrong one.

    Attributes:
        hints_from_attempt: the first submission, counted from 1, whose feedback has hints.
        upstream_credit: part of a task's points for what is right once the grader answers for the wrong tasks that it
            calls.
    """

    hints_from_attempt: int = 1
    upstream_credit: float = 0.0


@dataclass(frozen=True)
class Manifest:
    """The whole of `assignment.toml`, checked."""

    path: Path
    id: str
    title: str
    package: str
    points: float
    limits: Mapping[str, float]
    suites: tuple[Suite, ...]
    questions: tuple[Question, ...]
    staff: Staff | None
    intake: Limits
    feedback: FeedbackPolicy = FeedbackPolicy()

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
        return {task.id: task.question for task in self.tasks.values() if task.kind == "code"}

    def suite_of(self, path: Path) -> Suite | None:
        """The suite whose folder holds `path`; the innermost where one lies in another."""
        holders = [suite for suite in self.suites if path.is_relative_to(self.root / suite.path)]
        return max(holders, key=lambda suite: len(suite.path), default=None)


def find(start: Path | None = None) -> Path:
    """The nearest `assignment.toml` at or above `start` (default: the working folder).

    Raises:
        InputError: there is none.
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
        mistakes = list(_contradictions(raw))
    if mistakes:
        lines = sorted((line_of(text, key_path), message) for key_path, message in mistakes)
        raise ManifestError("\n".join(f"{path}:{line}: {message}" for line, message in lines))
    return _build(path.resolve(), raw)


def _contradictions(raw: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """What a schema cannot say: doubles, needs that do not exist or go in a circle, sums, choices."""
    suites = {suite["name"] for suite in raw["suites"]}
    where: dict[str, KeyPath] = {}
    needs: dict[str, list[str]] = {}
    options: dict[str, list[str]] = {}
    question_ids: set[str] = set()
    points = 0.0
    for q, question in enumerate(raw["questions"]):
        if question["id"] in question_ids:
            yield ("questions", q, "id"), f"question {question['id']!r} stands twice"
        question_ids.add(question["id"])
        for t, task in enumerate(question.get("tasks", [])):
            at: KeyPath = ("questions", q, "tasks", t)
            if task["id"] in where:
                yield (*at, "id"), f"task {task['id']!r} stands twice"
            where[task["id"]] = at
            needs[task["id"]] = task.get("needs", [])
            options[task["id"].rpartition(".")[2]] = task.get("options", [])
            points += task["points"]
            for suite in task.get("weights", {}):
                if suite not in suites:
                    yield (
                        (*at, "weights", suite),
                        f"task {task['id']!r} weighs the suite {suite!r}, which does not exist",
                    )
    for task_id, wanted in needs.items():
        for need in wanted:
            if need not in where:
                yield (*where[task_id], "needs"), f"task {task_id!r} needs {need!r}, which is no task"
    for circle in _circles(needs):
        yield (
            (*where[circle[0]], "needs"),
            "tasks need each other in a circle: " + " -> ".join((*circle, circle[0])),
        )
    total = raw["assignment"]["points"]
    if abs(points - total) > 1e-9:
        yield ("assignment", "points"), f"the tasks' points add up to {points:g}, not to {total:g}"
    for key, choice in raw.get("staff", {}).get("choices", {}).items():
        if not options.get(key):
            yield ("staff", "choices", key), f"{key!r} is no answer task with options"
        elif choice not in options[key]:
            yield ("staff", "choices", key), f"{choice!r} is none of the options of {key!r}: {options[key]}"


def _circles(needs: Mapping[str, list[str]]) -> Iterator[tuple[str, ...]]:
    done: set[str] = set()

    def walk(task: str, trail: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if task in trail:
            yield trail[trail.index(task) :]
        elif task not in done:
            for need in needs.get(task, []):
                yield from walk(need, (*trail, task))
            done.add(task)

    for task in needs:
        yield from walk(task, ())


def _build(path: Path, raw: dict[str, Any]) -> Manifest:
    limits = raw["limits"]

    def task(question: str, row: dict[str, Any]) -> Task:
        return Task(
            id=row["id"],
            question=question,
            kind=row.get("kind", "code"),
            points=float(row["points"]),
            needs=tuple(row.get("needs", ())),
            seconds=float(row.get("seconds", limits["seconds"])),
            memory_mb=row.get("memory_mb", limits["memory_mb"]),
            weights=row.get("weights", {}),
            options=tuple(row.get("options", ())),
            budget=row.get("budget", {}),
            command=row.get("command", ""),
            text=row.get("text", False),
        )

    staff = raw.get("staff")
    intake = dict(raw.get("intake", {}))
    if "accept" in intake:
        intake["accept"] = tuple(intake["accept"])
    return Manifest(
        path=path,
        id=raw["assignment"]["id"],
        title=raw["assignment"]["title"],
        package=raw["assignment"]["package"],
        points=float(raw["assignment"]["points"]),
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
        staff=Staff(**{**staff, "given": tuple(staff["given"]), "choices": staff.get("choices", {})})
        if staff
        else None,
        intake=Limits(**intake),
        feedback=FeedbackPolicy(**raw.get("feedback", {})),
    )
