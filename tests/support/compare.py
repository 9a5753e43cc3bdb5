"""Compares a value with what it should be, and says what is wrong in the order a person would look:
type, shape, dtype, finite, values.
"""

import math
from typing import Any

import numpy as np
import torch
from scipy.special import bdtr, bdtrc, ndtri

from autograder.errors import WrongAnswer
from autograder.testing.tolerance import FLOOR, RELATIVE

# The chance that a right answer fails one statistical assertion. About thirty of them stand in the suites.
FALSE_ALARM = 1e-11


def assert_true(condition: bool, rationale: str, *, hint: str = "", failure: str = "values") -> None:
    """Fails with `rationale` unless `condition` holds."""
    __tracebackhide__ = True
    if not condition:
        raise WrongAnswer(rationale, hint=hint, failure=failure)


def assert_tensor(
    got: Any,
    *,
    shape: tuple[int, ...] | None = None,
    dtype: torch.dtype | None = None,
    finite: bool = True,
    hint: str = "",
    what: str = "the result",
) -> None:
    """Fails unless `got` is a tensor of this shape and dtype without NaN or infinity."""
    __tracebackhide__ = True
    if got is None:
        raise WrongAnswer(f"{what} is None; is a `return` missing?", hint=hint, failure="type")
    if not isinstance(got, torch.Tensor):
        raise WrongAnswer(
            f"{what} is a {type(got).__name__}; a torch.Tensor is due", hint=hint, failure="type"
        )
    if shape is not None and tuple(got.shape) != tuple(shape):
        text = f"{what} has shape {list(got.shape)}; shape {list(shape)} is due"
        raise WrongAnswer(text, hint=hint, failure="shape")
    if dtype is not None and got.dtype != dtype:
        raise WrongAnswer(f"{what} has dtype {got.dtype}; {dtype} is due", hint=hint, failure="dtype")
    if finite and not torch.isfinite(got).all():
        bad = (~torch.isfinite(got)).nonzero()[0].tolist()
        text = f"{what} is not finite: {got[tuple(bad)].item()} at {_place(bad)}"
        raise WrongAnswer(text, hint=hint, failure="not finite")


def assert_close(
    got: Any,
    expected: torch.Tensor | float,
    *,
    hint: str = "",
    what: str = "the result",
    rtol: float | None = None,
    atol: float | None = None,
    check_dtype: bool = True,
) -> None:
    """Fails unless `got` equals `expected` in type, shape, dtype and, within a tolerance, in every value.

    Args:
        got: what the code returned. Where `expected` is a number, a number or a tensor of one element.
        expected: Float[...] or a number; infinities must be met exactly.
        hint: what to try.
        what: what is compared, as the message's first words.
        rtol: relative to each value; default by dtype (1e-8 for double, 1e-4 for single precision).
        atol: absolute; default a tiny part of the largest expected value, so that zeros never pass for small ones.
        check_dtype: False where any dtype is right.
    """
    __tracebackhide__ = True
    if not isinstance(expected, torch.Tensor):
        got = _as_number(got, what, hint)
        expected = torch.tensor(float(expected), dtype=torch.float64)
        check_dtype = False
    dtype = expected.dtype if check_dtype else None
    assert_tensor(got, shape=tuple(expected.shape), dtype=dtype, finite=False, hint=hint, what=what)
    both = [dtype for dtype in (got.dtype, expected.dtype) if dtype.is_floating_point]
    relative = max((RELATIVE[dtype] for dtype in both), default=0.0) if rtol is None else rtol
    wide_got, wide = got.detach().to(torch.float64), expected.detach().to(torch.float64)
    finite = torch.isfinite(wide)
    if not torch.isfinite(wide_got[finite]).all():
        bad = (finite & ~torch.isfinite(wide_got)).nonzero()[0].tolist()
        text = f"{what} is not finite: {wide_got[tuple(bad)].item()} at {_place(bad)}"
        raise WrongAnswer(text, hint=hint, failure="not finite")
    if atol is None:
        scale = wide[finite].abs().max().item() if finite.any() else 0.0
        floor = max((FLOOR[dtype] for dtype in both), default=0.0)
        atol = floor * (scale if scale > 0 else 1.0)
    wrong = torch.where(finite, (wide_got - wide).abs() > relative * wide.abs() + atol, wide_got != wide)
    wrong &= ~(wide.isnan() & wide_got.isnan())
    if wrong.any():
        first = wrong.nonzero()[0].tolist()
        count = f" ({int(wrong.sum())} of {wrong.numel()} values are wrong)" if wrong.numel() > 1 else ""
        text = (
            f"{what} is wrong: at {_place(first)} it is {_number(wide_got[tuple(first)])}, "
            f"and {_number(wide[tuple(first)])} is right{count}"
        )
        raise WrongAnswer(text, hint=hint, failure="values")


def assert_gradient(
    gradient: torch.Tensor | None,
    expected: torch.Tensor,
    *,
    hint: str = "",
    what: str = "the gradient",
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Fails unless a gradient arrived and equals `expected`."""
    __tracebackhide__ = True
    if gradient is None:
        text = f"{what} never arrives: somewhere the graph is cut (detach, item, no_grad, a new tensor)"
        raise WrongAnswer(text, hint=hint, failure="no gradient")
    assert_close(gradient, expected, hint=hint, what=what, rtol=rtol, atol=atol)


def assert_no_gradient(gradient: torch.Tensor | None, *, hint: str = "", what: str = "this input") -> None:
    """Fails if a gradient other than zero reached an input that the docstring calls a constant."""
    __tracebackhide__ = True
    if gradient is not None and bool((gradient != 0).any()):
        text = f"a gradient flows into {what}, which is to be treated as a constant"
        raise WrongAnswer(text, hint=hint, failure="gradient where none belongs")


def assert_frequency(
    hits: torch.Tensor | float,
    trials: int,
    probability: torch.Tensor | float,
    *,
    hint: str = "",
    what: str = "the frequency",
) -> None:
    """Fails if counts of independent events contradict their probability.

    Exact binomial tails; over all elements together a right answer fails with probability at most FALSE_ALARM.

    Args:
        hits: number of events, or a tensor of such counts, each over `trials` independent trials.
        trials: how many trials each count is over.
        probability: of the event; broadcast against `hits`.
        hint: what to try.
        what: what is counted.
    """
    __tracebackhide__ = True
    counts = np.asarray(hits, dtype=np.float64)
    chances = np.broadcast_to(np.asarray(probability, dtype=np.float64), counts.shape)
    # P(X <= hits) and P(X >= hits); bdtr(k, n, p) is the binomial distribution function.
    low = bdtr(counts, trials, chances)
    high = np.where(counts <= 0, 1.0, bdtrc(np.maximum(counts - 1, 0), trials, chances))
    tail = np.minimum(low, high) * 2 * counts.size
    if (tail < FALSE_ALARM).any():
        first = np.unravel_index(int(np.argmin(tail)), counts.shape)
        place = f" at {_place([int(i) for i in first])}" if counts.shape else ""
        text = (
            f"{what} is wrong{place}: {counts[first] / trials:.4f} in {trials} draws, "
            f"where {chances[first]:.4f} is right (chance of that by bad luck: below {FALSE_ALARM:.0e})"
        )
        raise WrongAnswer(text, hint=hint, failure="distribution")


def assert_mean(
    samples: torch.Tensor,
    mean: torch.Tensor | float,
    std: torch.Tensor | float,
    *,
    hint: str = "",
    what: str = "the mean",
    dim: int = 0,
) -> None:
    """Fails if the mean of independent samples lies too far from `mean`.

    The bound is that of the normal law at FALSE_ALARM, over all elements together.

    Args:
        samples: Float[N, ...], independent along `dim`.
        mean: the true mean, broadcast against the rest.
        std: the known standard deviation of ONE sample, broadcast likewise.
        hint: what to try.
        what: what is averaged.
        dim: the axis of the samples.
    """
    __tracebackhide__ = True
    observed = samples.detach().to(torch.float64).mean(dim)
    wanted = torch.as_tensor(mean, dtype=torch.float64).expand(observed.shape)
    bound = -float(ndtri(FALSE_ALARM / 2 / observed.numel())) / math.sqrt(samples.shape[dim])
    far = ~((observed - wanted).abs() <= bound * torch.as_tensor(std, dtype=torch.float64))
    if far.any():
        first = far.nonzero()[0].tolist()
        text = (
            f"{what} is wrong: over {samples.shape[dim]} draws it is {_number(observed[tuple(first)])} at "
            f"{_place(first)}, where {_number(wanted[tuple(first)])} is right"
        )
        raise WrongAnswer(text, hint=hint, failure="distribution")


def _as_number(got: Any, what: str, hint: str) -> torch.Tensor:
    if got is None:
        raise WrongAnswer(f"{what} is None; is a `return` missing?", hint=hint, failure="type")
    if isinstance(got, bool) or not isinstance(got, int | float | np.generic | np.ndarray | torch.Tensor):
        raise WrongAnswer(f"{what} is a {type(got).__name__}; a number is due", hint=hint, failure="type")
    value = torch.as_tensor(got)
    if value.numel() != 1:
        text = f"{what} has shape {list(value.shape)}; one number is due"
        raise WrongAnswer(text, hint=hint, failure="shape")
    return value.detach().reshape(())


def _place(index: list[int]) -> str:
    return f"index {index}" if index else "its only value"


def _number(value: torch.Tensor) -> str:
    return f"{value.item():.6g}"
