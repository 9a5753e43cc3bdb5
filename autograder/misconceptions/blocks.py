"""The solution blocks in a file of the reference: of which task each one is, and what it holds."""

import ast
import io
import textwrap
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.release import markers


@dataclass(frozen=True)
class Place:
    """The block of one task.

    Attributes:
        name: of its function or class.
        parameters: of the function that holds the block.
        block: where it is.
        code: what it holds, without indentation and without comments.
    """

    name: str
    parameters: tuple[str, ...]
    block: markers.Block
    code: str


@cache
def blocks_in(path: Path) -> tuple[list[str], list[Place]]:
    """The lines of a file and the blocks in it."""
    text = markers.read_text(path)
    tree = ast.parse(text)
    lines = text.split("\n")
    found = []
    for block in markers.blocks(path, text):
        owner = next((node for node in tree.body if _holds(node, block)), None)
        if isinstance(owner, ast.FunctionDef | ast.ClassDef):
            arguments = next(
                n.args for n in ast.walk(owner) if isinstance(n, ast.FunctionDef) and _holds(n, block)
            )
            names = tuple(a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))
            code = _without_comments(textwrap.dedent("\n".join(lines[block.begin : block.end - 1])))
            found.append(Place(owner.name, names, block, code))
    return lines, found


def blocks_of_tasks(manifest: Manifest) -> Iterator[tuple[str, Path, Place]]:
    """Each code task's id with its file in the reference and its block there."""
    assert manifest.staff is not None
    for name in manifest.code_tasks():
        task = manifest.tasks[name]
        path = manifest.root / manifest.staff.reference / task.file
        for place in blocks_in(path)[1]:
            if place.name == task.name:
                yield name, path, place


def _holds(node: ast.stmt, block: markers.Block) -> bool:
    return node.lineno < block.begin and block.end <= (node.end_lineno or 0) + 1


def _without_comments(code: str) -> str:
    lines: list[str | None] = list(code.split("\n"))
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = token.line[:column].rstrip() or None
    return "\n".join(line for line in lines if line is not None)
