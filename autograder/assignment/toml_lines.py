"""Splits a TOML text into its statements and finds the line of a key. `tomllib` reports neither.

The reader of submissions imports this too, so it needs the standard library only.
"""

import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Statement:
    """One statement of a TOML text; an empty line or a comment is a statement without values.

    Attributes:
        line: the line (1-based) on which it begins.
        end: its last line.
        text: of the statement.
        values: what the statement says on its own; None if the statement never ends.
    """

    line: int
    end: int
    text: str
    values: dict[str, Any] | None


def statements(text: str, *, max_work: float = math.inf) -> Iterator[Statement]:
    """Splits a text into statements: each is the shortest run of lines that is valid TOML on its own.

    Args:
        text: of the file.
        max_work: how many characters are parsed at most.

    Yields:
        The statements in order. The rest of the text comes last, without values, if it is not a complete statement or
        if the work is used up.
    """
    lines, start, work = text.split("\n"), 0, 0
    for end in range(1, len(lines) + 1):
        statement = "\n".join(lines[start:end]) + "\n"
        work += len(statement)
        if work > max_work:
            break
        try:
            values = tomllib.loads(statement)
        except (ValueError, RecursionError):
            continue
        yield Statement(start + 1, end, statement, values)
        start = end
    if start < len(lines):
        yield Statement(start + 1, len(lines), "\n".join(lines[start:]), None)


def line_of(text: str, key_path: KeyPath) -> int:
    """The line (1-based) of a valid text on which `key_path` is first defined.

    The line of the nearest parent is returned for a path that the text does not define (a missing key).
    """
    lines = text.split("\n")
    found = list(statements(text))
    while key_path:
        for statement in found:
            if not _defines("\n".join(lines[: statement.end]), key_path):
                continue
            # An array may have one row on each line: its row is the first line after which the path is defined.
            rows = range(statement.line, statement.end)
            return next(
                (row for row in rows if _defines("\n".join(lines[:row]) + "]", key_path)), statement.line
            )
        key_path = key_path[:-1]
    return 1


def _defines(text: str, key_path: KeyPath) -> bool:
    """Whether a text is valid TOML and defines the path."""
    try:
        value: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    for key in key_path:
        keys = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        if key not in keys:
            return False
        value = value[key]
    return True
