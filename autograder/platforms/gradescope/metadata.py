"""Reads `submission_metadata.json` of Gradescope: time of the submission, due date, and earlier submissions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.assignment.policies import HandIn
from autograder.errors import InputError

NAME = "submission_metadata.json"


@dataclass(frozen=True)
class Metadata:
    """One submission of a student.

    Attributes:
        attempt: its number, from 1; submissions on which the grader failed do not count.
        created: the time of the submission, where the rules ask for it.
        due: the due date, including a student's own extension, where the rules ask for it.
        best: the highest score of the earlier submissions.
    """

    attempt: int = 1
    created: datetime | None = None
    due: datetime | None = None
    best: float = 0.0


def read(path: Path, rules: HandIn) -> Metadata:
    """Reads from the file what the rules need; times only where lateness costs something.

    Raises:
        InputError: it cannot be read, or is not such a file.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        previous = data["previous_submissions"]
        if not isinstance(previous, list):
            raise TypeError(previous)
        graded = [submission for submission in previous if not submission.get("autograder_error", False)]
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: has no list of `previous_submissions`; give Gradescope's {NAME}"
        ) from error
    return Metadata(
        attempt=1 + len(graded),
        created=_time(path, "created_at", data.get("created_at")) if rules.late_loss_per_day else None,
        due=max(_times_due(path, data), default=None) if rules.late_loss_per_day else None,
        best=max((_score(submission) for submission in graded), default=0.0),
    )


def _times_due(path: Path, data: dict[str, Any]) -> Iterator[datetime]:
    """The due date of the class, and that of each group member with an own due date."""
    users = data.get("users")
    owners = [data, *(users if isinstance(users, list) else [])]
    for owner in owners:
        assignment = owner.get("assignment") if isinstance(owner, dict) else None
        if isinstance(assignment, dict):
            due = _time(path, "due_date", assignment.get("due_date"))
            if due is not None:
                yield due


def _time(path: Path, key: str, value: object) -> datetime | None:
    if value in (None, ""):  # Gradescope leaves out what an assignment does not have, in one way or the other
        return None
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise InputError(f"{path}: {key} is {value!r}; give a time like 2026-12-01T23:59:00-08:00") from error
    if moment.tzinfo is None:
        raise InputError(f"{path}: {key} is {value!r}, which has no time zone")
    return moment


def _score(submission: dict[str, Any]) -> float:
    """The score of an earlier submission; Gradescope writes it as text or as a number, or leaves it out."""
    try:
        score = float(submission.get("score") or 0)
    except (TypeError, ValueError):
        return 0.0
    return score if 0 <= score < float("inf") else 0.0
