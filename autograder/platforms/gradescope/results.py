"""`results.json` for Gradescope: one entry for each task, with the messages of the tests that did not pass."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.assignment.policies import LeaderboardColumn
from autograder.outcomes import Outcome
from autograder.platforms.gradescope.score_adjustment import NO_ADJUSTMENT, ScoreAdjustment
from autograder.record.build import Record
from autograder.render import feedback_text

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~&$])")


def render(
    record: Record, adjustment: ScoreAdjustment = NO_ADJUSTMENT, ranks: Sequence[LeaderboardColumn] = ()
) -> dict[str, Any]:
    """The results of a record.

    All entries are visible: if a scored entry were hidden, Gradescope would hide the total as well. The fields used
    here contain nothing of a hidden test that students must not see.

    Args:
        record: a valid record, at any stage.
        adjustment: for lateness and attempts; it is applied to the score, and the entries show points without it.
        ranks: columns of the leaderboard; empty for no leaderboard.
    """
    tests = {test["id"]: test for test in record["tests"]}
    board = list(_leaderboard(record, ranks))
    return {
        "score": round(record["score"] * adjustment.factor, 4),
        "execution_time": record["seconds"],
        "output": _summary(record, adjustment),
        "output_format": "md",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_entry(record, task, [tests[name] for name in task["tests"]]) for task in record["tasks"]],
        **({"leaderboard": board} if board else {}),
        "extra_data": {
            "schema_version": record["schema_version"],
            "seed": record["seed"],
            "complete": record["complete"],
        },
    }


def escaped(text: str) -> str:
    """Text with its Markdown characters escaped."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _summary(record: Record, adjustment: ScoreAdjustment) -> str:
    lines = [
        f"**{escaped(record['assignment']['title'])}: {record['score']:g} of {record['max_score']:g} points.**"
    ]
    lines += [f"**{escaped(text)}**" for text in (*adjustment.words, *feedback_text.alerts(record))]
    rows = [
        f"| {question['id']} | {escaped(question['title'])} | {question['outcome']} "
        f"| {question['points']:g} / {question['max_points']:g} |"
        for question in record["questions"]
        if question["max_points"]
    ]
    table = "\n".join(["| question | what | outcome | points |", "| --- | --- | --- | ---: |", *rows])
    return "\n\n".join([*lines, table, *(escaped(note) for note in record["notes"])])


def _leaderboard(record: Record, ranks: Sequence[LeaderboardColumn]) -> Iterator[dict[str, Any]]:
    """The last measured value of each task that is completely right: on fresh data, not the claimed value."""
    right = {task["id"] for task in record["tasks"] if task["outcome"] == Outcome.PASSED}
    for rank in ranks:
        found = [
            row["measured"][rank.metric]
            for row in record["training"]
            if row["run"] == rank.task and rank.metric in row["measured"] and not row["claimed"]
        ]
        if found and rank.task in right:
            yield {"name": rank.name, "value": round(found[-1], 4), "order": rank.order}


def _entry(record: Record, task: dict[str, Any], tests: list[dict[str, Any]]) -> dict[str, Any]:
    lines = [f"{feedback_text.label(word)}: {text}" for word, text in feedback_text.lines(record, task)]
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
                *(["\n".join(lines)] if lines else []),
                *(
                    []
                    if feedback_text.is_explained(task)
                    else _messages(tests, hints=feedback_text.hints_shown(record))
                ),
            ]
        ),
        "visibility": "visible",
    }


def _messages(tests: list[dict[str, Any]], *, hints: bool) -> list[str]:
    """Each message once, even if it is from several tests."""
    messages: dict[str, None] = {}
    for test in tests:
        if test["outcome"] != Outcome.PASSED:
            lines = [f"{test['outcome']}: {test['title']}", test["rationale"]]
            lines += [f"Try: {test['hint']}"] if test["hint"] and hints else []
            lines += [f"Where: {test['where']}"] if test["where"] else []
            messages["\n".join(filter(None, lines))] = None
    return list(messages)
