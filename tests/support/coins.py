"""Pixels of -1 and +1: draws them, counts them, and checks functions that draw them."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tests.support.compare import assert_frequency, assert_tensor, assert_true


def coins(
    shape: Sequence[int], generator: torch.Generator, dtype: torch.dtype = torch.float32, up: float = 0.5
) -> Tensor:
    """Float[*shape] of independent pixels, +1 with probability `up`."""
    return torch.where(torch.rand(*shape, generator=generator) < up, 1.0, -1.0).to(dtype)


def strided_coins(
    shape: Sequence[int], generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Float[*shape] of fair pixels in a non-contiguous memory layout."""
    return coins(shape[::-1], generator, dtype).permute(*range(len(shape) - 1, -1, -1))


def assert_pixels(got: object, like: Tensor, *, hint: str = "", what: str = "the result") -> None:
    """Fails unless `got` has the shape and dtype of `like` and every pixel is -1 or +1."""
    __tracebackhide__ = True
    assert_tensor(got, shape=tuple(like.shape), dtype=like.dtype, hint=hint, what=what)
    assert isinstance(got, Tensor)
    assert_true(bool((got.abs() == 1).all()), f"{what} has pixels other than -1 and +1", hint=hint)


def assert_independent(events: Tensor, probability: float, *, hint: str = "") -> None:
    """Fails unless neighbouring events are independent, both within a row and between rows.

    Args:
        events: Bool[N, M], N and M even.
        probability: the probability of each event.
        hint: what to try.
    """
    __tracebackhide__ = True
    equal = probability**2 + (1 - probability) ** 2  # for two independent events of the same probability
    pixels = events[:, 0::2] == events[:, 1::2]
    assert_frequency(
        pixels.sum(),
        pixels.numel(),
        equal,
        hint=hint,
        what="how often two neighbouring pixels have the same outcome",
    )
    images = events[0::2] == events[1::2]
    assert_frequency(
        images.sum(),
        images.numel(),
        equal,
        hint=hint,
        what="how often two images have the same outcome at a pixel",
    )


def assert_follows_generator(draw: Callable[[torch.Generator], Tensor], seed: int) -> None:
    """Fails unless the generator decides the draws: its seed does, and so does its current state."""
    __tracebackhide__ = True
    hint = "Pass `generator` on, unchanged, to every function that draws."
    first, again, other = (torch.Generator().manual_seed(s) for s in (seed, seed, seed + 1))
    drawn = draw(first)
    assert_tensor(drawn, hint=hint, what="the draw")
    assert_true(torch.equal(drawn, draw(again)), "equal generators give different draws", hint=hint)
    assert_true(
        not torch.equal(drawn, draw(other)), "generators of different seeds give equal draws", hint=hint
    )
    assert_true(not torch.equal(drawn, draw(first)), "two draws from one generator are the same", hint=hint)
