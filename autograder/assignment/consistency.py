"""Checks of a manifest that a schema cannot express."""

from collections.abc import Iterator, Mapping
from typing import Any

from autograder.assignment.toml_lines import KeyPath


def check_consistency(raw: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Finds duplicates, needs that do not exist or form a cycle, and wrong sums and choices; each with its key path."""
    suites = {suite["name"] for suite in raw["suites"]}
    where: dict[str, KeyPath] = {}
    needs: dict[str, list[str]] = {}
    options: dict[str, list[str]] = {}
    question_ids: set[str] = set()
    points = 0.0
    for q, question in enumerate(raw["questions"]):
        if question["id"] in question_ids:
            yield ("questions", q, "id"), f"there are two questions {question['id']!r}"
        question_ids.add(question["id"])
        for t, task in enumerate(question.get("tasks", [])):
            at: KeyPath = ("questions", q, "tasks", t)
            if task["id"] in where:
                yield (*at, "id"), f"there are two tasks {task['id']!r}"
            where[task["id"]] = at
            needs[task["id"]] = task.get("needs", [])
            options[task["id"].rpartition(".")[2]] = task.get("options", [])
            points += task["points"]
            for suite in task.get("weights", {}):
                if suite not in suites:
                    yield (
                        (*at, "weights", suite),
                        f"task {task['id']!r} gives a weight to the suite {suite!r}, which does not exist",
                    )
    for task_id, wanted in needs.items():
        for need in wanted:
            if need not in where:
                yield (*where[task_id], "needs"), f"task {task_id!r} needs {need!r}, which is not a task"
    for cycle in _cycles(needs):
        yield (
            (*where[cycle[0]], "needs"),
            "tasks need each other in a cycle: " + " -> ".join((*cycle, cycle[0])),
        )
    for number, row in enumerate(raw.get("leaderboard", [])):
        if row["task"] not in where:
            yield (
                ("leaderboard", number, "task"),
                f"the leaderboard shows {row['task']!r}, which is not a task",
            )
    total = raw["assignment"]["points"]
    if abs(points - total) > 1e-9:
        yield ("assignment", "points"), f"the tasks' points add up to {points:g}, not to {total:g}"
    for key, choice in raw.get("staff", {}).get("choices", {}).items():
        if not options.get(key):
            yield ("staff", "choices", key), f"{key!r} is not an answer task with options"
        elif choice not in options[key]:
            yield (
                ("staff", "choices", key),
                f"{choice!r} is not one of the options of {key!r}: {options[key]}",
            )


def _cycles(needs: Mapping[str, list[str]]) -> Iterator[tuple[str, ...]]:
    done: set[str] = set()

    def walk(task: str, trail: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if task in trail:
            yield trail[trail.index(task) :]
        elif task not in done:
            for need in needs.get(task, []):
                yield from walk(need, (*trail, task))
            done.add(task)

    for task in needs:
        yield from walk(task, ())
