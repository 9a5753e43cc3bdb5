"""Coin-flip diffusion, questions 1a and 1b, compared with enumeration."""

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import coin_flip as oracle
from tests.support.coins import (
    assert_follows_generator,
    assert_independent,
    assert_pixels,
    strided_coins,
)
from tests.support.compare import assert_close, assert_frequency, assert_true


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.task("diffusion.binary.flip_step")
def test_flip_step_on_strided_pixels(hw):
    """Both signs flip with the same probability, for every memory layout."""
    y = strided_coins((60, 40, 5), hw.generator(), torch.float64)
    got = hw("diffusion.binary.flip_step")(y, 0.1, generator=hw.generator())
    assert_pixels(got, y)
    for sign in (-1, 1):
        here = y == sign
        assert_frequency((got != y)[here].sum(), int(here.sum()), 0.1, what="the share of flips of one sign")


@pytest.mark.task("diffusion.binary.replacement_probability")
def test_replacement_at_the_ends(hw):
    """Before the first step no pixel is replaced, even with fair coins; after it all are."""
    probability = hw("diffusion.binary.replacement_probability")
    assert_close(probability(torch.tensor([0, 1, 5, 0]), 0.5), doubles(0, 1, 1, 0))
    assert_close(probability(torch.tensor([0, 4, 7]), 0.0), doubles(0, 0, 0))
    assert_close(
        probability(torch.tensor([3]), 0.1), doubles(oracle.replaced_probability(3, Fraction(1, 10)))
    )


@pytest.mark.task("diffusion.binary.steps_to_mix")
@given(delta=st.floats(1e-3, 0.49), exponent=st.floats(-6, -0.01))
def test_steps_are_the_fewest(hw, delta, exponent):
    """The result is enough steps, and one step less is not enough."""
    tolerance = 10**exponent
    got = hw("diffusion.binary.steps_to_mix")(delta, tolerance)
    assert_true(
        isinstance(got, int), f"the result is a {type(got).__name__}; expected an int", failure="type"
    )
    assert_true(abs(got) < 100_000, "the number of steps is far from the right one")
    kept = 1 - 2 * Fraction(delta)
    left, before = kept**got, kept ** (got - 1)
    near = Fraction(1, 10**9)  # rounding can decide a tie
    hint = "Round in the right direction."
    assert_true(left <= tolerance * (1 + near), "the number of steps is too small", hint=hint)
    hint = "Round in the right direction."
    assert_true(before > tolerance * (1 - near), "the number of steps is too large", hint=hint)


@pytest.mark.task("diffusion.binary.steps_to_mix")
def test_steps_at_the_ends(hw):
    """A large tolerance needs no step, and fair coins need one step. Exactly the tolerance is enough."""
    steps = hw("diffusion.binary.steps_to_mix")
    for delta in (0.1, 0.5):
        assert_close(steps(delta, 1.0), 0, hint="How large is the tolerance?")
    assert_close(steps(0.5, 1e-9), 1, hint="What does one step with delta = 1/2 leave?")
    assert_close(steps(0.25, 0.125), 3, hint="The tolerance is an upper bound: at most.")  # (1/2)^3


@pytest.mark.task("diffusion.binary.q_sample")
@pytest.mark.parametrize("delta", [0.03, 0.2])
def test_direct_sample_has_the_law_of_its_steps(hw, delta):
    """Each image flips as often as after its own number of steps, for both signs."""
    t = torch.tensor([0, 1, 2, 5, 13])
    y_0 = strided_coins((5, 60, 50, 2), hw.generator(), torch.float64)
    got = hw("diffusion.binary.q_sample")(y_0, t, delta, generator=hw.generator())
    assert_pixels(got, y_0)
    expected = doubles(*(oracle.flip_probability(int(steps), delta) for steps in t))
    for sign in (-1, 1):
        here = y_0 == sign
        for row in range(5):
            flips = (got != y_0)[row][here[row]]
            assert_frequency(flips.sum(), flips.numel(), expected[row], what="the share of flips of one sign")


@pytest.mark.task("diffusion.binary.q_sample")
@pytest.mark.parametrize("t", [0, 3, 10**6])
def test_direct_sample_at_one_time(hw, t):
    """For an int t, from 0 to more steps than a loop can run."""
    y_0 = torch.ones(1, 6000)
    got = hw("diffusion.binary.q_sample")(y_0, t, 0.1, generator=hw.generator())
    assert_pixels(got, y_0)
    # After 200 steps the probability is within 1e-19 of its limit.
    expected = oracle.flip_probability(min(t, 200), Fraction(1, 10))
    assert_frequency((got != y_0).sum(), 6000, expected, what="the share of flips")


@pytest.mark.task("diffusion.binary.q_sample")
def test_direct_sample_has_coins_for_each_pixel(hw):
    """No coin is shared between pixels or images, and the generator decides all of them."""
    y_0, sample = torch.ones(2000, 6), hw("diffusion.binary.q_sample")
    got = sample(y_0, 2, 0.2, generator=hw.generator())
    assert_pixels(got, y_0)
    assert_independent(got != y_0, oracle.flip_probability(2, 0.2), hint="Every pixel needs its own coins.")
    times = torch.tensor([1, 2, 3, 4])
    assert_follows_generator(lambda generator: sample(y_0[:4], times, 0.3, generator=generator), hw.seed)


@pytest.mark.task("diffusion.binary.q_sample")
def test_direct_sample_of_square_batches(hw):
    """A time belongs to an image, even if there are as many pixels as images."""
    y_0, t = torch.ones(60, 60), torch.tensor([0, 1000]).repeat(30)
    got = hw("diffusion.binary.q_sample")(y_0, t, 0.1, generator=hw.generator())
    assert_pixels(got, y_0)
    flips = (got != y_0).reshape(30, 2, 60).sum(dim=(0, 2))
    assert_frequency(
        flips, 1800, doubles(0, 0.5), hint="Row b has time t[b].", what="the share of flips in an image"
    )
