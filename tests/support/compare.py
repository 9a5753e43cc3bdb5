"""Compares a value with the expected one. Reports the first problem in this order:
type, shape, dtype, finite, values.
"""

import math
from typing import Any

import numpy as np
import torch
from scipy.special import bdtr, bdtrc, ndtri

from autograder.errors import WrongAnswer
from autograder.testing.tolerance import FLOOR, RELATIVE

# The probability that a right answer fails one statistical assertion. The suites have about thirty of them.
FALSE_ALARM = 1e-11
NUMBER = 1e-6  # relative tolerance of plain numbers


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
    """Fails unless `got` is a tensor with this shape and dtype, without NaN or infinity."""
    __tracebackhide__ = True
    if got is None:
        raise WrongAnswer(f"{what} is None; is a `return` missing?", hint=hint, failure="type")
    if not isinstance(got, torch.Tensor):
        text = f"{what} is a {type(got).__name__}; expected a torch.Tensor"
        raise WrongAnswer(text, hint=hint, failure="type")
    if shape is not None and tuple(got.shape) != tuple(shape):
        text = f"{what} has shape {list(got.shape)}; expected shape {list(shape)}"
        raise WrongAnswer(text, hint=hint, failure="shape")
    if dtype is not None and got.dtype != dtype:
        raise WrongAnswer(f"{what} has dtype {got.dtype}; expected {dtype}", hint=hint, failure="dtype")
    if finite and not torch.isfinite(got).all():
        bad = (~torch.isfinite(got)).nonzero()[0].tolist()
        text = f"{what} is not finite: {got[tuple(bad)].item()}{_place(bad)}"
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
        got: what the code returned. If `expected` is a number: a number or a tensor of one element.
        expected: Float[...] or a number; an infinity must be equal.
        hint: what to try.
        what: a name for what is compared; the message starts with it.
        rtol: relative to each value; the default depends on the dtype (1e-8 for double, 1e-4 for single precision),
            and is 1e-6 for numbers, which may have been computed in single precision.
        atol: absolute; the default is a tiny part of the largest expected value, so that zeros do not pass as
            small values.
        check_dtype: False if any dtype is accepted.
    """
    __tracebackhide__ = True
    if not isinstance(expected, torch.Tensor):
        got = _as_number(got, what, hint)
        expected = torch.tensor(float(expected), dtype=torch.float64)
        check_dtype = False
        rtol = NUMBER if rtol is None else rtol
    dtype = expected.dtype if check_dtype else None
    assert_tensor(got, shape=tuple(expected.shape), dtype=dtype, finite=False, hint=hint, what=what)
    both = [dtype for dtype in (got.dtype, expected.dtype) if dtype.is_floating_point]
    relative = max((RELATIVE[dtype] for dtype in both), default=0.0) if rtol is None else rtol
    wide_got, wide = got.detach().to(torch.float64), expected.detach().to(torch.float64)
    finite = torch.isfinite(wide)
    if not torch.isfinite(wide_got[finite]).all():
        bad = (finite & ~torch.isfinite(wide_got)).nonzero()[0].tolist()
        text = f"{what} is not finite: {wide_got[tuple(bad)].item()}{_place(bad)}"
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
        right, found = _told_apart(wide[tuple(first)].item(), wide_got[tuple(first)].item())
        text = f"{what} is wrong{_place(first)}: expected {right}, got {found}{count}"
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
    """Fails unless there is a gradient and it equals `expected`."""
    __tracebackhide__ = True
    if gradient is None:
        text = f"{what} is missing: the graph is cut somewhere (detach, item, no_grad, a new tensor)"
        raise WrongAnswer(text, hint=hint, failure="no gradient")
    assert_close(gradient, expected, hint=hint, what=what, rtol=rtol, atol=atol)


def assert_no_gradient(gradient: torch.Tensor | None, *, hint: str = "", what: str = "this input") -> None:
    """Fails if an input that the docstring calls a constant gets a gradient other than zero."""
    __tracebackhide__ = True
    if gradient is not None and bool((gradient != 0).any()):
        text = f"a gradient flows into {what}, which must be treated as a constant"
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

    Uses exact binomial tails. A right answer fails with probability at most FALSE_ALARM, over all elements together.

    Args:
        hits: number of events, or a tensor of such counts, each over `trials` independent trials.
        trials: the number of trials of each count.
        probability: the probability of the event; broadcast against `hits`.
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
        place = _place([int(i) for i in first])
        text = (
            f"{what} is wrong{place}: expected {chances[first]:.4f}, got {counts[first] / trials:.4f} "
            f"in {trials} draws (a right answer gives this with probability below {FALSE_ALARM:.0e})"
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
    """Fails if the mean of independent samples is too far from `mean`.

    The bound is the quantile of the normal distribution at FALSE_ALARM, over all elements together.

    Args:
        samples: Float[N, ...], independent along `dim`.
        mean: the true mean, broadcast against the other axes.
        std: the known standard deviation of ONE sample, broadcast in the same way.
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
        right, found = _number(wanted[tuple(first)]), _number(observed[tuple(first)])
        text = (
            f"{what} is wrong{_place(first)}: expected {right}, got {found} over {samples.shape[dim]} draws"
        )
        raise WrongAnswer(text, hint=hint, failure="distribution")


def _as_number(got: Any, what: str, hint: str) -> torch.Tensor:
    if got is None:
        raise WrongAnswer(f"{what} is None; is a `return` missing?", hint=hint, failure="type")
    if isinstance(got, bool) or not isinstance(got, int | float | np.generic | np.ndarray | torch.Tensor):
        raise WrongAnswer(f"{what} is a {type(got).__name__}; expected a number", hint=hint, failure="type")
    value = torch.tensor(got, dtype=torch.float64) if isinstance(got, float) else torch.as_tensor(got)
    if value.numel() != 1:
        text = f"{what} has shape {list(value.shape)}; expected one number"
        raise WrongAnswer(text, hint=hint, failure="shape")
    return value.detach().reshape(())


def _place(index: list[int]) -> str:
    """Where a value is; nothing to say for a single number."""
    return f" at index {index}" if index else ""


def _told_apart(a: float, b: float) -> tuple[str, str]:
    """Two different numbers, with as many digits as show the difference."""
    for digits in (6, 9, 12, 17):
        texts = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _number(value: torch.Tensor) -> str:
    return f"{value.item():.6g}"
