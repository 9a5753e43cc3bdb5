"""Makes a submission of the reference and entries of the bank: each body in place of its task's solution block."""

import shutil
import textwrap
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.misconceptions.bank import BankError, Entry
from autograder.misconceptions.blocks import blocks_in


def make(manifest: Manifest, entries: Iterable[Entry], target: Path) -> Path:
    """Copies the reference's sources to `target` with these entries in it, one a task at most.

    Returns:
        The folder of the package.

    Raises:
        BankError: two entries are of one task, or one does not fit its task's block.
    """
    assert manifest.staff is not None
    reference = manifest.root / manifest.staff.reference
    shutil.copytree(reference, target, ignore=shutil.ignore_patterns("__pycache__", "artifacts"))
    by_file: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_file[manifest.tasks[entry.task].file].append(entry)
    for file, mine in by_file.items():
        (target / file).write_text(spliced(reference / file, mine, manifest), encoding="utf-8")
    return target


def spliced(path: Path, entries: list[Entry], manifest: Manifest) -> str:
    """The text of one file of the reference with these entries in it."""
    lines, places = blocks_in(path)
    lines = list(lines)
    named = {manifest.tasks[entry.task].name: entry for entry in entries}
    if len(named) != len(entries):
        raise BankError(f"{path}: two entries of one task: {', '.join(entry.id for entry in entries)}")
    if missing := named.keys() - {place.name for place in places}:
        raise BankError(f"{path}: has no block for {', '.join(missing)}")
    for place in reversed(places):
        entry = named.get(place.name)
        if entry is None:
            continue
        if entry.parameters != place.parameters:
            raise BankError(f"{entry.where}: its parameters have to be ({', '.join(place.parameters)})")
        body = textwrap.indent(entry.body, " " * place.block.column)
        lines[place.block.begin - 1 : place.block.end] = body.split("\n")
    return "\n".join(lines)
