"""`results.json` for Gradescope: one entry a task, with outcome, rationale and hint of each test that did not pass."""

from typing import Any

from autograder.outcomes import Outcome
from autograder.record import Record
from autograder.render import words


def render(record: Record) -> dict[str, Any]:
    """The results of a record.

    All entries are visible: if a scored one were hidden, Gradescope would hide the total as well. What of a hidden
    test may not be seen is not in the fields used here.
    """
    tests = {test["id"]: test for test in record["tests"]}
    return {
        "score": record["score"],
        "execution_time": record["seconds"],
        "output": _summary(record),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_entry(record, task, [tests[name] for name in task["tests"]]) for task in record["tasks"]],
        "extra_data": {
            "schema_version": record["schema_version"],
            "seed": record["seed"],
            "complete": record["complete"],
        },
    }


def _summary(record: Record) -> str:
    lines = [f"{record['assignment']['title']}: {record['score']:g} of {record['max_score']:g} points."]
    return "\n".join([*lines, *words.alerts(record), *record["notes"]])


def _entry(record: Record, task: dict[str, Any], tests: list[dict[str, Any]]) -> dict[str, Any]:
    whole = [f"{words.head(word)}: {text}" for word, text in words.about(record, task)]
    passed = sum(test["outcome"] == Outcome.PASSED for test in tests)
    return {
        "number": task["question"],
        "name": task["id"],
        "score": task["points"],
        "max_score": task["max_points"],
        "status": "passed" if task["outcome"] == Outcome.PASSED else "failed",
        "output": "\n\n".join(
            [
                f"{task['outcome']}: {passed} of {len(tests)} tests passed.",
                *(["\n".join(whole)] if whole else []),
                *([] if words.is_explained(task) else _messages(tests, hints=words.hints_shown(record))),
            ]
        ),
        "visibility": "visible",
    }


def _messages(tests: list[dict[str, Any]], *, hints: bool) -> list[str]:
    """Each message once, however many tests it came from."""
    messages: dict[str, None] = {}
    for test in tests:
        if test["outcome"] != Outcome.PASSED:
            lines = [f"{test['outcome']}: {test['title']}", test["rationale"]]
            lines += [f"Try: {test['hint']}"] if test["hint"] and hints else []
            lines += [f"Where: {test['where']}"] if test["where"] else []
            messages["\n".join(filter(None, lines))] = None
    return list(messages)
