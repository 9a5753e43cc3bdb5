"""Coin-flip diffusion, questions 1a and 1b, compared with enumeration."""

import math
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
    coins,
    strided_coins,
)
from tests.support.compare import assert_close, assert_frequency, assert_true

DELTAS = st.floats(1e-4, 0.5)


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.task("diffusion.binary.flip_step")
@pytest.mark.parametrize(("delta", "flipped"), [(0.0, 0.0), (0.01, 0.01), (0.5, 0.5)])
def test_flip_share(hw, delta, flipped):
    """The share of flips is delta, from 0 to one half."""
    y = coins((3, 5, 7, 200), hw.generator(), up=0.9)
    got = hw("diffusion.binary.flip_step")(y, delta, generator=hw.generator())
    assert_pixels(got, y)
    assert_frequency((got != y).sum(), y.numel(), flipped, what="the share of flips")


@pytest.mark.task("diffusion.binary.flip_step")
def test_flip_step_follows_its_generator(hw):
    """The generator decides the draws."""
    y, step = coins((5, 9), hw.generator(), torch.float64), hw("diffusion.binary.flip_step")
    assert_pixels(step(y, 0.3, generator=hw.generator()), y)
    assert_follows_generator(lambda generator: step(y, 0.3, generator=generator), hw.seed)


@pytest.mark.task("diffusion.binary.flip_step")
def test_flip_step_on_strided_pixels(hw):
    """Both signs flip with the same probability, for every memory layout."""
    y = strided_coins((60, 40, 5), hw.generator(), torch.float64)
    got = hw("diffusion.binary.flip_step")(y, 0.1, generator=hw.generator())
    assert_pixels(got, y)
    for sign in (-1, 1):
        here = y == sign
        assert_frequency((got != y)[here].sum(), int(here.sum()), 0.1, what="the share of flips of one sign")


@pytest.mark.task("diffusion.binary.flip_step")
def test_number_of_flips_is_left_to_chance(hw):
    """In repeated draws with a batch of one, sometimes both pixels flip and sometimes none does."""
    y, step, generator = torch.ones(1, 2), hw("diffusion.binary.flip_step"), hw.generator()
    drawn = [step(y, 0.3, generator=generator) for _ in range(150)]
    for one in drawn:
        assert_pixels(one, y)
    got = torch.cat(drawn)
    alike = (got[:, 0] == got[:, 1]).sum()  # both flip with .09, none with .49
    assert_frequency(
        alike, 150, 0.58, hint="Each pixel has its own coin.", what="how often both pixels flip or none does"
    )


@pytest.mark.task("diffusion.binary.replace_step")
@pytest.mark.parametrize("delta", [0.0, 0.02, 0.5])
def test_replace_share(hw, delta):
    """The distribution of one step, from no replacement to certain replacement."""
    y = coins((3, 5, 7, 200), hw.generator(), torch.float64, up=0.9)
    got = hw("diffusion.binary.replace_step")(y, delta, generator=hw.generator())
    assert_pixels(got, y)
    for sign in (-1, 1):
        here = y == sign
        assert_frequency(
            (got != y)[here].sum(), int(here.sum()), delta, what="the share of flips of one sign"
        )


@pytest.mark.task("diffusion.binary.replace_step")
def test_replace_step_has_coins_for_each_pixel(hw):
    """Neither R nor F is shared between pixels or images."""
    y = -torch.ones(2000, 6)
    got = hw("diffusion.binary.replace_step")(y, 0.4, generator=hw.generator())
    assert_pixels(got, y)
    assert_independent(got != y, 0.4, hint="Flip both coins for every pixel of every image.")


@pytest.mark.task("diffusion.binary.replacement_probability")
@given(delta=DELTAS, t=st.integers(0, 40))
def test_replacement_against_enumeration(hw, delta, t):
    """The probability equals the sum over the steps at which the first replacement can happen."""
    got = hw("diffusion.binary.replacement_probability")(t, delta)
    assert_close(got, doubles(oracle.replaced_probability(t, delta)).reshape(()))


@pytest.mark.task("diffusion.binary.replacement_probability")
@pytest.mark.parametrize("t", [1, 3, 1000])
def test_replacement_by_rare_flips(hw, t):
    """The result is accurate if replacement is almost impossible."""
    delta = 1e-14
    expected = doubles(float(1 - (1 - 2 * Fraction(delta)) ** t)).reshape(())
    hint = "1 minus a number close to 1 loses digits."
    assert_close(hw("diffusion.binary.replacement_probability")(t, delta), expected, hint=hint, rtol=1e-11)


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


@pytest.mark.task("diffusion.binary.steps_to_mix")
def test_steps_for_tiny_tolerances(hw):
    """A tolerance can be far below the spacing of floats near 1."""
    # (3/5)^T <= 1e-30: T = 30 / log10(5/3) = 135.2...
    assert_close(hw("diffusion.binary.steps_to_mix")(0.2, 1e-30), math.ceil(30 / math.log10(5 / 3)))


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
