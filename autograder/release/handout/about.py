"""What the manifest says about a question, in Markdown: its points, what to fill in where, and how to try it."""

from collections import defaultdict
from collections.abc import Iterator

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Manifest, Question, Task
from autograder.assignment.scope import chapter_of


def label(question: str) -> str:
    """The name of a question in the handout: 1(d) for q1d, 5 for q5."""
    chapter = chapter_of(question)
    part = question.removeprefix(chapter)
    return chapter.removeprefix("q") + (f"({part})" if part else "")


def chapter(name: str, manifest: Manifest, notebook: str) -> str:
    """The lines below a chapter's heading: the points of its questions, and its notebook."""
    questions = [question for question in manifest.questions if chapter_of(question.id) == name]
    tests, hand = sum(q.points for q in questions), sum(q.manual_points for q in questions)
    rows = [("Points", _points(tests, hand)), ("Notebook", f"`notebooks/{notebook}`" if notebook else "")]
    return _box(rows)


def question(question: Question, manifest: Manifest) -> str:
    """The lines below a question's heading."""
    package, tasks = manifest.package, question.tasks
    code = [task for task in tasks if task.kind is Kind.CODE]
    rows = [("Points", _points(question.points, question.manual_points))]
    if code:
        rows += [("Fill in", file) for file in _functions(package, code)] + [
            ("Try", f"`make test Q={question.id}`")
        ]
    answers = [task for task in tasks if task.kind is Kind.ANSWER]
    if answers:
        rows += [("Answer", f"`{package}/{answers[0].file}`: {', '.join(map(_answer, answers))}")]
    for task in tasks:
        if task.kind is Kind.RUN:
            rows += [
                (
                    "Training",
                    f"the grader trains with your functions for a short while, {points(task.points)}",
                )
            ]
        elif task.kind is Kind.ARTIFACT:
            made = f"`{task.command}` leaves them in `{package}/{task.file}`" if task.command else ""
            rows += [("Weights", f"{made}; the grader measures them itself, {points(task.points)}")]
    return _box(rows)


def table(manifest: Manifest) -> str:
    """A table of all questions with their points, and the sums."""
    lines = ["| | question | by the tests | by hand |", "|:--|:----------------|------:|----:|"]
    for row in manifest.questions:
        hand = f"{row.manual_points:g}" if row.manual_points else ""
        lines.append(f"| [{label(row.id)}](#{row.id}) | {row.title} | {row.points:g} | {hand} |")
    hand_sum = sum(row.manual_points for row in manifest.questions)
    lines.append(f"| | **all** | **{manifest.points:g}** | **{hand_sum:g}** |")
    return "\n".join(lines)


def points(value: float) -> str:
    """An amount of points in words: 1 point, 1.5 points."""
    return f"{value:g} point{'' if value == 1 else 's'}"


def _points(tests: float, hand: float) -> str:
    parts = [f"{tests:g} by the tests" if tests else "", f"{hand:g} by hand" if hand else ""]
    return ", ".join(filter(None, parts)) or "none"


def _functions(package: str, tasks: list[Task]) -> Iterator[str]:
    by_file: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        by_file[task.file].append(f"`{task.name}`")
    for file, names in by_file.items():
        yield f"`{package}/{file}`: {', '.join(names)}"


def _answer(task: Task) -> str:
    return f"`{task.name}`" + (" (one of the choices there)" if task.options else "")


def _box(rows: list[tuple[str, str]]) -> str:
    lines = [f"- **{head}** {text}" for head, text in rows if text]
    return "\n".join(["::: about", *lines, ":::"])
