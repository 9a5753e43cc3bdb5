"""Blanks one TOML file: values between solution markers become "", and everything else stays the same."""

import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from autograder.assignment.toml_lines import statements
from autograder.release.cut import check_question
from autograder.release.markers import Block, StubError, blocks, read_text

_KEY = re.compile(r"""((?:[A-Za-z0-9_.-]|"[^"\n]*"|'[^'\n]*')+)\s*=""")


def blank_toml(path: Path, questions: Collection[str] | None = None) -> str:
    """The same TOML with an empty string for every value between markers.

    Args:
        path: the file.
        questions: ids that a marker may name; None for any id.

    Raises:
        StubError: a marker is wrong, a block contains anything but `key = value`, or the file is not TOML.
    """
    text = read_text(path)
    before = _parse(path, 0, text)
    lines = text.split("\n")
    for block in reversed(blocks(path, text)):
        if questions is not None:
            check_question(path, block, questions)
        pad = " " * block.column
        keys = _keys(path, block, "\n".join(lines[block.begin : block.end - 1]))
        blank = [f'{pad}{key} = ""  # TODO({block.question})' for key in keys]
        lines[block.begin - 1 : block.end] = [*(pad + hint for hint in block.hints), *blank]
    result = "\n".join(lines)
    if not _same_but_blank(before, _parse(path, 0, result)):
        raise StubError(path, 0, "blanking it would change more than the values between the markers")
    return result


def _parse(path: Path, line: int, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StubError(path, line, f"is not TOML: {error}") from None


def _keys(path: Path, block: Block, text: str) -> list[str]:
    """The keys of a block's `key = value` statements. A statement may have several lines."""
    keys: list[str] = []
    for statement in statements(text):
        if statement.values is None:
            keys.clear()
            break
        if statement.values:
            key = _KEY.match(statement.text.lstrip())
            if key is None:
                what = f"a block may contain only `key = value`, not `{statement.text.strip()}`"
                raise StubError(path, block.begin, what)
            keys.append(key[1])
    if not keys:
        raise StubError(path, block.begin, "a block contains complete `key = value` statements, at least one")
    return keys


def _same_but_blank(before: Any, after: Any) -> bool:
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(
            _same_but_blank(before[key], after[key]) for key in before
        )
    return bool(after == "" or after == before or (after != after and before != before))
