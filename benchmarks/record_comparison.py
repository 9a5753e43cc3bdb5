"""Compares the record of a disturbed grade with that of an undisturbed one: equal, said so, or a false outcome.

A grade that could not be finished may say so: in an incomplete record (`complete` is false) a test may be HARNESS, and
a task with such a test may lack points. Whatever else differs is a false outcome, because someone would believe it.
"""

import json
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import schemas
from autograder.outcomes import Outcome

OF_TEST = ("outcome", "rationale", "hint", "title")
OF_TASK = ("outcome", "points", "feedback")
NOT_RUN = 3  # exit code of a grade that says that it could not be finished


@dataclass(frozen=True)
class Verdict:
    """What the comparison of two records found.

    Attributes:
        false: the first difference that nobody is told about, in words; empty if there is none.
        said: how many tests the disturbed record says it could not run.
        told: whether the disturbed grade says that something went wrong.
    """

    false: str = ""
    said: int = 0
    told: bool = False

    def __str__(self) -> str:
        return "FALSE" if self.false else f"said so {self.said}" if self.told else "equal"


def read(path: Path) -> dict[str, Any] | None:
    """A record; None if there is none, or one that is not JSON."""
    try:
        record: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return record


def compare(
    alone: dict[str, Any], record: dict[str, Any] | None, code: int, codes: Container[int] = (NOT_RUN,)
) -> Verdict:
    """Judges a grade by its record and its exit code.

    Args:
        alone: the record of the undisturbed grade, complete and without faults.
        record: the record of the other grade; None if it left none that can be read.
        code: exit code of the other grade; negative for a signal.
        codes: exit codes with which a grade may say that it was not finished.
    """
    if record is None:
        return Verdict("" if code in codes else f"no record, and exit code {code}", told=True)
    if wrong := [message for _, message in schemas.mistakes(record, "record")]:
        return Verdict(f"the record does not fit its schema: {wrong[0]}")
    complete = record["complete"]
    if code and code not in codes:
        return Verdict(f"exit code {code}; the record says complete: {str(complete).lower()}")
    if not code and (not complete or record["faults"]):
        return Verdict(
            f"exit code 0; the record says complete: {str(complete).lower()}, faults {record['faults']}"
        )
    said = 0 if complete else sum(test["outcome"] == Outcome.HARNESS for test in record["tests"])
    return Verdict(next(differences(alone, record), ""), said, told=bool(code))


def differences(alone: dict[str, Any], record: dict[str, Any]) -> Iterator[str]:
    """What differs without the record saying so, in words: first tests, then tasks, then the score."""
    complete = record["complete"]
    tests = {test["id"]: test for test in record["tests"]}
    not_run = set()
    for test in alone["tests"]:
        other = tests.pop(test["id"], None)
        if not complete and (other is None or other["outcome"] == Outcome.HARNESS):
            not_run.add(test["task"])
        elif other is None:
            yield f"{test['id']} is missing"
        else:
            yield from _fields(test["id"], test, other, OF_TEST)
    yield from (f"{name} is new" for name in tests)
    tasks = {task["id"]: task for task in record["tasks"]}
    for task in alone["tasks"]:
        other = tasks.get(task["id"])
        if other is None:
            yield f"{task['id']} is missing"
        elif task["id"] not in not_run:
            # Feedback, and the credit that it gives, come when all tests have ended.
            later = not complete and "feedback" in task and "feedback" not in other
            yield from _fields(task["id"], task, other, OF_TASK[:1] if later else OF_TASK)
    if complete:
        yield from _fields("the record", alone, record, ("score", "max_score"))


def _fields(name: str, alone: Any, other: Any, fields: tuple[str, ...]) -> Iterator[str]:
    for field in fields:
        before, now = alone.get(field), other.get(field)
        if before != now:
            yield f"{name}: {field} is {_short(now)}, alone {_short(before)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 90 else text[:87] + "..."
