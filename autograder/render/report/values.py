"""Values of a record as the page writes them: any value becomes a short, printable text, never an error."""

import json
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

from markupsafe import Markup, escape

from autograder.transport.text import printable

TEXT = 2_000  # characters of a message
NAME = 200  # of a name
LARGEST = 1e100  # a larger number is useless in a curve or a comparison
_GROUPED = 10_000  # integers from here on are written with commas
_EXACT = 10**15

T = TypeVar("T")


class FirstItems(NamedTuple, Generic[T]):
    """The first few of many things, and how many more there are."""

    first: list[T]
    more: int


def first_items(things: Collection[T], most: int) -> FirstItems[T]:
    """The first `most` things."""
    return FirstItems(list(islice(things, most)), max(0, len(things) - most))


def text(value: Any, most: int = TEXT) -> str:
    """Any value as text: text is unchanged, other values are written as JSON."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int | float):
        return number(value) if finite(value) is None else str(value)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return text("; ".join(text(item, most) for item in value[:most]), most)
    try:
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "nested too deeply to be shown"
    return printable(written, most) + ("…" if len(written) > most else "")


def texts(pairs: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Names with their values, both as text."""
    return [(text(name, NAME), text(value)) for name, value in pairs]


def finite(value: Any) -> float | None:
    """The value if it is a number that can be drawn and compared; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        return None
    return float(value)


def number(value: Any) -> str:
    """A number with four digits, an integer with all digits if it is not too long; anything else as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return text(value, NAME)
    if isinstance(value, int) and abs(value) < _EXACT:
        return f"{value:,}" if abs(value) >= _GROUPED else str(value)
    exact = finite(value)
    if exact is None:
        return "not a number" if value != value else f"beyond {'-' * (value < 0)}{LARGEST:g}"
    return f"{exact:,.0f}" if _GROUPED <= abs(exact) < _EXACT else f"{exact + 0.0:.4g}"


def points(value: Any) -> str:
    """Points, written as in every other rendering of a record."""
    exact = finite(value)
    return number(value) if exact is None else f"{exact:g}"


def rounded(value: Any) -> str:
    """Points of a part, rounded to two decimals."""
    exact = finite(value)
    return number(value) if exact is None else f"{round(exact, 2):g}"


def breakable(name: str) -> Markup:
    """A long name with possible line breaks after `.`, `_` and `/`; everything in it is escaped."""
    return Markup(str(escape(name)).replace(".", ".<wbr>").replace("_", "_<wbr>").replace("/", "/<wbr>"))
