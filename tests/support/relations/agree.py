"""Compares results of the same function with each other."""

from typing import Any

import torch
from torch import Tensor

from autograder.errors import WrongAnswer
from autograder.transport.identical import identical
from autograder.transport.nested import numbers
from autograder.transport.wire import tensors
from tests.support.compare import assert_close, assert_true

LOOSE = {torch.float64: 1e-7, torch.float32: 1e-3}  # for a sum in another order, and for what it cancels


def agree(got: Any, expected: Any, text: str, hint: str, floor: float = 1e-11) -> None:
    """Fails with the text unless both are equal up to rounding; `floor` is what is allowed in any case."""
    mine, right = tensors(got), tensors(expected)
    assert_true(
        len(mine) == len(right) and len(numbers(got)) == len(numbers(expected)),
        text,
        hint=hint,
        failure="type",
    )
    for a, b in [*zip(mine, right, strict=True), *zip(numbers(got), numbers(expected), strict=True)]:
        loose = {}
        if isinstance(b, Tensor) and b.dtype in LOOSE and b.numel():
            size = b[b.isfinite()].abs().max().item() if b.isfinite().any() else 0.0
            loose = {"rtol": LOOSE[b.dtype], "atol": LOOSE[b.dtype] * size + floor}
        try:
            assert_close(a, b, hint=hint, **loose)
        except WrongAnswer as error:
            raise WrongAnswer(f"{text} ({error.rationale})", hint=hint, failure=error.failure) from None


def same(a: Any, b: Any) -> bool:
    """Whether the tensors of both have the same bits."""
    return all(identical(x, y) for x, y in zip(tensors(a), tensors(b), strict=True))


def is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()
