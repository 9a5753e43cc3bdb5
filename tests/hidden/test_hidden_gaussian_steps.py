"""Gaussian diffusion, question 2c: one reverse step, and the times of a strided chain."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import gaussian as oracle
from tests.support.compare import assert_close, assert_tensor, assert_true

BETAS = torch.tensor([0.0, 0.3, 0.05, 0.5, 0.2, 0.4], dtype=torch.float64)
ALPHAS_CUMPROD = oracle.cumulative_alphas(BETAS)
LAST = 5


def normal(hw, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=hw.generator(), dtype=dtype)


@pytest.mark.task("diffusion.gaussian.ddpm_step")
@pytest.mark.parametrize("variance", ["posterior", "beta"])
@pytest.mark.parametrize("clip", [None, 0.7])
def test_ddpm_step_is_a_draw_of_the_posterior(hw, variance, clip):
    """One step at every time, for both variances, with and without clamping."""
    x_0, eps_hat, noise = normal(hw, 2, 5).T, normal(hw, 5, 2), normal(hw, 5, 2)
    hint = "Clamp x_0_hat, then take its posterior. Which variance is requested, and is there noise at t = 1?"
    for t in range(1, LAST + 1):
        x_t = oracle.noised(x_0, t, eps_hat, ALPHAS_CUMPROD)
        guess = x_0 if clip is None else x_0.clamp(-clip, clip)
        mean, variances = oracle.posterior_all(x_t, guess, [t] * 5, BETAS)
        spread = math.sqrt({"posterior": variances[0], "beta": float(BETAS[t])}[variance]) if t > 1 else 0.0
        got = hw("diffusion.gaussian.ddpm_step")(
            eps_hat, x_t, t, BETAS, ALPHAS_CUMPROD, noise=noise, variance=variance, clip=clip
        )
        assert_close(got, mean + spread * noise, what=f"the step at t = {t}", hint=hint)


def ddim_expected(x_0, eps, t, t_prev, eta, noise):
    """Song et al. equation 12, with sigma from equation 16."""
    a, a_prev = ALPHAS_CUMPROD[t].item(), ALPHAS_CUMPROD[t_prev].item()
    variance = eta**2 * (1 - a_prev) * (a_prev - a) / ((1 - a) * a_prev)
    along = math.sqrt(max(1 - a_prev - variance, 0.0))
    return math.sqrt(a_prev) * x_0 + along * eps + math.sqrt(variance) * noise


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_explains_x_t_with_the_clamped_guess(hw):
    """When x_0_hat is clamped, eps_hat is computed again."""
    x_0, eps_hat, noise = 2 * normal(hw, 3, 5), normal(hw, 3, 5), normal(hw, 3, 5)
    x_t, guess = oracle.noised(x_0, 4, eps_hat, ALPHAS_CUMPROD), x_0.clamp(-0.5, 0.5)
    eps = (x_t - ALPHAS_CUMPROD[4].sqrt() * guess) / (1 - ALPHAS_CUMPROD[4]).sqrt()
    got = hw("diffusion.gaussian.ddim_step")(
        eps_hat, x_t, 4, 2, ALPHAS_CUMPROD, eta=0.5, noise=noise, clip=0.5
    )
    assert_close(
        got, ddim_expected(guess, eps, 4, 2, 0.5, noise), hint="Do x_0_hat and eps_hat still give x_t?"
    )


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_with_full_randomness_is_ddpm(hw):
    """With eta = 1 and neighbouring times the step is a draw from the posterior."""
    x_0, eps_hat, noise = normal(hw, 2, 3), normal(hw, 2, 3), normal(hw, 2, 3)
    for t in range(1, LAST + 1):
        x_t = oracle.noised(x_0, t, eps_hat, ALPHAS_CUMPROD)
        mean, variances = oracle.posterior_all(x_t, x_0, [t, t], BETAS)
        got = hw("diffusion.gaussian.ddim_step")(eps_hat, x_t, t, t - 1, ALPHAS_CUMPROD, eta=1.0, noise=noise)
        expected = mean + math.sqrt(variances[0]) * noise
        hint = "Compare sigma with the standard deviation of the posterior."
        assert_close(got, expected, what=f"the step at t = {t}", hint=hint)


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_with_too_much_randomness_stays_finite(hw):
    """A large eta leaves no variance for eps_hat. Without noise the last term is 0."""
    x_0, eps_hat, noise = (normal(hw, 2, 3, dtype=torch.float32) for _ in range(3))
    step, x_t = hw("diffusion.gaussian.ddim_step"), oracle.noised(x_0, 5, eps_hat, ALPHAS_CUMPROD)
    got = step(eps_hat, x_t, 5, 4, ALPHAS_CUMPROD, eta=3.0, noise=noise)
    hint = "What is under the square root?"
    assert_close(got, ddim_expected(x_0, eps_hat, 5, 4, 3.0, noise), atol=1e-5, hint=hint)
    got = step(eps_hat, x_t, 5, 2, ALPHAS_CUMPROD, eta=0.5)
    assert_close(got, ddim_expected(x_0, eps_hat, 5, 2, 0.5, torch.zeros_like(noise)), atol=1e-5, hint=hint)


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_after_tiny_steps(hw):
    """Tiny amounts of noise stay precise for single-precision data."""
    alphas_cumprod = oracle.cumulative_alphas(torch.tensor([0, 1e-6, 3e-6], dtype=torch.float64))
    eps_hat = normal(hw, 2, 5, dtype=torch.float32)
    x_t = (eps_hat * (1 - alphas_cumprod[2]).sqrt()).float()
    got = hw("diffusion.gaussian.ddim_step")(eps_hat, x_t, 2, 1, alphas_cumprod)
    hint = "At first 1 - alphas_cumprod is tiny. In which dtype do you compute it?"
    assert_close(got, (eps_hat * (1 - alphas_cumprod[1]).sqrt()).float(), hint=hint)


@pytest.mark.task("diffusion.samplers.strided_times")
def test_strided_times_for_all_sizes(hw):
    """The times decrease strictly from T to 0, as evenly as possible, for any number of steps."""

    @given(st.integers(1, 60), st.data())
    def check(last, data):
        steps = data.draw(st.integers(1, last))
        times = hw("diffusion.samplers.strided_times")(last, steps)
        assert_tensor(
            times, shape=(steps + 1,), dtype=torch.int64, what="the times", hint="The result is Long[S + 1]."
        )
        gaps = times[:-1] - times[1:]
        ends = int(times[0]) == last and int(times[-1]) == 0
        assert_true(
            ends, "the times do not go from T to 0", hint="The first time is T and the last time is 0."
        )
        even = bool((gaps >= 1).all()) and int(gaps.max() - gaps.min()) <= 1
        hint = "Round the times, not the gap."
        assert_true(even, "the gaps differ by more than 1, or a time occurs twice", hint=hint)

    check()


@pytest.mark.task("diffusion.samplers.strided_times")
@pytest.mark.parametrize(
    ("last", "steps"), [(1000, 1000), (1000, 1), (1000, 999), (1000, 37), (2**27 + 5, 4)]
)
def test_strided_times_of_a_long_process(hw, last, steps):
    """All the times, only one step, and T not divisible by S."""
    times = hw("diffusion.samplers.strided_times")(last, steps)
    assert_tensor(
        times, shape=(steps + 1,), dtype=torch.int64, what="the times", hint="The result is Long[S + 1]."
    )
    gaps = times[:-1] - times[1:]
    even = int(gaps.min()) == last // steps and int(gaps.max()) == -(-last // steps)
    ends = int(times[0]) == last and int(times[-1]) == 0
    assert_true(
        even and ends, "the times are not evenly spaced from T to 0", hint="Round the times, not the gap."
    )
