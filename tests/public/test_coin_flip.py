"""Coin-flip diffusion, questions 1a to 1d: the forward process, its limit, the direct sample and the posterior."""

import pytest
import torch

from tests.support.coins import assert_follows_generator, assert_independent, assert_pixels, coins
from tests.support.compare import assert_close, assert_frequency, assert_tensor, assert_true


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.task("diffusion.binary.flip_step")
def test_flip_step_flips_as_often_as_told(hw):
    """Each pixel changes its sign with probability delta, for both signs."""
    y = coins((400, 30), hw.generator(), up=0.8)
    got = hw("diffusion.binary.flip_step")(y, 0.2, generator=hw.generator())
    assert_pixels(got, y)
    for sign in (-1, 1):
        here = y == sign
        assert_frequency(
            (got != y)[here].sum(), int(here.sum()), 0.2, what=f"how often a pixel {sign:+d} flips"
        )


@pytest.mark.task("diffusion.binary.flip_step")
def test_flip_step_has_a_coin_for_each_pixel(hw):
    """Every pixel of every image has its own coin."""
    y = torch.ones(2000, 6)
    got = hw("diffusion.binary.flip_step")(y, 0.3, generator=hw.generator())
    assert_pixels(got, y)
    assert_independent(got != y, 0.3, hint="How many uniform numbers do B images of M pixels need?")


@pytest.mark.task("diffusion.binary.replace_step")
def test_replace_step_is_the_same_law(hw):
    """Pixels are replaced twice as often as they flip, because half of the replaced pixels keep their value."""
    y = coins((400, 30), hw.generator(), up=0.8)
    got = hw("diffusion.binary.replace_step")(y, 0.15, generator=hw.generator())
    assert_pixels(got, y)
    hint = "With which probability is R = 1, and what is the distribution of F then?"
    for sign in (-1, 1):
        here = y == sign
        assert_frequency(
            (got != y)[here].sum(), int(here.sum()), 0.15, hint=hint, what="how often a pixel flips"
        )


@pytest.mark.task("diffusion.binary.replace_step")
def test_replace_step_follows_its_generator(hw):
    """Equal generators give equal draws; a generator in a later state gives other draws."""
    y, step = torch.ones(8, 9), hw("diffusion.binary.replace_step")
    assert_follows_generator(lambda generator: step(y, 0.4, generator=generator), hw.seed)


@pytest.mark.task("diffusion.binary.replacement_probability")
def test_replacement_by_hand(hw):
    """Each of three steps replaces half of the pixels; before the first step no pixel is replaced."""
    # 2 delta = 1/2: not replaced in 0, 1, 2, 3 steps with probability 1, 1/2, 1/4, 1/8.
    got = hw("diffusion.binary.replacement_probability")(torch.tensor([0, 1, 2, 3]), 0.25)
    assert_close(
        got, doubles(0, 1 / 2, 3 / 4, 7 / 8), hint="What must happen so that a pixel is NOT replaced?"
    )


@pytest.mark.task("diffusion.binary.replacement_probability")
def test_replacement_for_one_time(hw):
    """An int gives a 0-dim float64 tensor."""
    # 1 - (4/5)^2 = 9/25
    assert_close(
        hw("diffusion.binary.replacement_probability")(2, 0.1), torch.tensor(0.36, dtype=torch.float64)
    )


@pytest.mark.task("diffusion.binary.steps_to_mix")
@pytest.mark.parametrize(("tolerance", "steps"), [(0.13, 3), (0.12, 4)])
def test_steps_until_little_is_left(hw, tolerance, steps):
    """Every step removes half of what is left; one eighth is left after three steps."""
    assert_close(
        hw("diffusion.binary.steps_to_mix")(0.25, tolerance), steps, hint="The smallest T that is enough."
    )


@pytest.mark.task("diffusion.binary.q_sample")
@pytest.mark.parametrize(("t", "flipped"), [(1, 0.25), (2, 0.375)])
def test_direct_sample_flips_as_often_as_its_steps(hw, t, flipped):
    """One step flips a pixel with probability delta; two steps flip it if exactly one of them does."""
    # delta = 1/4: 2 * 1/4 * 3/4 = 3/8
    y_0 = coins((300, 40), hw.generator(), up=0.7)
    got = hw("diffusion.binary.q_sample")(y_0, t, 0.25, generator=hw.generator())
    assert_pixels(got, y_0)
    hint = "A replaced pixel is a fair coin. How often does its sign differ from the sign before?"
    assert_frequency((got != y_0).sum(), y_0.numel(), flipped, hint=hint, what="the share of flipped pixels")


@pytest.mark.task("diffusion.binary.q_sample")
def test_direct_sample_takes_a_time_for_each_image(hw):
    """At t = 0 an image is unchanged, at t = 1 a quarter of it flips, and at t = 100 it is pure noise."""
    t = torch.tensor([0, 1, 100])
    y_0 = coins((3, 4000), hw.generator())
    got = hw("diffusion.binary.q_sample")(y_0, t, 0.25, generator=hw.generator())
    assert_pixels(got, y_0)
    flips = (got != y_0).sum(dim=1)
    assert_frequency(
        flips, 4000, doubles(0, 0.25, 0.5), hint="Row b has time t[b].", what="the share of flips in an image"
    )


@pytest.mark.task("diffusion.binary.posterior")
def test_posterior_at_the_first_step(hw):
    """At t = 1 the previous pixel is the clean pixel."""
    y_t, y_0 = torch.tensor([[1.0, 1.0, -1.0, -1.0]]), torch.tensor([[1.0, -1.0, 1.0, -1.0]])
    got = hw("diffusion.binary.posterior")(y_t, y_0, 1, 0.1)
    assert_close(got, torch.tensor([[1.0, 0.0, 1.0, 0.0]]), hint="What is Y_0 given Y_0?")


@pytest.mark.task("diffusion.binary.posterior")
def test_posterior_by_hand(hw):
    """Two steps with delta = 1/4: all paths are counted for the four cases of y and x."""
    # From x = +1 to y = +1: both steps stay (9/16, through +1) or both flip (1/16, through -1): 9/10 through +1.
    # From x = +1 to y = -1: stay-flip (3/16, through +1) or flip-stay (3/16, through -1): 1/2. The rest by symmetry.
    y_t, y_0 = doubles(1, 1, -1, -1).reshape(1, 4), doubles(1, -1, 1, -1).reshape(1, 4)
    got = hw("diffusion.binary.posterior")(y_t, y_0, torch.tensor([2]), 0.25)
    assert_close(
        got, doubles(0.9, 0.5, 0.5, 0.1).reshape(1, 4), hint="Which paths from x to y pass through +1?"
    )


@pytest.mark.task("diffusion.binary.posterior")
def test_posterior_is_symmetric(hw):
    """If all signs are swapped, every probability p becomes 1 - p."""
    y_t, y_0 = coins((5, 7), hw.generator()), coins((5, 7), hw.generator())
    t, posterior = torch.tensor([1, 2, 3, 5, 8]), hw("diffusion.binary.posterior")
    got, mirrored = posterior(y_t, y_0, t, 0.07), posterior(-y_t, -y_0, t, 0.07)
    assert_tensor(got, shape=(5, 7), dtype=torch.float32)
    assert_tensor(mirrored, shape=(5, 7), dtype=torch.float32)
    assert_close(
        got + mirrored, torch.ones(5, 7), hint="P(+1) and P(-1) add up to 1.", what="the sum of both"
    )
    assert_true(bool(((got >= 0) & (got <= 1)).all()), "a probability is outside [0, 1]")
