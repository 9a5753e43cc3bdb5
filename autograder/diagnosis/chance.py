"""Compares random replies by their law: what a submission drew, with many draws of a stand-in for the same calls.

Each call is summarised by a few statistics. Those of the submission are set against their spread over the stand-in's
draws, which holds whatever the draws inside one call have to do with each other.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from autograder.diagnosis.heard import Asked, Heard, numbers
from autograder.transport.wire import tensors

REPLICAS = 12
CALLS = 64  # the largest ones
# In standard errors: how far one statistic of one call may lie, and one over all calls together. By Student's law with
# 11 degrees of freedom a draw of the same law stays within the first pair (beyond 12: 1e-7), and nearly always within
# the second.
# The other two are for draws beside draws: quotient of their variances (12 normal draws each, beyond 25: 1e-5), and how
# far their means may lie apart in standard errors.
Bounds = tuple[float, float, float, float]
WIDE: Bounds = (12.0, 6.5, 25.0, 12.0)
NARROW: Bounds = (8.0, 4.5, 25.0, 7.0)
MANY, LARGE = 4, 16  # different values, and numbers in a reply, for a spread to count
# Stands for a value that no draw had where all had the same: by chance so in few calls of many.
NEVER_SEEN = 6.0


def alike_in_law(
    heard: Sequence[Heard], draw: Callable[[int, int], Heard], inputs: Sequence[Any], bounds: Bounds
) -> bool:
    """Whether the replies could be draws of the stand-in.

    Args:
        heard: the submission's replies, one a call.
        draw: gives the stand-in's reply to a call by its number, with other random numbers for each second number.
        inputs: the arguments of each call.
        bounds: how far they may lie from the stand-in's.
    """
    far, pooled, _, _ = bounds
    drew = False
    totals: dict[int, list[float]] = {}
    for number in sorted(range(len(heard)), key=lambda call: -size(heard[call]))[:CALLS]:
        one, first = heard[number], draw(number, 1)
        if _kind(one) != _kind(first):
            return False
        drew |= first.drew
        others = [first, *(draw(number, seed) for seed in range(2, REPLICAS + 1))]
        mine = list(statistics(one, inputs[number]))
        rows = [list(statistics(other, inputs[number])) for other in others]
        if any(len(row) != len(mine) for row in rows):
            return False
        for index, (value, column) in enumerate(zip(mine, zip(*rows, strict=True), strict=True)):
            distance = _distance(value, column)
            if abs(distance) > far and distance != NEVER_SEEN:
                return False
            totals.setdefault(index, []).append(
                distance if distance == NEVER_SEEN else max(-4.0, min(4.0, distance))
            )
    if drew != any(one.drew for one in heard):
        return False
    return all(abs(sum(column)) / math.sqrt(len(column)) <= pooled for column in totals.values())


def alike_in_spread(mine: Sequence[Heard], theirs: Sequence[Heard], inputs: Any, bounds: Bounds) -> bool:
    """Whether draws for one call, as many of the submission as of a stand-in, have like means and spreads."""
    if _kind(mine[0]) != _kind(theirs[0]):
        return False
    if size(mine[0]) < LARGE:
        bounds = (*bounds[:2], math.inf, bounds[3])  # the square of one normal number spreads wildly
    columns = [
        list(zip(*(statistics(one, inputs) for one in draws), strict=False)) for draws in (mine, theirs)
    ]
    return len(columns[0]) == len(columns[1]) and all(
        _alike_columns(a, b, bounds) for a, b in zip(*columns, strict=True)
    )


def _alike_columns(a: Sequence[float], b: Sequence[float], bounds: Bounds) -> bool:
    _, _, quotient, apart = bounds
    mean = sum(a) / len(a), sum(b) / len(b)
    small, large = sorted(
        sum((x - m) * (x - m) for x in c) / (len(c) - 1) for c, m in zip((a, b), mean, strict=True)
    )
    dust = 1e-6 * max(1.0, abs(mean[0]))
    dust *= dust  # not a power: that raises where it overflows
    rare = len(set(a)) < MANY and len(set(b)) < MANY  # what happens seldom can be missing in one of both
    if large > quotient * max(small, dust) and not rare:
        return False
    return abs(mean[0] - mean[1]) <= apart * math.sqrt((small + large) / len(a) + dust)


def _distance(value: float, column: Sequence[float]) -> float:
    """In standard errors, or `NEVER_SEEN`."""
    mean = sum(column) / len(column)
    spread = math.sqrt(sum((x - mean) * (x - mean) for x in column) / (len(column) - 1))
    if spread > 1e-9 * max(1.0, abs(mean)):
        return (value - mean) / (spread * math.sqrt(1 + 1 / len(column)))
    return 0.0 if abs(value - mean) <= 1e-6 * max(1.0, abs(mean)) else NEVER_SEEN


def size(heard: Heard) -> int:
    """How many numbers a reply has."""
    return sum(tensor.numel() for tensor in tensors(heard.value))


def statistics(heard: Heard, inputs: Any) -> Iterator[float]:
    """What a reply is summarised by; as many numbers for each reply of the same shape."""
    for one in _sample(heard):
        yield from one.numbers
    columns = zip(*(one.numbers for one in heard.asked), strict=False)
    yield from (sum(column) / len(column) for column in columns)
    arguments = [
        tensor.detach().to(torch.float64).nan_to_num(0.0, 0.0, 0.0)
        for tensor in tensors(inputs)
        if tensor.dtype.is_floating_point or tensor.dtype is torch.int64
    ]
    for tensor in [*tensors(heard.value), *(torch.tensor(x) for x in numbers(heard.value))]:
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
            if x.shape[axis] > 1:  # do neighbours have to do with each other?
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
                for b in arguments:  # does each row mind its own time?
                    if b.shape == x.shape:
                        yield float(((rows * b.reshape(len(x), -1)).mean(1) * a).mean())


def _sample(heard: Heard) -> list[Asked]:
    """What was asked first, second and last."""
    return [*heard.asked[:2], *heard.asked[-1:]]


def _kind(heard: Heard) -> Any:
    """What has to be equal, whatever was drawn."""
    shapes = [(tuple(x.shape), x.dtype) for x in tensors(heard.value)]
    missing = {name: gradient is None for name, gradient in heard.gradients.items()}
    asked = [one.kind for one in _sample(heard)]
    counts = (heard.disturbed, len(heard.asked))
    return heard.error, heard.refused, type(heard.value), shapes, missing, asked, counts
