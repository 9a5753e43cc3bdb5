"""What each task's function must return, from its definition in plain numbers: slow, exact, and for any input."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.testing.homework import Homework
from tests.oracles.expected import coin_flip, early_exit, gaussian, rlhf
from tests.support.cases import Case, Draw, Inputs, told
from tests.support.compare import assert_close, assert_true

DRAWS = 2  # of inputs for each case
SIZE = 4_000  # numbers in an argument beyond which one draw is enough

EXPECTED: dict[str, Callable[..., Any]] = {
    **coin_flip.EXPECTED,
    **gaussian.EXPECTED,
    **early_exit.EXPECTED,
    **rlhf.EXPECTED,
}
# What a right answer may differ by in double precision, relative to a value and to the largest value. Only where a
# docstring promises it, small values are exact as well.
LOOSE = 1e-6, 1e-7
EXACT = {
    "diffusion.binary.replacement_probability": (1e-12, 0.0),
    "early_exit.partial_sums.probability_nonpositive": (1e-7, 0.0),
    "early_exit.partial_sums.log_probability_nonpositive": (1e-7, 1e-15),
}


def compare(hw: Homework, task: str, inputs: Inputs, cases: Sequence[Case]) -> None:
    """Fails unless the function gives the values of its definition in each case."""
    __tracebackhide__ = True
    for case in inputs.cases or cases:
        for _ in range(DRAWS):
            args = inputs.make(Draw(case, hw.generator()))
            expected, got = EXPECTED[task](**args), inputs.function(hw, task, case)(**args)
            with told(case):
                _compare(got, expected, EXACT.get(task, LOOSE))
            if sum(value.numel() for value in args.values() if isinstance(value, Tensor)) > SIZE:
                break


def _compare(got: Any, expected: Any, error: tuple[float, float]) -> None:
    if isinstance(expected, tuple):
        ok = isinstance(got, tuple | list) and len(got) == len(expected)
        assert_true(ok, f"the code returned no tuple of {len(expected)}", failure="type")
        for number, (a, b) in enumerate(zip(got, expected, strict=True)):
            _one(a, b, error, f"part {number + 1} of the result")
        return
    _one(got, expected, error, "the result")


def _one(got: Any, expected: Any, error: tuple[float, float], what: str) -> None:
    hint = "Try the smallest input of this kind by hand."
    if expected is None or isinstance(expected, bool | int):
        assert_true(
            got == expected and type(got) is type(expected), f"{what} must be {expected!r}", hint=hint
        )
    elif isinstance(expected, Tensor) and expected.is_floating_point():
        if expected.dtype == torch.float32:
            error = 1e-3, 1e-4
        size = expected[expected.isfinite()].abs().max().item() if expected.isfinite().any() else 1.0
        floor = 1e-11 if error == LOOSE else 1e-300
        assert_close(got, expected, hint=hint, what=what, rtol=error[0], atol=error[1] * size + floor)
    elif isinstance(expected, Tensor):
        assert_close(got, expected, hint=hint, what=what, rtol=0, atol=0)
    elif isinstance(expected, float):
        text = f"{what} is a {type(got).__name__}; expected a float"
        assert_true(isinstance(got, float), text, hint=hint, failure="type")
        assert_close(got, expected, hint=hint, what=what)
    else:
        raise TypeError(f"a definition must not give a {type(expected).__name__}")
