"""Gaussian diffusion, questions 2a and 2b: schedules, the forward process and its posterior."""

import math

import pytest
import torch

from tests.support.compare import assert_close, assert_tensor, assert_true

# After one and two steps .64 and .36 of the data variance remain: signal factors .8 and .6, noise factors .6 and .8.
ALPHAS_CUMPROD = torch.tensor([1.0, 0.64, 0.36], dtype=torch.float64)
X = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]], dtype=torch.float64)
Z = torch.tensor([[0.5, 1.0, -1.0], [2.0, -0.5, 0.25]], dtype=torch.float64)


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.task("diffusion.schedules.linear_betas")
def test_linear_schedule_is_scaled_by_the_number_of_steps(hw):
    """Betas are evenly spaced float64 values after one leading zero; the end points are scaled by 1000 / T."""
    # T = 4 scales by 250: 0.0005 becomes 0.125, 0.002 becomes 0.5.
    got = hw("diffusion.schedules.linear_betas")(4, beta_start=0.0005, beta_end=0.002)
    assert_close(
        got, doubles(0, 0.125, 0.25, 0.375, 0.5), hint="Both end points are included. Index 0 is clean data."
    )


@pytest.mark.task("diffusion.schedules.linear_betas")
def test_linear_schedule_is_capped(hw):
    """No beta is above 0.999, even for few steps."""
    # T = 5 scales by 200: from 0.02 to 4 in steps of 0.995.
    got = hw("diffusion.schedules.linear_betas")(5)
    assert_close(got, doubles(0, 0.02, 0.999, 0.999, 0.999, 0.999), hint="Scale first, then cap.")


@pytest.mark.task("diffusion.schedules.cosine_betas")
def test_cosine_schedule_by_hand(hw):
    """Three steps without an offset use the squared cosines of 0, 30, 60 and 90 degrees."""
    # f = 1, 3/4, 1/4, 0, so the steps remove 1/4, 2/3 and all of it; the last one is capped.
    got = hw("diffusion.schedules.cosine_betas")(3, s=0.0)
    assert_close(got, doubles(0, 1 / 4, 2 / 3, 0.999), hint="betas[t] compares f at t with f at t - 1.")


@pytest.mark.task("diffusion.schedules.cosine_betas")
def test_cosine_schedule_starts_gently(hw):
    """The offset s acts at time 0 as well."""
    # T = 1, s = 1: f(0) = cos^2(45 degrees) = 1/2 and f(1) = cos^2(90 degrees) = 0; T = 2: f(1) = cos^2(67.5 degrees).
    got = hw("diffusion.schedules.cosine_betas")(2, s=1.0, max_beta=0.8)
    first = 1 - math.cos(math.radians(67.5)) ** 2 / 0.5
    assert_close(got, doubles(0, first, 0.8), hint="Is f(0) equal to 1 when s is not 0?")


@pytest.mark.task("diffusion.schedules.cumulative_alphas")
def test_signal_left_by_hand(hw):
    """The steps remove one half, one fifth and three quarters of the remaining signal."""
    got = hw("diffusion.schedules.cumulative_alphas")(doubles(0, 0.5, 0.2, 0.75))
    assert_close(
        got, doubles(1, 0.5, 0.4, 0.1), hint="Each step keeps a share of what the previous step has left."
    )


@pytest.mark.task("diffusion.gaussian.forward_step")
def test_forward_step_by_hand(hw):
    """betas[t] is a variance: 0.36 adds noise of standard deviation 0.6 and keeps 0.8 of x."""
    got = hw("diffusion.gaussian.forward_step")(X, 1, doubles(0, 0.36, 0.75), Z)
    hint = "Take square roots: the second argument of the normal distribution is a variance."
    assert_close(got, 0.8 * X + 0.6 * Z, hint=hint)


@pytest.mark.task("diffusion.gaussian.forward_step")
def test_forward_step_takes_a_time_for_each_sample(hw):
    """If t is Long[B], every sample has its own beta."""
    got = hw("diffusion.gaussian.forward_step")(X, torch.tensor([2, 1]), doubles(0, 0.36, 0.75), Z)
    expected = torch.stack([0.5 * X[0] + math.sqrt(0.75) * Z[0], 0.8 * X[1] + 0.6 * Z[1]])
    assert_close(got, expected, hint="`schedules.at` gives the schedule entries the right shape.")


@pytest.mark.task("diffusion.gaussian.q_sample")
def test_q_sample_by_hand(hw):
    """One draw of noise replaces t forward steps."""
    got = hw("diffusion.gaussian.q_sample")(X, 2, ALPHAS_CUMPROD, Z)
    assert_close(
        got, 0.6 * X + 0.8 * Z, hint="Variances of independent noises add up. What is the total variance?"
    )


@pytest.mark.task("diffusion.gaussian.q_sample")
def test_q_sample_takes_a_time_for_each_sample(hw):
    """If t is Long[B], every sample has its own time. At time 0 the result is the data."""
    got = hw("diffusion.gaussian.q_sample")(X.float(), torch.tensor([0, 1]), ALPHAS_CUMPROD, Z.float())
    expected = torch.stack([X[0], 0.8 * X[1] + 0.6 * Z[1]]).float()
    assert_close(got, expected, hint="The result has the dtype of the data. Schedules are float64.")


@pytest.mark.task("diffusion.gaussian.prior_kl")
def test_prior_kl_by_hand(hw):
    """The result is one KL divergence in nats for each sample, summed over its dimensions."""
    # If half of the variance remains, a dimension that starts at x_0 ends with the distribution N(sqrt(1/2) x_0, 1/2).
    # The logarithm of the ratio of the two densities has mean (ln 2 - 1/2) / 2 + x_0^2 / 4.
    # The sums of x_0^2 are 5.25 and 10.
    half = doubles(1, 0.7, 0.5)
    expected = 3 * (math.log(2) - 0.5) / 2 + doubles(5.25, 10) / 4
    assert_close(
        hw("diffusion.gaussian.prior_kl")(X, half), expected, hint="Only the last time matters, for x_T."
    )


@pytest.mark.task("diffusion.gaussian.prior_kl")
def test_prior_kl_vanishes(hw):
    """If less signal is left, x_T is closer to N(0, I)."""
    far, near = (hw("diffusion.gaussian.prior_kl")(X, doubles(1, share)) for share in (0.1, 1e-4))
    assert_tensor(near, shape=(2,), what="the divergence", hint="One number for each sample.")
    limited = bool((near < 1e-2 * far).all() and (near > 0).all())
    hint = "Is it KL(q || p) or KL(p || q)?"
    assert_true(limited, "the divergence does not go to 0 when the signal does", hint=hint)


@pytest.mark.task("diffusion.gaussian.posterior")
def test_posterior_by_hand(hw):
    """The posterior of two steps with betas 1/2 and 1/5, computed with Bayes' rule."""
    # From Bayes' rule: the variance is 1/6, the mean (sqrt(2) x_0 + sqrt(20) x_2) / 6.
    mean, variance = hw("diffusion.gaussian.posterior")(Z, X, 2, doubles(0, 0.5, 0.2), doubles(1, 0.5, 0.4))
    assert_close(
        mean, (math.sqrt(2) * X + math.sqrt(20) * Z) / 6, what="the mean", hint="Which argument is x_t?"
    )
    hint = "For an int t the variance is one number, Float[]."
    assert_close(variance, doubles(1 / 6)[0], what="the variance", hint=hint)


@pytest.mark.task("diffusion.gaussian.posterior")
def test_posterior_at_the_first_step(hw):
    """At t = 1 the previous state is the clean data, so the variance is 0."""
    mean, variance = hw("diffusion.gaussian.posterior")(
        Z, X, torch.tensor([1, 1]), doubles(0, 0.36), doubles(1, 0.64)
    )
    assert_close(mean, X, what="the mean", hint="How much signal is left at time 0?")
    hint = "The shape is [B, 1] here."
    assert_close(variance, torch.zeros(2, 1, dtype=torch.float64), what="the variance", hint=hint)
