"""A bank for the tiny homework, written entry by entry, and what the matrix makes of it."""

from textwrap import dedent

from autograder.misconceptions import bank
from autograder.proving import difference, matrix
from autograder.proving.matrix import Trial
from tests.harness.banked import Banked

HEADER = "from autograder.misconceptions.bank import right, wrong\n"


def fill(banked: Banked, *entries: str) -> None:
    """The bank holds these entries alone."""
    (banked.root / "mistakes/q1.py").write_text(HEADER + "\n".join(map(dedent, entries)))


def wrong(task: str, name: str, body: str, parameters: str = "x") -> str:
    lines = body.replace("\n", "\n    ")
    told = 'says="is wrong", hint="Why?", common="often", failure="values"'
    return f'@wrong("{task}", {told})\ndef {name}({parameters}):\n    {lines}\n'


def right(task: str, name: str, body: str, parameters: str = "x") -> str:
    return f'@right("{task}", says="is right")\ndef {name}({parameters}):\n    {body}\n'


def tried(banked: Banked) -> dict[str, Trial]:
    manifest = banked.loaded()
    entries = list(bank.load(manifest).values())
    look = difference.finder(manifest)
    return {t.entry.id: t for t in matrix.try_all(manifest, entries, seed=0, workers=1, look=look)}
