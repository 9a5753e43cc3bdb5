"""What Gradescope says of a submission in `submission_metadata.json`: when it came and was due, what came before."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.errors import InputError

NAME = "submission_metadata.json"


@dataclass(frozen=True)
class Metadata:
    """One submission among those of its student.

    Attributes:
        attempt: which one it is, counted from 1; those that the grader failed on do not count.
        created: when it was handed in.
        due: when it was due, a student's own extension included.
        best: the highest score of those before.
    """

    attempt: int = 1
    created: datetime | None = None
    due: datetime | None = None
    best: float = 0.0


def read(path: Path) -> Metadata:
    """Reads the file.

    Raises:
        InputError: it cannot be read, or is no such file.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
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
        created=_time(path, "created_at", data.get("created_at")),
        due=max(_times_due(path, data), default=None),
        best=max((_score(submission) for submission in graded), default=0.0),
    )


def _times_due(path: Path, data: dict[str, Any]) -> Iterator[datetime]:
    """When it is due for the class, and for each member of the group that has a day of its own."""
    users = data.get("users")
    owners = [data, *(users if isinstance(users, list) else [])]
    for owner in owners:
        assignment = owner.get("assignment") if isinstance(owner, dict) else None
        if isinstance(assignment, dict):
            due = _time(path, "due_date", assignment.get("due_date"))
            if due is not None:
                yield due


def _time(path: Path, key: str, value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise InputError(
            f"{path}: {key} is {value!r}, and a time like 2026-12-01T23:59:00-08:00 is due"
        ) from error
    if moment.tzinfo is None:
        raise InputError(f"{path}: {key} is {value!r}, which does not say in which time zone")
    return moment


def _score(submission: dict[str, Any]) -> float:
    """The score of an earlier submission; Gradescope writes it as text or as a number, or not at all."""
    try:
        score = float(submission.get("score") or 0)
    except (TypeError, ValueError):
        return 0.0
    return score if 0 <= score < float("inf") else 0.0
