"""Gaussian diffusion, questions 2a and 2b: schedules, the forward process and its posterior."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import gaussian as oracle
from tests.support.compare import assert_close, assert_tensor, assert_true
from tests.support.noise_predictors import column

STEPS = 7


def normal(hw, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=hw.generator(), dtype=dtype)


@pytest.mark.task("diffusion.schedules.cumulative_alphas")
def test_signal_left(hw):
    """alphas_cumprod after each of many steps, also for a non-contiguous schedule."""
    betas = oracle.unsorted_betas(40).repeat_interleave(2)[::2]
    got = hw("diffusion.schedules.cumulative_alphas")(betas)
    hint = "From the first step on, every step multiplies the remaining signal."
    assert_close(got, oracle.cumulative_alphas(betas), hint=hint)


@pytest.mark.task("diffusion.schedules.cumulative_alphas")
def test_signal_only_ever_shrinks(hw):
    """For all betas, alphas_cumprod starts at 1 and never grows. Single precision stays single precision."""

    @given(st.lists(st.floats(0, 0.999), min_size=1, max_size=9))
    def check(betas):
        got = hw("diffusion.schedules.cumulative_alphas")(torch.tensor([0.0, *betas]))
        assert_tensor(got, shape=(len(betas) + 1,), dtype=torch.float32, what="alphas_cumprod")
        falls = bool((got.diff() <= 1e-6).all() and got[0] == 1 and (got >= -1e-6).all())  # up to rounding
        assert_true(
            falls, "alphas_cumprod grows or does not start at 1", hint="How much signal is left at time 0?"
        )
        expected = oracle.cumulative_alphas(torch.tensor([0.0, *betas]))
        assert_close(got, expected.float(), atol=1e-6, hint="Every step multiplies the remaining signal.")

    check()


@pytest.mark.task("diffusion.gaussian.forward_step")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_forward_step_on_images(hw, dtype):
    """Non-contiguous images, with one time for each image."""
    betas, t = oracle.unsorted_betas(STEPS), torch.tensor([STEPS, 1, 3])
    x = normal(hw, 3, 5, 7, 2, dtype=dtype).permute(0, 3, 1, 2)
    noise = normal(hw, 3, 2, 5, 7, dtype=dtype)
    got = hw("diffusion.gaussian.forward_step")(x, t, betas, noise)
    keep, spread = column((1 - betas[t]).sqrt(), x), column(betas[t].sqrt(), x)  # eq. (5) of the handout
    assert_close(
        got, keep * x + spread * noise, hint="Each image has its own time. Keep the dtype of the data."
    )


@pytest.mark.task("diffusion.gaussian.q_sample")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_q_sample_has_the_law_of_the_steps(hw, dtype):
    """Mean and standard deviation equal those of t single steps, at every time and for every shape."""
    betas, t = oracle.unsorted_betas(STEPS), torch.arange(STEPS + 1)
    alphas_cumprod, q_sample = oracle.cumulative_alphas(betas), hw("diffusion.gaussian.q_sample")
    x, noise = (
        normal(hw, STEPS + 1, 2, 3, dtype=dtype).transpose(1, 2),
        normal(hw, STEPS + 1, 3, 2, dtype=dtype),
    )
    signal, spread = (column(factor, x) for factor in oracle.forward_factors(betas, t))
    hint = "The noises of t steps have one total variance. Which?"
    assert_close(q_sample(x, t, alphas_cumprod, noise), signal * x + spread * noise, hint=hint)
    flat = q_sample(x[:, 0, 0], t, alphas_cumprod, noise[:, 0, 0])
    assert_close(
        flat, (signal * x + spread * noise)[:, 0, 0], what="the result for data of shape [B]", hint=hint
    )
    got = q_sample(x, 5, alphas_cumprod, noise)
    assert_close(got, signal[5] * x + spread[5] * noise, what="the result for an int t", hint=hint)


@pytest.mark.task("diffusion.gaussian.q_sample")
def test_q_sample_after_tiny_steps(hw):
    """Tiny amounts of noise stay precise for single-precision data."""
    betas, t = torch.tensor([0, 1e-6, 3e-6], dtype=torch.float64), torch.tensor([1, 2])
    x, noise = torch.zeros(2, 5), normal(hw, 2, 5, dtype=torch.float32)
    got = hw("diffusion.gaussian.q_sample")(x, t, oracle.cumulative_alphas(betas), noise)
    _, spread = oracle.forward_factors(betas, t)
    hint = "At first 1 - alphas_cumprod is tiny. In which dtype do you compute it?"
    assert_close(got, (column(spread, x) * noise).float(), hint=hint)


@pytest.mark.task("diffusion.gaussian.prior_kl")
def test_prior_kl_of_a_long_process(hw):
    """A divergence near 0 stays small and positive in single precision."""
    # -a - ln(1 - a) = a^2 / 2 + a^3 / 3 + ... . So each dimension gives (a x^2 + a^2 / 2) / 2, a = 1e-5.
    x, a = normal(hw, 3, 5, dtype=torch.float32), 1e-5
    got = hw("diffusion.gaussian.prior_kl")(x, torch.tensor([1, 0.5, a], dtype=torch.float64))
    expected = 0.5 * (a * x.double() ** 2 + a**2 / 2).sum(1)
    assert_close(got, expected.float(), hint="In which dtype do you subtract two nearly equal numbers?")


@pytest.mark.task("diffusion.gaussian.posterior")
def test_posterior_of_a_thousand_small_steps(hw):
    """The coefficients stay precise for single-precision data."""
    betas, t = oracle.linear_betas(1000), torch.tensor([2, 3, 1000])
    x_t, x_0 = normal(hw, 3, 5, dtype=torch.float32), normal(hw, 3, 5, dtype=torch.float32)
    mean, variance = hw("diffusion.gaussian.posterior")(x_t, x_0, t, betas, oracle.cumulative_alphas(betas))
    expected, variances = oracle.posterior_all(x_t, x_0, t.tolist(), betas)
    hint = "At first 1 - alphas_cumprod is tiny. Cast to the dtype of the data last."
    assert_close(mean, expected.float(), what="the mean", hint=hint)
    wide = torch.tensor(variances, dtype=torch.float32).view(-1, 1)
    assert_close(variance, wide, what="the variance", atol=0.0, hint=hint)
