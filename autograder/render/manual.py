"""What is graded by hand, from many records: one table, and a page for each question.

The table has a row for each submission and question. A page has each submission with its answers, and the rubric to
tick. A record holds only what students wrote into the answer form; find their written part by name and id.
"""

import csv
import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autograder import atomic
from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Manifest, Question, Task
from autograder.errors import InputError
from autograder.record import read as stored
from autograder.record.build import Record
from autograder.release.handout import pages
from autograder.release.handout.markers import RUBRIC
from autograder.transport.text import printable

TABLE = "manual.csv"
COLUMNS = ("submission", "names", "ids", "question", "manual_points", "answer", "points", "comment")
CAP, WIDTH = 20_000, 100  # characters of one answer, and of a line of it in a page
Named = tuple[str, Record]


def export(logs: Sequence[Path], manifest: Manifest, out: Path) -> list[Path]:
    """Writes `manual.csv` and a page `<question>.md` for each question with points or texts that people judge.

    Args:
        logs: records, one for each submission.
        manifest: the assignment.
        out: folder for these files.

    Returns:
        The paths written.

    Raises:
        InputError: a log cannot be read or belongs to another assignment, or the handout's sources are wrong.
    """
    records = [(str(path), _of_assignment(path, manifest)) for path in logs]
    questions = [q for q in manifest.questions if q.manual_points or any(task.text for task in q.tasks)]
    rubrics = _rubrics(manifest)
    files = {TABLE: _table(records, questions)}
    for question in questions:
        files[f"{question.id}.md"] = _page(records, question, rubrics.get(question.id, ""))
    for name, text in files.items():
        atomic.write_text(out / name, text)
    return [out / name for name in files]


def _of_assignment(path: Path, manifest: Manifest) -> Record:
    record = stored.read(path)
    if record["assignment"]["id"] != manifest.id:
        raise InputError(
            f"{path} belongs to {record['assignment']['id']}, not to {manifest.id}: leave it out"
        )
    return record


def _answers(question: Question) -> list[Task]:
    return [task for task in question.tasks if task.kind is Kind.ANSWER]


def _table(records: Sequence[Named], questions: Sequence[Question]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for submission, record in records:
        names, ids = _who(record)
        for question in questions:
            given = {t.name: record["answers"].get(t.name, "") for t in _answers(question) if t.text}
            answer = "\n".join(
                f"{key}: {_plain(value)}" if len(given) > 1 else _plain(value) for key, value in given.items()
            )
            row = (submission, names, ids, question.id, f"{question.manual_points:g}", answer, "", "")
            writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def _page(records: Sequence[Named], question: Question, rubric: str) -> str:
    parts = [f"# {question.id}: {question.title}"]
    worth = f"{question.manual_points:g} point{'' if question.manual_points == 1 else 's'}"
    for submission, record in records:
        names, ids = _who(record)
        parts += [
            f"## {_escaped(names or 'no name')} ({_escaped(ids or 'no id')})",
            f"From {_code(submission)}",
        ]
        parts += _given(record, question)
        if question.manual_points:
            parts += [f"### Rubric, ___ of {worth}", rubric or f"- [ ] {worth}:"]
        parts += ["Comment:"]
    return "\n\n".join(parts) + "\n"


def _given(record: Record, question: Question) -> Iterator[str]:
    """What the student entered for a question. Each text is in its own block, and nothing in it can end the block."""
    short = []
    for task in _answers(question):
        value = record["answers"].get(task.name, "")
        if task.text:
            text = "\n".join(textwrap.fill(line, WIDTH) for line in (_plain(value) or "(blank)").split("\n"))
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
            yield f"`{task.name}`:\n\n{fence}text\n{text}\n{fence}"
        else:
            short.append(f"- `{task.name}`: {_code(_plain(value) or '(blank)')}")
    if short:
        yield "\n".join(short)


def _rubrics(manifest: Manifest) -> dict[str, str]:
    """The rows of the rubrics by question, to tick; empty without sources of the handout."""
    if manifest.staff is None or not manifest.staff.handout:
        return {}
    found: dict[str, str] = {}
    for page in pages.read(manifest.root / manifest.staff.handout, manifest):
        for stretch in page.segments:
            if stretch.kind == RUBRIC:
                rows = re.sub(r"^- ", "- [ ] ", stretch.text, flags=re.MULTILINE)
                found[stretch.section] = "\n".join(filter(None, (found.get(stretch.section), rows)))
    return found


def _who(record: Record) -> tuple[str, str]:
    names, ids = ("; ".join(_plain(who[key]) for who in record["who"] if who[key]) for key in ("name", "id"))
    return names, ids


def _plain(value: Any) -> str:
    """An answer as text; a list as its items."""
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return printable(text, CAP).strip()


def _cell(text: str) -> str:
    """A cell that no spreadsheet treats as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>()#|!~&])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    text = " ".join(text.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    edge = " " if "`" in text else ""
    return f"{fence}{edge}{text}{edge}{fence}"
