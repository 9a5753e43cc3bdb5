"""Gaussian diffusion, question 2c: one reverse step, and the times of a strided chain."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import gaussian as oracle
from tests.support.compare import assert_close, assert_gradient, assert_tensor, assert_true

BETAS = torch.tensor([0.0, 0.3, 0.05, 0.5, 0.2, 0.4], dtype=torch.float64)
SHARES = oracle.left_of_signal(BETAS)
LAST = 5


def normal(hw, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=hw.generator(), dtype=dtype)


@pytest.mark.task("diffusion.gaussian.ddpm_step")
@pytest.mark.parametrize("variance", ["posterior", "beta"])
@pytest.mark.parametrize("clip", [None, 0.7])
def test_ddpm_step_is_a_draw_of_the_posterior(hw, variance, clip):
    """At every time, with either variance, with and without clamping."""
    x_0, eps_hat, noise = normal(hw, 2, 5).T, normal(hw, 5, 2), normal(hw, 5, 2)
    hint = "Clamp x_0_hat, then take its posterior. Which variance is asked for, and is there one at t = 1?"
    for t in range(1, LAST + 1):
        x_t = oracle.noised(x_0, t, eps_hat, SHARES)
        guess = x_0 if clip is None else x_0.clamp(-clip, clip)
        mean, variances = oracle.posterior_all(x_t, guess, [t] * 5, BETAS)
        spread = math.sqrt({"posterior": variances[0], "beta": float(BETAS[t])}[variance]) if t > 1 else 0.0
        got = hw("diffusion.gaussian.ddpm_step")(
            eps_hat, x_t, t, BETAS, SHARES, noise=noise, variance=variance, clip=clip
        )
        assert_close(got, mean + spread * noise, what=f"the step at t = {t}", hint=hint)


@pytest.mark.task("diffusion.gaussian.ddpm_step")
def test_ddpm_step_without_noise_is_the_mean(hw):
    """No noise, no draw; single-precision images stay what they are."""
    x_0, eps_hat = (normal(hw, 2, 3, 5, 7, dtype=torch.float32) for _ in range(2))
    x_t = oracle.noised(x_0, 3, eps_hat, SHARES)
    got = hw("diffusion.gaussian.ddpm_step")(eps_hat, x_t, 3, BETAS, SHARES, variance="beta")
    expected, _ = oracle.posterior_all(x_t, x_0, [3, 3], BETAS)
    assert_close(
        got, expected.float(), atol=1e-5, hint="Without noise the mean is returned, in the data's dtype."
    )


@pytest.mark.task("diffusion.gaussian.ddpm_step")
@pytest.mark.parametrize("t", [1, 4])
def test_ddpm_step_is_differentiable(hw, t):
    """Gradients reach x_t and the network's guess."""
    share, eps_hat, x_t = SHARES[t].item(), normal(hw, 2, 3), normal(hw, 2, 3)
    reply = hw("diffusion.gaussian.ddpm_step").ask(
        eps_hat=eps_hat,
        x_t=x_t,
        t=t,
        betas=BETAS,
        alphas_cumprod=SHARES,
        noise=normal(hw, 2, 3),
        grad_of=("eps_hat", "x_t"),
    )

    def mean(x, eps):
        return oracle.posterior(x, (x - math.sqrt(1 - share) * eps) / math.sqrt(share), t, BETAS)[0]

    hint = "Whoever takes the step decides whether a graph is kept: where is it cut in yours?"
    assert_gradient(reply.grads["x_t"], torch.full_like(x_t, mean(1.0, 0.0)), hint=hint)
    assert_gradient(reply.grads["eps_hat"], torch.full_like(x_t, mean(0.0, 1.0)), hint=hint)


def ddim_expected(x_0, eps, t, t_prev, eta, noise):
    """Song et al. equation 12, with equation 16's sigma written as the spread that is left to draw."""
    a, a_prev = SHARES[t].item(), SHARES[t_prev].item()
    variance = eta**2 * (1 - a_prev) * (a_prev - a) / ((1 - a) * a_prev)
    along = math.sqrt(max(1 - a_prev - variance, 0.0))
    return math.sqrt(a_prev) * x_0 + along * eps + math.sqrt(variance) * noise


@pytest.mark.task("diffusion.gaussian.ddim_step")
@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
def test_ddim_step_over_every_gap(hw, eta):
    """From every time to every earlier one."""
    x_0, eps_hat, noise = normal(hw, 3, 2).T, normal(hw, 2, 3), normal(hw, 2, 3)
    hint = "a_prev belongs to t_prev, not to t - 1; sigma is a standard deviation."
    for t in range(1, LAST + 1):
        for t_prev in range(t):
            x_t = oracle.noised(x_0, t, eps_hat, SHARES)
            got = hw("diffusion.gaussian.ddim_step")(eps_hat, x_t, t, t_prev, SHARES, eta=eta, noise=noise)
            expected = ddim_expected(x_0, eps_hat, t, t_prev, eta, noise)
            assert_close(got, expected, what=f"the step from {t} to {t_prev}", hint=hint)


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_explains_x_t_with_the_clamped_guess(hw):
    """When the guess is clamped, the noise is worked out anew."""
    x_0, eps_hat, noise = 2 * normal(hw, 3, 5), normal(hw, 3, 5), normal(hw, 3, 5)
    x_t, guess = oracle.noised(x_0, 4, eps_hat, SHARES), x_0.clamp(-0.5, 0.5)
    eps = (x_t - SHARES[4].sqrt() * guess) / (1 - SHARES[4]).sqrt()
    got = hw("diffusion.gaussian.ddim_step")(eps_hat, x_t, 4, 2, SHARES, eta=0.5, noise=noise, clip=0.5)
    assert_close(
        got, ddim_expected(guess, eps, 4, 2, 0.5, noise), hint="Do x_0_hat and eps_hat still explain x_t?"
    )


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_with_full_randomness_is_ddpm(hw):
    """With eta = 1 and neighbouring times the step is a draw of the posterior."""
    x_0, eps_hat, noise = normal(hw, 2, 3), normal(hw, 2, 3), normal(hw, 2, 3)
    for t in range(1, LAST + 1):
        x_t = oracle.noised(x_0, t, eps_hat, SHARES)
        mean, variances = oracle.posterior_all(x_t, x_0, [t, t], BETAS)
        got = hw("diffusion.gaussian.ddim_step")(eps_hat, x_t, t, t - 1, SHARES, eta=1.0, noise=noise)
        expected = mean + math.sqrt(variances[0]) * noise
        assert_close(
            got, expected, what=f"the step at t = {t}", hint="Compare sigma with the posterior's spread."
        )


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_with_too_much_randomness_stays_finite(hw):
    """An eta above 1 leaves no room for eps_hat; without noise the last term is left out."""
    x_0, eps_hat, noise = (normal(hw, 2, 3, dtype=torch.float32) for _ in range(3))
    step, x_t = hw("diffusion.gaussian.ddim_step"), oracle.noised(x_0, 5, eps_hat, SHARES)
    got = step(eps_hat, x_t, 5, 4, SHARES, eta=3.0, noise=noise)
    hint = "What stands under the square root?"
    assert_close(got, ddim_expected(x_0, eps_hat, 5, 4, 3.0, noise), atol=1e-5, hint=hint)
    got = step(eps_hat, x_t, 5, 2, SHARES, eta=0.5)
    assert_close(got, ddim_expected(x_0, eps_hat, 5, 2, 0.5, torch.zeros_like(noise)), atol=1e-5, hint=hint)


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_after_tiny_steps(hw):
    """Single-precision data does not make tiny amounts of noise imprecise."""
    shares = oracle.left_of_signal(torch.tensor([0, 1e-6, 3e-6], dtype=torch.float64))
    eps_hat = normal(hw, 2, 5, dtype=torch.float32)
    x_t = (eps_hat * (1 - shares[2]).sqrt()).float()
    got = hw("diffusion.gaussian.ddim_step")(eps_hat, x_t, 2, 1, shares)
    hint = "1 - alphas_cumprod is tiny at first: in which dtype is it worked out?"
    assert_close(got, (eps_hat * (1 - shares[1]).sqrt()).float(), hint=hint)


@pytest.mark.task("diffusion.gaussian.ddim_step")
@pytest.mark.parametrize("t_prev", [0, 2])
def test_ddim_step_is_differentiable(hw, t_prev):
    """Gradients reach x_t and the network's guess."""
    share, eps_hat, x_t = SHARES[4].item(), normal(hw, 2, 3), normal(hw, 2, 3)
    reply = hw("diffusion.gaussian.ddim_step").ask(
        eps_hat=eps_hat,
        x_t=x_t,
        t=4,
        t_prev=t_prev,
        alphas_cumprod=SHARES,
        eta=0.5,
        noise=normal(hw, 2, 3),
        grad_of=("eps_hat", "x_t"),
    )

    def mean(x, eps):
        x_0 = (x - math.sqrt(1 - share) * eps) / math.sqrt(share)
        return ddim_expected(x_0, eps, 4, t_prev, 0.5, 0.0)

    hint = "Whoever takes the step decides whether a graph is kept: where is it cut in yours?"
    assert_gradient(reply.grads["x_t"], torch.full_like(x_t, mean(1.0, 0.0)), hint=hint)
    assert_gradient(reply.grads["eps_hat"], torch.full_like(x_t, mean(0.0, 1.0)), hint=hint)


@pytest.mark.task("diffusion.samplers.strided_times")
def test_strided_times_for_all_sizes(hw):
    """From T to 0, strictly down, as evenly as possible, for any number of steps."""

    @given(st.integers(1, 60), st.data())
    def law(last, data):
        steps = data.draw(st.integers(1, last))
        times = hw("diffusion.samplers.strided_times")(last, steps)
        assert_tensor(times, shape=(steps + 1,), dtype=torch.int64, what="the times", hint="Long[S + 1].")
        gaps = times[:-1] - times[1:]
        ends = int(times[0]) == last and int(times[-1]) == 0
        assert_true(ends, "the times do not go from T to 0", hint="The first is T and the last is 0.")
        even = bool((gaps >= 1).all()) and int(gaps.max() - gaps.min()) <= 1
        assert_true(
            even, "the gaps differ by more than 1, or a time comes twice", hint="Round times, not the gap."
        )

    law()


@pytest.mark.task("diffusion.samplers.strided_times")
@pytest.mark.parametrize(("last", "steps"), [(1000, 1000), (1000, 1), (1000, 999), (1000, 37)])
def test_strided_times_of_a_long_process(hw, last, steps):
    """All the times, only one step, and numbers that do not divide."""
    times = hw("diffusion.samplers.strided_times")(last, steps)
    assert_tensor(times, shape=(steps + 1,), dtype=torch.int64, what="the times", hint="Long[S + 1].")
    gaps = times[:-1] - times[1:]
    even = int(gaps.min()) == last // steps and int(gaps.max()) == -(-last // steps)
    ends = int(times[0]) == last and int(times[-1]) == 0
    assert_true(
        even and ends, "the times are not spread evenly from T to 0", hint="Round times, not the gap."
    )
