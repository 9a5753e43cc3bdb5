"""Takes a returned tuple apart, and fails the test if the value is not a tuple of the right length."""

from typing import Any

from tests.support.compare import assert_true


def parts(got: Any, count: int, names: str, *, hint: str = "") -> tuple[Any, ...]:
    """The `count` parts of a returned tuple. Fails with their names if the code returned something else."""
    __tracebackhide__ = True
    right = isinstance(got, tuple | list) and len(got) == count
    found = f"{type(got).__name__} of {len(got)}" if isinstance(got, tuple | list) else type(got).__name__
    text = f"the code returned a {found}; expected a tuple of {count}: {names}"
    assert_true(right, text, hint=hint or f"End with `return {names}`.", failure="type")
    return tuple(got)
