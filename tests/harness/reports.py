"""Sample records for the page: a submission that got some things right, with training, weights and hostile texts."""

from typing import Any

from tests.harness.training_reports import artifact, training_row

ATTACK = """</style></script></title>--><script>alert(1)</script><img src=x onerror=alert(1)>'"&{{7*7}}`"""


def record(**changes: Any) -> dict[str, Any]:
    """A record with every kind of content; `changes` replaces whole keys of it."""
    tests = [
        result("maths.double", 1, "PASSED"),
        result(
            "maths.double",
            2,
            "FAILED",
            "the result is wrong at index [0]: expected 6, got 9",
            "Add it to itself.",
        ),
        result(
            "maths.double",
            3,
            "FAILED",
            "it runs, and some of its values are wrong",
            "What is x + x?",
            suite="hidden",
        ),
        result("maths.quadruple", 1, "FAILED", "misleading, since maths.double is wrong", "No hint of use."),
        result(
            "maths.power",
            1,
            "TODO",
            "maths.power is not filled in yet",
            "Write the body there.",
            "maths.py:12",
        ),
        result("maths.root", 1, "BLOCKED", "maths.root calls maths.power, which is not filled in yet"),
        result(
            "maths.log",
            1,
            "CRASHED",
            "the code raised NameError",
            "Look at maths.py:31, in log: lgo(x)",
            "maths.py:31",
        ),
        result("runs.curve", 1, "PASSED"),
        result(
            "artifacts.net",
            1,
            "FAILED",
            "accuracy is claimed to be 0.97; the weights reach 0.93",
            "Were they changed?",
        ),
        result("answers.colour", 1, "TIMEOUT", "the code took more than 5 s", ""),
    ]
    found = {
        "schema_version": "1.0",
        "assignment": {"id": "mini", "title": "A tiny homework: multiples, powers and a net"},
        "who": [{"name": "Ada Lovelace", "id": "1815"}, {"name": "", "id": "1852"}],
        "started": "2026-11-24T18:47:35+00:00",
        "seconds": 12.34,
        "complete": True,
        "score": 11.5,
        "max_score": 20,
        "scope": {"suites": ["public", "hidden", "smoke"], "whole": True},
        "questions": [
            question("q1", "Multiples", "FAILED", 5.5, 8, 3),
            question("q2", "Powers, roots and logarithms", "TODO", 0, 5, 0),
            question("q3", "A net", "FAILED", 6, 7, 2),
            question("q4", "A proof", "HARNESS", 0, 0, 4),
        ],
        "tasks": [
            task(
                "maths.double",
                "q1",
                "FAILED",
                1.5,
                4,
                tests,
                told("triples", "Count the summands.", known="triple"),
            ),
            task(
                "maths.quadruple",
                "q1",
                "FAILED",
                4,
                5,
                tests,
                told("", "", upstream=["maths.double"], credit=4),
            ),
            task("maths.power", "q2", "TODO", 0, 2, tests),
            task("maths.root", "q2", "BLOCKED", 0, 2, tests),
            task("maths.log", "q2", "CRASHED", 0, 1, tests),
            task("runs.curve", "q3", "PASSED", 3, 3, tests, kind="run"),
            task("artifacts.net", "q3", "FAILED", 2, 3, tests, kind="artifact"),
            task("answers.colour", "q3", "TIMEOUT", 1, 1, tests, kind="answer"),
        ],
        "tests": tests,
        "environment": {"python": "3.11.7", "torch": "2.15.0", "device": "cpu"},
        "isolation": {
            "mode": "isolated",
            "layers": ["mount namespace", "seccomp"],
            "promises": {"secrets": "holds", "network": "holds"},
        },
        "graded_by": {"version": "1.0.0", "grader": "ab" * 32, "tests": "cd" * 32},
        "seed": 12345,
        "device": "cpu",
        "answers": {"names": ["Ada Lovelace"], "colour": "blue", "hours": 12, "nested": {"a": [1, 2]}},
        "training": [
            training_row(),
            {**training_row(), "run": "artifacts.net", "test": "artifacts.net::1", "outcome": "FAILED"},
        ],
        "artifacts": [
            artifact("net", 51_234, card={"accuracy": 0.97}),
            artifact(
                "other",
                2_400_000,
                problem="other.safetensors is not the file that other.json was written for",
            ),
        ],
        "sources": {"maths.py": "0123456789abcdef" * 4, "answers.toml": "fedcba9876543210" * 4},
        "attempt": 2,
        "hints_from_attempt": 1,
        "notes": ["left out: notes.txt (this kind of file is not taken)"],
        "faults": [],
    }
    return found | changes


def result(
    task: str, place: int, outcome: str, rationale="", hint="", where="", suite="public"
) -> dict[str, Any]:
    return {
        "id": f"{task}::{place}",
        "task": task,
        "suite": suite,
        "title": f"a hidden test of {task}" if suite == "hidden" else f"What {task} does, case {place}.",
        "outcome": outcome,
        "weight": 1.0,
        "seconds": 0.01,
        "rationale": rationale,
        "hint": hint,
        "where": where,
        "detail": f"SECRET detail of {task}",
        "output": f"SECRET output of {task}",
        "metrics": {"SECRET metric": 1},
    }


def task(name, question, outcome, points, most, tests, feedback=None, kind="code") -> dict[str, Any]:
    found = {
        "id": name,
        "question": question,
        "kind": kind,
        "outcome": outcome,
        "points": points,
        "max_points": most,
    }
    found["tests"] = [test["id"] for test in tests if test["task"] == name]
    return found | ({"feedback": feedback} if feedback else {})


def told(says: str, hint: str, known: str = "", upstream=(), credit: float = 0) -> dict[str, Any]:
    return {
        "failure": "values",
        "says": says,
        "hint": hint,
        "misconception": known,
        "upstream": list(upstream),
        "right_otherwise": bool(upstream),
        "credit": credit,
    }


def question(name, title, outcome, points, most, manual) -> dict[str, Any]:
    numbers = {"points": points, "max_points": most, "manual_points": manual}
    return {"id": name, "title": title, "outcome": outcome, **numbers}


def todo() -> dict[str, Any]:
    tests = [
        {**test, "outcome": "TODO", "rationale": "not filled in yet", "hint": "Fill in."}
        for test in record()["tests"]
    ]
    tasks = [{**task, "outcome": "TODO", "points": 0} for task in record()["tasks"]]
    tasks = [{key: value for key, value in task.items() if key != "feedback"} for task in tasks]
    rows = [
        {**training_row(), "outcome": "TODO", "measured": {}, "claimed": {}, "curves": [], "pictures": []}
    ]
    return record(tests=tests, tasks=tasks, training=rows, score=0, who=[], answers={}, artifacts=[])


ENUMS = {"outcome", "kind", "mode", "pixels", "task", "tests", "test", "run", "question", "id"}


def attacked(value: Any, key: str = "") -> Any:
    """The record with every text in it, and every name that is free, an attack."""
    if isinstance(value, dict):
        free = key in (
            "answers",
            "budget",
            "measured",
            "claimed",
            "lines",
            "metrics",
            "promises",
            "environment",
            "sources",
        )
        return {(ATTACK if free else "") + name: attacked(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [attacked(item, key) for item in value]
    return ATTACK if isinstance(value, str) and key not in ENUMS else value
