"""What is said of a task as a whole, the same wherever it is read."""

from collections.abc import Iterator
from typing import Any

from autograder.record.build import Record

Line = tuple[str, str]
_LABELS = {"looks": "It looks", "read": "Read"}
_SAID_BY_TESTS = ("", "exception", "values")  # classes that say no more than the messages of the tests


def hints_shown(record: Record) -> bool:
    """Whether this attempt gets hints, by the policy of the assignment."""
    return bool(record.get("attempt", 1) >= record.get("hints_from_attempt", 1))


def is_explained(task: dict[str, Any]) -> bool:
    """Whether what its tests say would only lead away from the tasks that are wrong."""
    return bool(task.get("feedback", {}).get("right_otherwise"))


def alerts(record: Record) -> list[str]:
    """What has to be read before the score."""
    found = []
    if not record["complete"]:
        found.append("Grading was cut short: what is below is what was known until then.")
    if record["complete"] and record["faults"]:
        found.append("Part of the grader itself failed. That is not your fault; please tell the staff.")
    return found


def label(word: str) -> str:
    """The word before a line of `lines`, where it begins a sentence."""
    return _LABELS.get(word, word.capitalize())


def lines(record: Record, task: dict[str, Any]) -> Iterator[Line]:
    """Lines about a task that is not right, each with the word that stands before it."""
    feedback = task.get("feedback")
    if not feedback:
        return
    upstream = ", ".join(feedback["upstream"])
    if feedback["right_otherwise"]:
        yield "first", f"mend {upstream}; with the right answer from there, this task is right"
    elif upstream:
        yield "first", f"mend {upstream}, which this task calls"
    if feedback["credit"] and task["points"] <= feedback["credit"]:
        yield "points", f"{task['points']:.3g} of {task['max_points']:g}, for what is right here nonetheless"
    if not feedback["misconception"] and feedback["failure"] in _SAID_BY_TESTS:
        return
    if feedback["says"] and hints_shown(record):
        yield "looks", ("as if the code " if feedback["misconception"] else "") + feedback["says"]
        yield "try", feedback["hint"]
        title = next(q["title"] for q in record["questions"] if q["id"] == task["question"])
        yield "read", f"{task['question']} of the handout ({title}), and the docstring of {task['id']}"
    elif feedback["says"]:
        yield (
            "hints",
            f"come with attempt {record['hints_from_attempt']}; this is attempt {record['attempt']}",
        )
