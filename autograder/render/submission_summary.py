"""What `make submit` prints about the file it wrote: what it contains, what is missing, what gets no points."""

from collections.abc import Iterator, Mapping, Sized
from pathlib import Path

import safetensors.torch
from rich.console import Console
from rich.table import Table
from rich.text import Text
from safetensors import SafetensorError

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Manifest
from autograder.errors import Unanswered
from autograder.outcomes import Outcome
from autograder.record.build import Record
from autograder.record.hand_in import Collected, Written
from autograder.render.file_size import file_size
from autograder.submission import answers
from autograder.submission.reader.names import listed, shown

Row = tuple[str, str]


def show(own: Record, taken: Collected, written: Written, manifest: Manifest, console: Console) -> None:
    """Prints the summary, and which file to upload.

    Args:
        own: the record of the student's own run.
        taken: the files that are included, and the notes about the others.
        written: the paths of the written files.
        manifest: the assignment.
        console: where to print.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    before = ""
    for heading, text in lines(own, taken, manifest):
        table.add_row("" if heading == before else heading, Text(text))
        before = heading
    console.print()
    console.print(table)
    console.print(Text(_last(written), style="bold"))


def lines(own: Record, taken: Collected, manifest: Manifest) -> Iterator[Row]:
    """Each line with its heading: "included", "missing", "no points" or "not run"."""
    for what in _included(own, taken.files, manifest):
        yield "included", what
    for what in _missing(own, taken.files, manifest):
        yield "missing", what
    for what in _without_points(own, taken):
        yield "no points", what
    others = [suite.name for suite in manifest.suites if suite.name not in own["scope"]["suites"]]
    if others:
        yield "not run", f"{', '.join(others)}: these tests run when the submission is graded"


def _included(own: Record, files: Mapping[str, bytes], manifest: Manifest) -> Iterator[str]:
    sources = [data for path, data in files.items() if path.endswith(".py")]
    yield f"{_number(sources, 'source')} ({file_size(sum(map(len, sources)))})"
    names = _answer_names(manifest)
    if names:
        yield f"{len(names) - len(_blank(own, manifest))} of {_number(names, 'answer')}"
    for path, data in files.items():
        if not path.endswith(".py") and path != answers.FILE:
            precision = f", {_precision(data)}" if path.endswith(".safetensors") else ""
            yield f"{shown(path)} ({file_size(len(data))}{precision})"


def _missing(own: Record, files: Mapping[str, bytes], manifest: Manifest) -> Iterator[str]:
    todo = [t["id"] for t in own["tasks"] if t["outcome"] == Outcome.TODO and t["kind"] == "code"]
    if todo:
        yield f"{_number(todo, 'task')} still TODO: {listed(todo)}"
    blank = _blank(own, manifest)
    if blank:
        yield f"{_number(blank, 'answer')} still blank in {answers.FILE}: {listed(blank)}"
    if not own["who"]:
        yield f"who you are: `names` and `student_ids` in {answers.FILE}"
    for task in manifest.tasks.values():
        if task.kind is Kind.ARTIFACT and task.file not in files:
            yield f"{task.file}" + (f": `{task.command}` creates it" if task.command else "")


def _without_points(own: Record, taken: Collected) -> Iterator[str]:
    for outcome in Outcome:
        failed = [t["id"] for t in own["tasks"] if t["outcome"] == outcome]
        if failed and outcome not in (Outcome.PASSED, Outcome.TODO, Outcome.HARNESS):
            part = "" if outcome is Outcome.BLOCKED else ", completely or partly"
            yield f"{_number(failed, 'task')} {outcome}{part}: {listed(failed)}"
    for artifact in own.get("artifacts", []):
        if artifact["problem"]:
            yield f"{shown(artifact['file'])}: {artifact['problem']}"
    yield from taken.notes


def _answer_names(manifest: Manifest) -> list[str]:
    return [task.name for task in manifest.tasks.values() if task.kind is Kind.ANSWER]


def _blank(own: Record, manifest: Manifest) -> list[str]:
    form = answers.Answers(own["answers"])
    found = []
    for key in _answer_names(manifest):
        try:
            form.get(key)
        except Unanswered:
            found.append(key)
    return found


def _number(things: Sized, name: str) -> str:
    return f"{len(things)} {name}{'s' * (len(things) != 1)}"


def _precision(data: bytes) -> str:
    """The dtypes of the tensors in a safetensors file."""
    try:
        tensors = safetensors.torch.load(data)
    except SafetensorError:
        return "not a readable safetensors file"
    kinds = sorted({str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values()})
    return " and ".join(kinds) or "empty"


def _last(written: Written) -> str:
    text = "".join(f"\nthe older {_renamed(path)} is kept as {path.name}" for path in written.kept)
    log = f"{written.log.name} ({file_size(written.log.stat().st_size)})"
    if written.zip is None:
        return f"{text}\nwritten: {log}; upload {written.log.name}"
    packed = f"{written.zip.name} ({file_size(written.zip.stat().st_size)})"
    upload = f"upload {written.zip.name}, which contains the same files and is smaller"
    return f"{text}\nwritten: {log} and {packed}; {upload}"


def _renamed(kept: Path) -> str:
    return kept.name.split(".")[0] + kept.suffix
