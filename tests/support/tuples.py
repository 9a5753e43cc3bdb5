"""Takes a returned tuple apart, and says so if it is none."""

from typing import Any

from tests.support.compare import assert_true


def parts(got: Any, count: int, names: str, *, hint: str = "") -> tuple[Any, ...]:
    """The `count` parts of a returned tuple; fails, naming them, if something else came back."""
    __tracebackhide__ = True
    right = isinstance(got, tuple | list) and len(got) == count
    found = f"{type(got).__name__} of {len(got)}" if isinstance(got, tuple | list) else type(got).__name__
    text = f"the code returned a {found}; a tuple of {count} is due: {names}"
    assert_true(right, text, hint=hint or f"End with `return {names}`.", failure="type")
    return tuple(got)
