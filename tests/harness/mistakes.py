"""A bank for the tiny homework, built entry by entry, and its kill matrix."""

from textwrap import dedent

from autograder.misconceptions import bank
from autograder.proving import difference, matrix
from autograder.proving.matrix import Trial
from tests.harness.banked import Banked

HEADER = "from autograder.misconceptions.writing import base, edit, hint, right, wrong\n"


def fill(banked: Banked, *entries: str) -> None:
    """The bank holds these entries alone."""
    write(banked, "q1.py", "\n".join(map(dedent, entries)))


def write(banked: Banked, file: str, text: str) -> None:
    """This file of the bank holds this text below the import."""
    (banked.root / "mistakes" / file).write_text(HEADER + dedent(text))


def wrong(task: str, name: str, body: str, parameters: str = "x") -> str:
    lines = body.replace("\n", "\n    ")
    told = '@wrong("is wrong", often="values")\n@hint("Why?")'
    return f'TASK = "{task}"\n{told}\ndef {name}({parameters}):\n    {lines}\n'


def right(task: str, name: str, body: str, parameters: str = "x") -> str:
    return f'TASK = "{task}"\n@right("is right")\ndef {name}({parameters}):\n    {body}\n'


def tried(banked: Banked) -> dict[str, Trial]:
    manifest = banked.loaded()
    entries = list(bank.load(manifest).values())
    look = difference.finder(manifest)
    return {t.entry.id: t for t in matrix.try_all(manifest, entries, seed=0, workers=1, look=look)}
