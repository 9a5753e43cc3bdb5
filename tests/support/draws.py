"""Whether many random numbers have their distribution, and do not depend on each other in any of the usual ways."""

import torch
from torch import Tensor

from tests.support.compare import assert_frequency, assert_mean

# The quantiles of the standard normal distribution at 0, 5, ..., 100 %, and points of its tails with their shares.
_BINS = torch.special.ndtri(torch.linspace(0, 1, 21, dtype=torch.float64))
_TAILS = ((2.5, 0.01241933065), (3.3, 0.00096684828))
_MEDIAN = 0.6744897501960817  # half of all normal numbers are closer to 0


def assert_independent_events(events: Tensor, probability: float, *, hint: str, what: str) -> None:
    """Fails unless every event has this probability and no two places of the arrangement go together.

    Pairs that are compared: neighbours, first and second half, and mirror images, along each axis of two or more.

    Args:
        events: Bool[...]: calls or times, images, pixels in any arrangement.
        probability: of each event.
        hint: what to try.
        what: the event in words.
    """
    __tracebackhide__ = True
    assert_frequency(events.sum(), events.numel(), probability, hint=hint, what=f"how often {what}")
    equal = probability**2 + (1 - probability) ** 2  # for two independent events
    for axis in range(events.ndim):
        half = events.shape[axis] // 2
        if not half:
            continue
        even, odd = (_every_second(events, axis, start, half) for start in (0, 1))
        first, second = events.narrow(axis, 0, half), events.narrow(axis, events.shape[axis] - half, half)
        for a, b, pair in (
            (even, odd, "neighbours"),
            (first, second, "the first and the second half"),
            (first, second.flip(axis), "mirror images"),
        ):
            same = a == b
            text = (
                f"how often {what} at both or at none of two places ({pair} along axis {axis} of the draws)"
            )
            assert_frequency(same.sum(), same.numel(), equal, hint=hint, what=text)


def _every_second(events: Tensor, axis: int, start: int, count: int) -> Tensor:
    return events.index_select(axis, torch.arange(start, 2 * count, 2))


def assert_independent_normals(draws: Tensor, *, hint: str) -> None:
    """Fails unless these are independent standard normal numbers. 100,000 tell a variance to 3 %.

    Args:
        draws: Float[...]: calls or times, images, pixels in any arrangement.
        hint: what to try.
    """
    __tracebackhide__ = True
    flat = draws.detach().double().reshape(-1)
    counts = torch.histogram(flat.clamp(-1e3, 1e3), _BINS.clamp(-1e3, 1e3)).hist
    what = "the share of normal numbers between two quantiles"
    assert_frequency(counts, len(flat), 0.05, hint=hint, what=what)
    for limit, share in _TAILS:
        what = f"the share of numbers beyond {limit} standard deviations"
        assert_frequency((flat.abs() > limit).sum(), len(flat), share, hint=hint, what=what)
    assert_mean(flat**2, 1.0, 2**0.5, hint=hint, what="the variance of the noise")
    assert_independent_events(draws > 0, 0.5, hint=hint, what="a number is positive")
    assert_independent_events(draws.abs() > _MEDIAN, 0.5, hint=hint, what="a number is far from 0")


def assert_uniform_times(times: Tensor, last: int, *, hint: str) -> None:
    """Fails unless Long[...] are independent and uniform on 1..last, `last` even."""
    __tracebackhide__ = True
    counts = torch.bincount(times.reshape(-1), minlength=last + 1)
    assert_frequency(counts[1:], times.numel(), 1 / last, hint=hint, what="how often each time is drawn")
    assert_frequency(counts[0], times.numel(), 0.0, hint=hint, what="how often time 0 is drawn")
    assert_independent_events(times <= last // 2, 0.5, hint=hint, what="a time is in the first half")
    assert_independent_events(times % 2 == 0, 0.5, hint=hint, what="a time is even")
