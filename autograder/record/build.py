"""`submission_log.json`: the record of one submission, from which everything else is rendered."""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder import atomic, schemas
from autograder.assignment.kinds import Kind
from autograder.assignment.settings import Settings
from autograder.errors import HarnessError
from autograder.outcomes import Feedback, Finding, Outcome, TestResult, worst
from autograder.record import scoring
from autograder.record.provenance import graded_by
from autograder.submission.answers import IDS, NAMES, Answers

if TYPE_CHECKING:  # it loads torch, and a first record is written before that
    from autograder.submission.staged import Submission

SCHEMA_VERSION = "1.0"
NAME = "submission_log.json"
Record = dict[str, Any]


@dataclass
class Conditions:
    """How and where tests ran.

    Attributes:
        isolation: its mode ("isolated" or "none"), the layers in force, and what each promise did when it was attacked.
        environment: versions of Python, packages and system.
        started: when, in UTC, as ISO 8601.
        graded_by: the version and the digests of what grades; taken when the first record is built.
    """

    isolation: dict[str, Any] = field(default_factory=lambda: {"mode": "none", "layers": [], "promises": {}})
    environment: dict[str, str] = field(default_factory=dict)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    graded_by: dict[str, str] = field(default_factory=dict)


def build(
    settings: Settings,
    conditions: Conditions,
    submission: "Submission | None",
    results: Sequence[TestResult],
    *,
    complete: bool,
    faults: Sequence[str],
    seconds: float,
    feedback: Mapping[str, Feedback] | None = None,
) -> Record:
    """The record of what is known so far; it is valid against its schema at any moment.

    Args:
        settings: what is graded, and how.
        conditions: how and where the tests run.
        submission: what was handed in; None before it has been read.
        results: one for each test; tests that have not run yet have the outcome HARNESS.
        complete: whether every test has run.
        faults: our own, in words.
        seconds: since grading began.
        feedback: on tasks as a whole; its credit counts if it exceeds the points of the task.
    """
    manifest = settings.manifest
    conditions.graded_by = conditions.graded_by or graded_by(manifest)
    answers = dict(submission.answers.values) if submission else {}
    feedback = feedback or {}
    scores = [
        replace(score, points=max(score.points, min(feedback[score.task.id].credit, score.max_points)))
        if score.task.id in feedback
        else score
        for score in scoring.score_tasks(manifest, settings.tasks, results)
    ]
    questions = []
    for question in manifest.questions:
        mine = [score for score in scores if score.task.question == question.id]
        if not mine and question.tasks:
            continue
        questions.append(
            {
                "id": question.id,
                "title": question.title,
                "outcome": str(worst([score.outcome for score in mine])),
                "points": scoring.total(mine),
                "max_points": round(sum(score.max_points for score in mine), 4),
                "manual_points": question.manual_points,
            }
        )
    return {
        "schema_version": SCHEMA_VERSION,
        "assignment": {"id": manifest.id, "title": manifest.title},
        "who": _who(answers),
        "started": conditions.started,
        "seconds": round(seconds, 2),
        "complete": complete,
        "score": scoring.total(scores),
        "max_score": round(sum(score.max_points for score in scores), 4),
        "scope": {
            "suites": [suite.name for suite in settings.suites],
            "whole": len(settings.tasks) == len(manifest.tasks),
        },
        "questions": questions,
        "tasks": [
            {
                "id": score.task.id,
                "question": score.task.question,
                "kind": score.task.kind,
                "outcome": str(score.outcome),
                "points": score.points,
                "max_points": score.max_points,
                "tests": list(score.tests),
                **({"feedback": _feedback_row(feedback[score.task.id])} if score.task.id in feedback else {}),
            }
            for score in scores
        ],
        "tests": [result.as_row() for result in results],
        "environment": conditions.environment,
        "isolation": conditions.isolation,
        "graded_by": conditions.graded_by,
        "seed": settings.seed,
        "device": settings.device,
        "answers": answers,
        "training": [
            {
                "run": result.task,
                "test": result.id,
                "outcome": str(result.outcome),
                "budget": dict(manifest.tasks[result.task].budget),
                "measured": {
                    name: value for name, value in result.metrics.items() if isinstance(value, float | int)
                },
                "claimed": result.shown.get("claimed", {}),
                "curves": result.shown.get("curves", []),
                "pictures": result.shown.get("pictures", []),
            }
            for result in results
            if manifest.tasks[result.task].kind is Kind.RUN or result.shown
        ],
        "artifacts": list(submission.artifact_rows) if submission else [],
        "sources": dict(submission.digests) if submission else {},
        "attempt": settings.attempt,
        "hints_from_attempt": manifest.feedback.hints_from_attempt,
        "notes": list(submission.notes) if submission else [],
        "faults": list(faults),
    }


def _feedback_row(feedback: Feedback) -> dict[str, Any]:
    finding = feedback.finding or Finding("", "", "")
    return {
        **asdict(finding),
        "upstream": list(feedback.upstream),
        "right_otherwise": feedback.is_right_otherwise,
        "credit": feedback.credit,
    }


def environment(device: str) -> dict[str, str]:
    """Where the tests ran."""
    found = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "executable": sys.implementation.name,
    }
    for package in ("torch", "numpy", "scipy", "transformers", "torchvision"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    found["threads"] = os.environ.get("OMP_NUM_THREADS", "")
    found["device"] = _device_name(device)
    return found


def _device_name(device: str) -> str:
    if device != "cuda":
        return device
    import torch

    return torch.cuda.get_device_name()


def _who(answers: dict[str, Any]) -> list[dict[str, str]]:
    """Pairs of a name and an id, as the student wrote them; a single string counts as a list of one."""
    form = Answers(answers)
    names, ids = form.people(NAMES), form.people(IDS)
    size = max(len(names), len(ids))
    names += [""] * (size - len(names))
    ids += [""] * (size - len(ids))
    return [{"name": name, "id": student_id} for name, student_id in zip(names, ids, strict=True)]


def check(data: Any, schema: str) -> None:
    """Checks data against its schema.

    Raises:
        HarnessError: it does not fit; the message names every place.
    """
    wrong = [message for _, message in schemas.mistakes(data, schema)]
    if wrong:
        raise HarnessError(f"the data to write does not fit the {schema} schema: " + "; ".join(wrong))


def write(data: Any, path: Path, *, pretty: bool = True) -> None:
    """Writes JSON atomically: at any moment the file is completely the old one or completely the new one.

    Infinities and NaN, which JSON does not have, are written as text. Without `pretty` it is several times faster.
    """
    indent = 1 if pretty else None
    try:
        text = json.dumps(data, indent=indent, allow_nan=False)
    except (
        ValueError
    ):  # NaN or infinity somewhere; searching every record of a grade for them would take seconds
        text = json.dumps(_finite(data), indent=indent, allow_nan=False)
    atomic.write_text(path, text + "\n")


def _finite(data: Any) -> Any:
    if isinstance(data, float) and data - data != 0:
        return str(data)
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return data


def is_perfect(record: Record) -> bool:
    """Whether every test passed."""
    return bool(record["tests"]) and all(test["outcome"] == Outcome.PASSED for test in record["tests"])
