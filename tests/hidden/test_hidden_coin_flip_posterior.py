"""Coin-flip diffusion, question 1d: the posterior, compared with enumeration of all flip paths."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import coin_flip as oracle
from tests.support.coins import coins, strided_coins
from tests.support.compare import assert_close, assert_tensor, assert_true


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.task("diffusion.binary.posterior")
def test_posterior_of_square_batches(hw):
    """The posterior of a single-precision, non-contiguous batch with as many pixels as images."""
    y_t, y_0 = strided_coins((5, 5), hw.generator()), coins((5, 5), hw.generator())
    t = torch.tensor([4, 1, 7, 2, 3])
    got = hw("diffusion.binary.posterior")(y_t, y_0, t, 0.1)
    assert_close(got, oracle.posterior(y_t, y_0, t, 0.1), hint="Row b has time t[b].")


@pytest.mark.task("diffusion.binary.posterior")
@given(delta=st.floats(1e-4, 0.5), t=st.integers(1, 300))
def test_posterior_keeps_the_tower_law(hw, delta, t):
    """The average of the posterior over y is the distribution at t - 1."""
    y_t, y_0 = doubles(1, -1, 1, -1).reshape(1, 4), doubles(1, 1, -1, -1).reshape(1, 4)
    got = hw("diffusion.binary.posterior")(y_t, y_0, t, delta)
    assert_tensor(got, shape=(1, 4), dtype=torch.float64)
    assert_true(bool(((got >= 0) & (got <= 1 + 1e-12)).all()), "a probability is outside [0, 1]")
    after, before = (oracle.flip_probability(steps, delta) for steps in (t, t - 1))
    up = (1 - after) * got[0, 0] + after * got[0, 1], after * got[0, 2] + (1 - after) * got[0, 3]
    hint = "What is the sum over y of P(y given x) times the posterior?"
    assert_close(
        torch.stack(up), doubles(1 - before, before), hint=hint, what="the average over y", atol=1e-11
    )


@pytest.mark.task("diffusion.binary.posterior")
def test_posterior_at_the_first_step_is_certain(hw):
    """At t = 1 the posterior is exactly 0 or 1, for every delta and in batches with different times."""
    y_t, y_0 = coins((4, 9), hw.generator()), coins((4, 9), hw.generator())
    for delta in (0.05, 0.1, 0.37, 0.5):
        got = hw("diffusion.binary.posterior")(y_t, y_0, torch.tensor([1, 3, 1, 1]), delta)
        assert_tensor(got, shape=(4, 9), dtype=torch.float32)
        first = got[torch.tensor([0, 2, 3])]
        wanted = (y_0[torch.tensor([0, 2, 3])] + 1) / 2
        assert_close(first, wanted, hint="What is Y_0 given Y_0?", rtol=0, atol=1e-5)
