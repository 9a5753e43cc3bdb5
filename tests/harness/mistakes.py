"""A bank for the tiny homework, built entry by entry, and its kill matrix."""

from textwrap import dedent

from autograder.misconceptions import bank
from autograder.proving import difference, matrix
from autograder.proving.matrix import Trial
from tests.harness.banked import Banked

HEADER = "from autograder.misconceptions.bank import right, wrong\n"


def fill(banked: Banked, *entries: str) -> None:
    """Writes a bank with only these entries."""
    (banked.root / "mistakes/q1.py").write_text(HEADER + "\n".join(map(dedent, entries)))


def wrong(task: str, name: str, body: str, parameters: str = "x") -> str:
    lines = body.replace("\n", "\n    ")
    arguments = 'says="is wrong", hint="Why?", common="often", failure="values"'
    return f'@wrong("{task}", {arguments})\ndef {name}({parameters}):\n    {lines}\n'


def right(task: str, name: str, body: str, parameters: str = "x") -> str:
    return f'@right("{task}", says="is right")\ndef {name}({parameters}):\n    {body}\n'


def tried(banked: Banked) -> dict[str, Trial]:
    manifest = banked.loaded()
    entries = list(bank.load(manifest).values())
    look = difference.looking(manifest)
    return {t.entry.id: t for t in matrix.try_all(manifest, entries, seed=0, workers=1, look=look)}
