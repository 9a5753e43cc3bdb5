"""Submissions whose grade must not depend on the machine: the reference, and six that are not finished, slow or odd.

The same seed gives the same files.
"""

import math
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.assignment.scope import select
from autograder.misconceptions import bank, splice
from tests.harness.half_right import BLOCK

TODO = 'raise NotImplementedError("TODO({question}): not yet")'
# A table that a student computes in plain Python at import, about a second of it in each worker.
SLOW = "_TABLE = [0.0] * 1000\nfor _i in range(4_000_000):\n    _TABLE[_i % 1000] += 1.0 / (1 + _i)\n\n"
ODD = """import logging
import warnings

import torch

torch.set_num_threads(8)
torch.set_default_dtype(torch.float64)
logging.getLogger().setLevel(0)
warnings.simplefilter("always")
warnings.warn("this module has habits of its own")

"""


@dataclass(frozen=True)
class Draft:
    """A submission that is being made: what is drawn for it, from which questions, and the folder of its package."""

    manifest: Manifest
    draw: random.Random
    questions: frozenset[str]
    package: Path

    def files(self) -> list[Path]:
        """The files with code of these questions."""
        code = self.manifest.code_tasks()
        names = {
            self.manifest.tasks[task].file for task, question in code.items() if question in self.questions
        }
        return [self.package / name for name in sorted(names)]

    def blocks(self) -> list[tuple[Path, int]]:
        """Every solution block of these questions: its file, and its number in it."""
        return [
            (path, number)
            for path in sorted(self.package.rglob("*.py"))
            for number, found in enumerate(BLOCK.finditer(path.read_text(encoding="utf-8")))
            if found["question"] in self.questions
        ]

    def of_bank(self, fits: Callable[[bank.Entry], bool], share: float) -> list[bank.Entry]:
        """One entry that fits, for a share of the tasks that have one."""
        by_task: dict[str, list[bank.Entry]] = {}
        for entry in bank.load(self.manifest).values():
            if fits(entry) and self.manifest.tasks[entry.task].question in self.questions:
                by_task.setdefault(entry.task, []).append(entry)
        tasks = self.draw.sample(sorted(by_task), math.ceil(share * len(by_task)))
        return [self.draw.choice(by_task[task]) for task in tasks]

    def copy(self, entries: Sequence[bank.Entry] = ()) -> None:
        """Writes the reference, weights included, with these entries in it."""
        assert self.manifest.staff is not None
        splice.make(self.manifest, entries, self.package)
        weights = self.manifest.root / self.manifest.staff.reference / "artifacts"
        shutil.copytree(weights, self.package / "artifacts")

    def sample(self, share: float) -> list[tuple[Path, int]]:
        """A share of the blocks, one at least."""
        blocks = self.blocks()
        return self.draw.sample(blocks, math.ceil(share * len(blocks)))


def make(name: str, seed: int, manifest: Manifest, only: Sequence[str], folder: Path) -> None:
    """Writes the package of one of `SUBMISSIONS` into `folder`; what is wrong is drawn from the tasks of `only`."""
    scope = select(manifest, tuple(only), manifest.suites)
    questions = frozenset(manifest.tasks[task].question for task in scope)
    SUBMISSIONS[name](Draft(manifest, random.Random(f"{name} {seed}"), questions, folder / manifest.package))


def _mistakes(draft: Draft) -> None:
    """Every second task has a known wrong answer."""
    draft.copy(draft.of_bank(lambda entry: entry.is_wrong, share=0.5))


def _unfinished(draft: Draft) -> None:
    """Half of the blocks are not filled in."""
    draft.copy()
    _replace(dict.fromkeys(draft.sample(0.5), TODO))


def _raises(draft: Draft) -> None:
    """A quarter of the blocks raise an exception."""
    draft.copy()
    _replace(dict.fromkeys(draft.sample(0.25), 'raise ValueError("half done")'))


def _hangs(draft: Draft) -> None:
    """One block computes without end, and another one, where there is one, sleeps."""
    draft.copy()
    blocks = draft.sample(1.0)[:2]
    _replace(dict(zip(blocks, ("while True:\n    pass", "import time\ntime.sleep(1e6)"), strict=False)))


def _slow(draft: Draft) -> None:
    """Right answers in Python loops, one a task where the bank knows one, and a slow import."""
    draft.copy(draft.of_bank(lambda entry: not entry.is_wrong and "for " in entry.body, share=1.0))
    _on_top(draft.draw.choice(draft.files()), SLOW)


def _odd(draft: Draft) -> None:
    """Right, and changes what it shares with other code in its process at import."""
    draft.copy()
    _on_top(draft.draw.choice(draft.files()), ODD)


SUBMISSIONS: dict[str, Callable[[Draft], None]] = {
    "reference": Draft.copy,
    "mistakes": _mistakes,
    "unfinished": _unfinished,
    "raises": _raises,
    "hangs": _hangs,
    "slow": _slow,
    "odd": _odd,
}


def _replace(bodies: dict[tuple[Path, int], str]) -> None:
    """Puts other bodies in place of blocks; "{question}" in one stands for the block's question."""
    for path in {path for path, _ in bodies}:
        text = path.read_text(encoding="utf-8")
        for number, found in reversed(
            list(enumerate(BLOCK.finditer(text)))
        ):  # so that earlier places stay valid
            if (path, number) in bodies:
                lines = bodies[path, number].format(question=found["question"]).splitlines()
                body = "".join(f"{found['indent']}{line}\n" for line in lines)
                text = text[: found.start()] + body + text[found.end() :]
        path.write_text(text, encoding="utf-8")


def _on_top(path: Path, text: str) -> None:
    path.write_text(text + path.read_text(encoding="utf-8"), encoding="utf-8")
