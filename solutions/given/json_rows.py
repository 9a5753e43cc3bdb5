"""JSON with one row a line, so that a person can read it and a difference between two versions stays short."""

import json
from typing import Any

WIDTH = 110


def dumps(data: Any) -> str:
    """The text of a JSON file.

    A row is an item of an array: it is one line, however long. An object or array is one line as well if it fits, or if
    each object or array in it is empty; otherwise each of its items begins a line.

    Args:
        data: plain data; the keys of objects are strings.

    Raises:
        ValueError: the data holds an infinity or NaN, which JSON does not have.
    """
    return _lines(data, 0) + "\n"


def _lines(data: Any, depth: int) -> str:
    """The text of `data` at this depth of indentation; its first line has no indentation."""
    line = json.dumps(data, allow_nan=False)
    if depth + len(line) <= WIDTH or not _is_nested(data):
        return line
    margin = "\n" + " " * depth
    if isinstance(data, dict):
        items = [f"{json.dumps(key)}: {_lines(value, depth + 1)}" for key, value in data.items()]
        return f"{{{margin} {f',{margin} '.join(items)}{margin}}}"
    rows = [json.dumps(row) for row in data]
    return f"[{margin} {f',{margin} '.join(rows)}{margin}]"


def _is_nested(data: Any) -> bool:
    """Whether an object or array holds another one that is not empty."""
    if not isinstance(data, dict | list | tuple):
        return False
    items = data.values() if isinstance(data, dict) else data
    return any(isinstance(item, dict | list | tuple) and item for item in items)
