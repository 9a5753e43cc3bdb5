"""Finds answers in texts that students read: runs of words that stand in solution blocks and nowhere in the stubs."""

import re
from pathlib import Path

from autograder.release.markers import blocks

LENGTH, WORDS = (
    8,
    4,
)  # words and signs in a row, and words among them: what is shorter is an idiom of Python's
_WORD = re.compile(r"\w+|[^\w\s]")


def runs(text: str) -> set[tuple[str, ...]]:
    """All runs of `LENGTH` with `WORDS` words in them; how they are spaced and cut into lines does not matter."""
    tokens = _WORD.findall(text)
    found = (tuple(tokens[i : i + LENGTH]) for i in range(len(tokens) - LENGTH + 1))
    return {run for run in found if sum(token[0].isalnum() for token in run) >= WORDS}


def secret(solutions: Path, student: Path) -> set[tuple[str, ...]]:
    """The runs of every solution block, without those that students have anyway."""
    found: set[tuple[str, ...]] = set()
    for path in sources(solutions):
        text = path.read_text(encoding="utf-8")
        lines = text.split("\n")
        for block in blocks(path, text):
            found |= runs("\n".join(lines[block.begin : block.end - 1]))
    for path in sources(student):
        found -= runs(path.read_text(encoding="utf-8"))
    return found


def sources(package: Path) -> list[Path]:
    """The files of a package that may hold markers."""
    return sorted([*package.rglob("*.py"), *package.glob("*.toml")])
