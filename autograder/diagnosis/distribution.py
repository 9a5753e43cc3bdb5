"""Compares random results by their distribution: those of a submission with many draws of another implementation.

A few statistics summarise each call. The submission's statistics are compared with their spread over the draws of the
other implementation. So the comparison is valid even if the draws inside one call depend on each other.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch

from autograder.diagnosis.call_result import CallbackCall, CallResult
from autograder.transport.nested import numbers
from autograder.transport.wire import tensors

REPLICAS = 12  # draws of each call
MAX_CALLS = 64  # the calls with the largest results


class Bounds(NamedTuple):
    """How far the submission's statistics may be from those of the compared implementation.

    Attributes:
        single: one statistic of one call, in standard errors.
        pooled: one statistic over all calls together, in standard errors.
        variance_ratio: between repeated results of both, the larger variance over the smaller one.
        mean: between the means of repeated results of both, in standard errors.
    """

    single: float
    pooled: float
    variance_ratio: float
    mean: float


# By Student's t-distribution with 11 degrees of freedom, a draw of the same distribution is more than 12 standard
# errors away with probability 1e-7, and more than 8 almost never. The variances of 12 normal draws each have a ratio
# above 25 with probability 1e-5.
WIDE = Bounds(12.0, 6.5, 25.0, 12.0)
NARROW = Bounds(8.0, 4.5, 25.0, 7.0)
MIN_DISTINCT, MIN_ELEMENTS = (
    4,
    16,
)  # variances are compared only with so many different values and so many elements
# The distance of a value that differs from the one value of all draws. By chance this happens in few of many calls.
NEVER_SEEN = 6.0


def same_distribution(
    results: Sequence[CallResult],
    draw: Callable[[int, int], CallResult],
    inputs: Sequence[Any],
    bounds: Bounds,
) -> bool:
    """Whether the results could be draws of the other implementation.

    Args:
        results: the submission's results, one for each call.
        draw: returns the other implementation's result of a call, from the call's number and a seed.
        inputs: the arguments of each call.
        bounds: how far the statistics may be apart.
    """
    moved = False
    totals: dict[int, list[float]] = {}
    for number in sorted(range(len(results)), key=lambda call: -element_count(results[call]))[:MAX_CALLS]:
        one, first = results[number], draw(number, 1)
        if _fixed_part(one) != _fixed_part(first):
            return False
        moved |= first.generator_moved
        others = [first, *(draw(number, seed) for seed in range(2, REPLICAS + 1))]
        mine = list(statistics(one, inputs[number]))
        rows = [list(statistics(other, inputs[number])) for other in others]
        if any(len(row) != len(mine) for row in rows):
            return False
        for index, (value, column) in enumerate(zip(mine, zip(*rows, strict=True), strict=True)):
            distance = _distance(value, column)
            if abs(distance) > bounds.single and distance != NEVER_SEEN:
                return False
            totals.setdefault(index, []).append(
                distance if distance == NEVER_SEEN else max(-4.0, min(4.0, distance))
            )
    if moved != any(one.generator_moved for one in results):
        return False
    return all(abs(sum(column)) / math.sqrt(len(column)) <= bounds.pooled for column in totals.values())


def same_mean_and_variance(
    mine: Sequence[CallResult], theirs: Sequence[CallResult], inputs: Any, bounds: Bounds
) -> bool:
    """Whether equally many draws of one call, of two implementations, have similar means and variances."""
    if _fixed_part(mine[0]) != _fixed_part(theirs[0]):
        return False
    if element_count(mine[0]) < MIN_ELEMENTS:
        bounds = bounds._replace(
            variance_ratio=math.inf
        )  # the square of one normal number has a large variance
    columns = [
        list(zip(*(statistics(one, inputs) for one in draws), strict=False)) for draws in (mine, theirs)
    ]
    return len(columns[0]) == len(columns[1]) and all(
        _same_moments(a, b, bounds) for a, b in zip(*columns, strict=True)
    )


def _same_moments(a: Sequence[float], b: Sequence[float], bounds: Bounds) -> bool:
    mean = sum(a) / len(a), sum(b) / len(b)
    small, large = sorted(
        sum((x - m) * (x - m) for x in c) / (len(c) - 1) for c, m in zip((a, b), mean, strict=True)
    )
    floor = 1e-6 * max(1.0, abs(mean[0]))
    floor *= floor  # not `**`, which raises on overflow
    # A rare event can be missing in one of both.
    rare = len(set(a)) < MIN_DISTINCT and len(set(b)) < MIN_DISTINCT
    if large > bounds.variance_ratio * max(small, floor) and not rare:
        return False
    return abs(mean[0] - mean[1]) <= bounds.mean * math.sqrt((small + large) / len(a) + floor)


def _distance(value: float, column: Sequence[float]) -> float:
    """In standard errors, or `NEVER_SEEN`."""
    mean = sum(column) / len(column)
    spread = math.sqrt(sum((x - mean) * (x - mean) for x in column) / (len(column) - 1))
    if spread > 1e-9 * max(1.0, abs(mean)):
        return (value - mean) / (spread * math.sqrt(1 + 1 / len(column)))
    return 0.0 if abs(value - mean) <= 1e-6 * max(1.0, abs(mean)) else NEVER_SEEN


def element_count(result: CallResult) -> int:
    """How many numbers a result has."""
    return sum(tensor.numel() for tensor in tensors(result.value))


def statistics(result: CallResult, inputs: Any) -> Iterator[float]:
    """The statistics of a result: equally many for all results of one shape."""
    for one in _sample(result):
        yield from one.numbers
    columns = zip(*(one.numbers for one in result.callback_calls), strict=False)
    yield from (sum(column) / len(column) for column in columns)
    arguments = [
        tensor.detach().to(torch.float64).nan_to_num(0.0, 0.0, 0.0)
        for tensor in tensors(inputs)
        if tensor.dtype.is_floating_point or tensor.dtype is torch.int64
    ]
    for tensor in [*tensors(result.value), *(torch.tensor(x) for x in numbers(result.value))]:
        x = tensor.detach().to(torch.float64)
        finite = x.isfinite()
        yield float(finite.to(torch.float64).mean()) if x.numel() else 1.0
        x = torch.where(finite, x, 0.0)
        if not x.numel():
            continue
        yield float(x.mean())
        yield float((x * x).mean())
        yield float(x.abs().mean())
        yield len(torch.unique(x)) / x.numel()
        for axis in range(x.dim()):
            if x.shape[axis] > 1:  # are neighbours correlated?
                yield float(
                    (x.narrow(axis, 1, x.shape[axis] - 1) * x.narrow(axis, 0, x.shape[axis] - 1)).mean()
                )
        for a in arguments:
            if a.shape == x.shape:
                yield float((x * a).mean())
            elif a.dim() == 1 and x.dim() and len(a) == len(x):
                rows = x.reshape(len(x), -1)
                yield float((rows.mean(1) * a).mean())
                yield float((rows.square().mean(1) * a).mean())
                for b in arguments:  # does each row depend on its own time?
                    if b.shape == x.shape:
                        yield float(((rows * b.reshape(len(x), -1)).mean(1) * a).mean())


def _sample(result: CallResult) -> list[CallbackCall]:
    """The first, the second and the last callback call."""
    return [*result.callback_calls[:2], *result.callback_calls[-1:]]


def _fixed_part(result: CallResult) -> Any:
    """What must be equal, whatever was drawn."""
    shapes = [(tuple(x.shape), x.dtype) for x in tensors(result.value)]
    missing = {name: gradient is None for name, gradient in result.gradients.items()}
    asked = [one.kind for one in _sample(result)]
    counts = (result.changed_arguments, result.shares_memory, result.left, len(result.callback_calls))
    return result.error, result.refused, type(result.value), shapes, missing, asked, counts
