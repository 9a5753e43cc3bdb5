"""What the page shows of a record: only what the student may see."""

from typing import Any

from autograder.outcomes import Outcome
from autograder.record.build import Record
from autograder.render import feedback_text
from autograder.render.report import training
from autograder.render.report.values import NAME, finite, first_items, points, rounded, text, texts

ROWS = 200  # of a table whose length depends on the submission


def view(record: Record) -> dict[str, Any]:
    """The variables of the template: texts and numbers, never the record itself."""
    record = {"attempt": 1, "hints_from_attempt": 1, "artifacts": [], "graded_by": {}, **record}
    tests = {test["id"]: test for test in record["tests"]}
    questions = _questions(record, tests)
    return {
        "title": text(record["assignment"]["title"], NAME),
        "who": first_items([texts([(person["name"], person["id"])])[0] for person in record["who"]], ROWS),
        "score": points(record["score"]),
        "max_score": points(record["max_score"]),
        "passed": sum(test["outcome"] == Outcome.PASSED for test in record["tests"]),
        "count": len(record["tests"]),
        "manual": points(sum(finite(question["manual_points"]) or 0.0 for question in record["questions"])),
        "alerts": list(_alerts(record)),
        "notes": first_items([text(note) for note in record["notes"]], ROWS),
        "questions": questions,
        "training": training.rows(record, tests),
        "artifacts": training.artifacts(record),
        "answers": first_items(texts(record["answers"].items()), ROWS),
        "isolation": record["isolation"]["mode"],
        "layers": text(", ".join(record["isolation"]["layers"])),
        "promises": texts(record["isolation"]["promises"].items()),
        "facts": _facts(record),
        "environment": texts(record["environment"].items()),
        "graded_by": texts(record["graded_by"].items()),
        "sources": first_items(texts(record["sources"].items()), 5 * ROWS),
        "badges": {str(outcome): (outcome.tone, outcome.mark) for outcome in Outcome},
    }


def _alerts(record: Record) -> list[str]:
    """What must be read before the score."""
    found = feedback_text.alerts(record)
    if not record["scope"]["whole"]:
        suites = text(", ".join(record["scope"]["suites"]))
        found.append(
            f"Only a part of the assignment was graded (tests: {suites}); the score counts that part only."
        )
    return found


def _questions(record: Record, tests: dict[str, Any]) -> list[dict[str, Any]]:
    named = [question["id"] for question in record["questions"]]
    strange = dict.fromkeys(task["question"] for task in record["tasks"] if task["question"] not in named)
    unknown = {"title": "", "outcome": Outcome.HARNESS, "points": 0, "max_points": 0, "manual_points": 0}
    record = {**record, "questions": record["questions"] + [{**unknown, "id": name} for name in strange]}
    return [
        {
            "name": text(question["id"], NAME),
            "title": text(question["title"], NAME),
            "outcome": question["outcome"],
            "points": rounded(question["points"]),
            "max_points": rounded(question["max_points"]),
            "manual": points(question["manual_points"]) if question["manual_points"] else "",
            "tasks": _tasks(
                record, [task for task in record["tasks"] if task["question"] == question["id"]], tests
            ),
        }
        for question in record["questions"]
    ]


def _tasks(record: Record, tasks: list[dict[str, Any]], tests: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks of one question; if unfinished tasks have the same hint, only the first one shows it."""
    found = [_task(record, task, tests) for task in tasks]
    given: set[str] = set()
    for message in (message for task in found for message in task["messages"] if message["waits"]):
        hint = message["hint"]
        message["hint"] = "" if hint in given else hint
        given.add(hint)
    return found


def _task(record: Record, task: dict[str, Any], tests: dict[str, Any]) -> dict[str, Any]:
    mine = [tests[name] for name in task["tests"] if name in tests]
    known = {key: finite(task[key]) or 0.0 for key in ("points", "max_points")}
    passed = sum(test["outcome"] == Outcome.PASSED for test in mine)
    return {
        "name": text(task["id"], NAME),
        "outcome": task["outcome"],
        "points": rounded(task["points"]),
        "max_points": rounded(task["max_points"]),
        "tests": f"{passed} of {len(mine)} tests passed" if mine else "no tests",
        "about": [
            (feedback_text.label(word), text(line))
            for word, line in feedback_text.lines(record, {**task, **known})
        ],
        "messages": []
        if feedback_text.is_explained(task)
        else _messages(mine, hints=feedback_text.hints_shown(record)),
    }


def _messages(tests: list[dict[str, Any]], *, hints: bool) -> list[dict[str, Any]]:
    """Each message once, even if it is from several tests; for unfinished tasks without the title of the test."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for test in tests:
        if test["outcome"] == Outcome.PASSED:
            continue
        waits = test["outcome"] in (Outcome.TODO, Outcome.BLOCKED)
        message = {
            "waits": waits,
            "outcome": test["outcome"],
            "title": "" if waits else text(test["title"]),
            "rationale": text(test["rationale"]),
            "hint": text(test["hint"]) if hints else "",
            "where": "" if test["where"] in test["rationale"] else text(test["where"], NAME),
        }
        found.setdefault(tuple(message.values()), message)
    return list(found.values())


def _facts(record: Record) -> list[tuple[str, str]]:
    started = record["started"].replace("T", " ").replace("+00:00", " UTC")
    return texts(
        [
            ("started", started),
            ("took", f"{finite(record['seconds']) or 0:.0f} s"),
            ("tests", record["scope"]["suites"]),
            ("attempt", str(record["attempt"])),
            ("seed", str(record["seed"])),
            ("device", record["device"]),
        ]
    )
