"""Finds the line on which something stands in a TOML text, which `tomllib` does not tell."""

import tomllib
from typing import Any

KeyPath = tuple[str | int, ...]


def line_of(text: str, key_path: KeyPath) -> int:
    """The line (1-based) on which `key_path` is first defined: the first prefix of the text that knows it.

    A path that is nowhere (a missing key) is answered by the line of its nearest ancestor.
    """
    lines = text.splitlines(keepends=True)
    while key_path:
        statement = 1
        for end in range(1, len(lines) + 1):
            parsed = _prefix("".join(lines[:end]))
            if parsed is None:
                continue  # inside a statement of several lines
            if _knows(parsed, key_path):
                return statement
            statement = end + 1
        key_path = key_path[:-1]
    return 1


def _prefix(text: str) -> dict[str, Any] | None:
    """The text's values, an array that is still open at its end being closed; None inside any other statement."""
    for closing in ("", "]"):
        try:
            return tomllib.loads(text + closing)
        except tomllib.TOMLDecodeError:
            continue
    return None


def _knows(parsed: Any, key_path: KeyPath) -> bool:
    for key in key_path:
        keys = range(len(parsed)) if isinstance(parsed, list) else parsed if isinstance(parsed, dict) else ()
        if key not in keys:
            return False
        parsed = parsed[key]
    return True
