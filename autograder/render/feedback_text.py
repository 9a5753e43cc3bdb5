"""The feedback on a task as a whole, as text: the same in the terminal, in the report and on Gradescope."""

from collections.abc import Iterator
from typing import Any

from autograder.record.build import Record

Line = tuple[str, str]
_LABELS = {"likely": "Likely mistake"}
_SAID_BY_TESTS = ("", "exception", "values")  # classes that add nothing to the messages of the tests


def hints_shown(record: Record) -> bool:
    """Whether this attempt gets hints, by the policy of the assignment."""
    return bool(record.get("attempt", 1) >= record.get("hints_from_attempt", 1))


def is_explained(task: dict[str, Any]) -> bool:
    """Whether the task is wrong only because of others; then the messages of its tests would mislead."""
    return bool(task.get("feedback", {}).get("right_otherwise"))


def alerts(record: Record) -> list[str]:
    """What must be read before the score."""
    found = []
    if not record["complete"] and record["faults"] and not record["tests"]:
        found.append(
            "Nothing was graded: the grader ended before the first test. That is not your fault; staff find the reason"
            " in their record."
        )
    elif not record["complete"]:
        found.append(
            "This grade is incomplete: run it again. Grading was cut short, or the grader or its machine failed. That "
            "is not your fault: tests that could not be run count neither as right nor as wrong, and the points below "
            "are for the others."
        )
    if record["complete"] and record["faults"]:
        found.append("Part of the grader itself failed. That is not your fault; please tell the staff.")
    return found


def label(word: str) -> str:
    """The name of a line of `lines`, where it begins a sentence."""
    return _LABELS.get(word, word.capitalize())


def lines(record: Record, task: dict[str, Any]) -> Iterator[Line]:
    """Lines about a task that is not right, each with its name."""
    feedback = task.get("feedback")
    if not feedback:
        return
    upstream = ", ".join(feedback["upstream"])
    if feedback["right_otherwise"]:
        yield "first", f"fix {upstream}; with the right results from there, this task is right"
    elif upstream:
        yield "first", f"fix {upstream}, which this task calls"
    if feedback["credit"] and task["points"] <= feedback["credit"]:
        yield (
            "points",
            f"{task['points']:.3g} of {task['max_points']:g}, for the part of this task that is right",
        )
    if not feedback["misconception"] and feedback["failure"] in _SAID_BY_TESTS:
        return
    if feedback["says"] and hints_shown(record):
        is_known = bool(feedback["misconception"])
        yield ("likely", f"the code {feedback['says']}") if is_known else ("found", feedback["says"])
        yield "try", feedback["hint"]
        title = next(q["title"] for q in record["questions"] if q["id"] == task["question"])
        yield "read", f"{task['question']} of the handout ({title}), and the docstring of {task['id']}"
    elif feedback["says"]:
        yield (
            "hints",
            f"are shown from attempt {record['hints_from_attempt']} on; this is attempt {record['attempt']}",
        )
