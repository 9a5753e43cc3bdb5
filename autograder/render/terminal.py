"""What `make test` and `make grade` print: a table by question, then each failure with what, try and where."""

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.outcomes import SEVERITY, Outcome
from autograder.record.build import Record
from autograder.render import feedback_text

_LISTED = {
    Outcome.TODO: "not filled in yet: write the body there and delete its `raise` line, or answer in answers.toml",
    Outcome.BLOCKED: "something else must be finished first",
    Outcome.HARNESS: "not graded, or only in part; the reason is below",
}
STYLES = {"good": "green", "bad": "red", "todo": "cyan", "ours": "bold magenta"}


def show(record: Record, console: Console, *, points: bool, package: str, table: bool = True) -> None:
    """Prints a record.

    Args:
        record: as `record.build` returns it.
        console: where to print.
        points: whether points are shown (without the hidden tests, points mean little).
        package: shown before file names, so that a terminal can link them.
        table: whether to print the table by question.
    """
    if table:
        console.print(_table(record, points))
    tests = {test["id"]: test for test in record["tests"]}
    unfinished = {outcome: [t for t in record["tasks"] if t["outcome"] == outcome] for outcome in _LISTED}
    for task in record["tasks"]:
        if task["outcome"] not in (Outcome.PASSED, *_LISTED):
            _show_task(record, task, [tests[name] for name in task["tests"]], console, package)
    for outcome, tasks in unfinished.items():
        if tasks:
            _list_tasks(
                outcome, [(task, [tests[name] for name in task["tests"]]) for task in tasks], console, package
            )
    for note in record["notes"]:
        console.print(Text(f"note: {note}", style="yellow"))
    for fault in record["faults"]:
        console.print(Text(f"HARNESS (our own fault, not the submission's): {fault}", style="bold magenta"))
    console.print(_last_line(record, points))


def _table(record: Record, points: bool) -> Table:
    table = Table(title=record["assignment"]["title"], title_justify="left", header_style="bold")
    table.add_column("question")
    table.add_column("what", overflow="fold")
    table.add_column("tests", justify="right")
    table.add_column("outcome")
    if points:
        table.add_column("points", justify="right")
    outcomes = {test["id"]: test["outcome"] for test in record["tests"]}
    for question in record["questions"]:
        names = [
            name for task in record["tasks"] if task["question"] == question["id"] for name in task["tests"]
        ]
        counts = Counter(outcomes[name] for name in names)
        ends = ", ".join(f"{counts[o]} {o}" for o in reversed(SEVERITY) if counts[o]) if names else "no tests"
        style = STYLES[Outcome(question["outcome"]).tone]
        row = [
            question["id"],
            question["title"],
            f"{counts[Outcome.PASSED]}/{len(names)}",
            Text(ends, style=style),
        ]
        table.add_row(*row, *([f"{question['points']:g}/{question['max_points']:g}"] if points else []))
    return table


def _list_tasks(
    outcome: Outcome, tasks: list[tuple[dict[str, Any], list[dict[str, Any]]]], console: Console, package: str
) -> None:
    """Tasks of which there is nothing to say but this, one line each."""
    console.print(
        Text.assemble(("\n" + outcome, f"bold {STYLES[outcome.tone]}"), f" {_LISTED[outcome]}"),
        soft_wrap=True,
    )
    for task, tests in tasks:
        detail = ""
        if outcome is Outcome.TODO:
            detail = _place(tests[0]["where"], package)
        elif outcome is Outcome.BLOCKED:
            detail = tests[0]["rationale"].removeprefix(f"{task['id']} ")
        console.print(
            Text.assemble(f"  {task['question']:<4} ", (task["id"], "bold"), f"  {detail}"), soft_wrap=True
        )


def _show_task(
    record: Record, task: dict[str, Any], tests: list[dict[str, Any]], console: Console, package: str
) -> None:
    """What is wrong with one task, then its failures; equal messages are shown once."""
    console.print()
    style = STYLES[Outcome(task["outcome"]).tone]
    console.print(
        Text.assemble((task["outcome"], f"bold {style}"), " ", (task["id"], "bold"), f" ({task['question']})")
    )
    for word, text in feedback_text.lines(record, task):
        console.print(Text.assemble((f"  {word:<7}", "bold"), text), soft_wrap=True)
    if feedback_text.is_explained(task):
        return
    seen: set[tuple[str, str]] = set()
    for test in tests:
        key = (test["rationale"], test["hint"])
        if test["outcome"] == Outcome.PASSED or key in seen:
            continue
        seen.add(key)
        if test["outcome"] not in (Outcome.TODO, Outcome.BLOCKED):
            console.print(Text(f"  {test['title']}", style="italic"))
        for name, text in (
            ("what", test["rationale"]),
            ("try", test["hint"] if feedback_text.hints_shown(record) else ""),
            ("where", _place(test["where"], package)),
        ):
            if text:
                console.print(Text.assemble((f"  {name:<7}", "dim"), text), soft_wrap=True)
        if test["output"].strip():
            console.print(Text.assemble(("  printed ", "dim"), test["output"].strip()), soft_wrap=True)


def _place(where: str, package: str) -> str:
    return f"{package}/{where}" if where and package else where


def _last_line(record: Record, points: bool) -> Text:
    passed = sum(test["outcome"] == Outcome.PASSED for test in record["tests"])
    text = f"\n{passed} of {len(record['tests'])} tests passed in {record['seconds']:.1f} s"
    if points:
        text += f"; score {record['score']:g} of {record['max_score']:g}; isolation: {record['isolation']['mode']}"
    if not record["complete"]:
        text += "; INCOMPLETE: grade it again"
    return Text(text, style="bold")
