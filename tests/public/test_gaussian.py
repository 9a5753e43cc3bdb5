"""Gaussian diffusion, question 2: schedules, the forward process, its posterior, the loss and the samplers."""

import math

import pytest
import torch

from tests.support.compare import assert_close, assert_no_gradient, assert_tensor, assert_true
from tests.support.noise_predictors import Watched, column

# Two steps after which .64 and .36 of the variance of the data are left: square roots .8 and .6 with noise .6 and .8.
SHARES = torch.tensor([1.0, 0.64, 0.36], dtype=torch.float64)
X = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]], dtype=torch.float64)
Z = torch.tensor([[0.5, 1.0, -1.0], [2.0, -0.5, 0.25]], dtype=torch.float64)


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.task("diffusion.schedules.linear_betas")
def test_linear_schedule_is_scaled_by_the_number_of_steps(hw):
    """Evenly spaced, end points scaled by 1000 / T, one leading zero, float64."""
    # T = 4 scales by 250: 0.0005 becomes 0.125, 0.002 becomes 0.5.
    got = hw("diffusion.schedules.linear_betas")(4, beta_start=0.0005, beta_end=0.002)
    assert_close(
        got, doubles(0, 0.125, 0.25, 0.375, 0.5), hint="Both end points are included; index 0 is clean data."
    )


@pytest.mark.task("diffusion.schedules.linear_betas")
def test_linear_schedule_is_capped(hw):
    """No beta above 0.999, however few the steps."""
    # T = 5 scales by 200: from 0.02 to 4 in steps of 0.995.
    got = hw("diffusion.schedules.linear_betas")(5)
    assert_close(got, doubles(0, 0.02, 0.999, 0.999, 0.999, 0.999), hint="Scale first, cap last.")


@pytest.mark.task("diffusion.schedules.cosine_betas")
def test_cosine_schedule_by_hand(hw):
    """Three steps without an offset: the squared cosines of 0, 30, 60 and 90 degrees."""
    # f = 1, 3/4, 1/4, 0, so the steps take away 1/4, 2/3 and all; the last is capped.
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
    """What is left after half, a fifth and three quarters have been taken away."""
    got = hw("diffusion.schedules.cumulative_alphas")(doubles(0, 0.5, 0.2, 0.75))
    assert_close(
        got, doubles(1, 0.5, 0.4, 0.1), hint="Each step keeps its share of what the step before has left."
    )


@pytest.mark.task("diffusion.gaussian.forward_step")
def test_forward_step_by_hand(hw):
    """betas[t] is a variance: 0.36 adds noise of standard deviation 0.6 and keeps 0.8 of x."""
    got = hw("diffusion.gaussian.forward_step")(X, 1, doubles(0, 0.36, 0.75), Z)
    assert_close(got, 0.8 * X + 0.6 * Z, hint="Square roots: the law's second argument is a variance.")


@pytest.mark.task("diffusion.gaussian.forward_step")
def test_forward_step_takes_a_time_for_each_sample(hw):
    """With t Long[B], every sample has its own beta."""
    got = hw("diffusion.gaussian.forward_step")(X, torch.tensor([2, 1]), doubles(0, 0.36, 0.75), Z)
    expected = torch.stack([0.5 * X[0] + math.sqrt(0.75) * Z[0], 0.8 * X[1] + 0.6 * Z[1]])
    assert_close(got, expected, hint="`schedules.at` shapes the entries of a schedule for you.")


@pytest.mark.task("diffusion.gaussian.q_sample")
def test_q_sample_by_hand(hw):
    """One noise draw does what t forward steps do."""
    got = hw("diffusion.gaussian.q_sample")(X, 2, SHARES, Z)
    assert_close(
        got, 0.6 * X + 0.8 * Z, hint="Variances of independent noises add; what does that make the total?"
    )


@pytest.mark.task("diffusion.gaussian.q_sample")
def test_q_sample_takes_a_time_for_each_sample(hw):
    """With t Long[B]; at time 0 the data comes back."""
    got = hw("diffusion.gaussian.q_sample")(X.float(), torch.tensor([0, 1]), SHARES, Z.float())
    expected = torch.stack([X[0], 0.8 * X[1] + 0.6 * Z[1]]).float()
    assert_close(got, expected, hint="The result has the dtype of the data; schedules are float64.")


@pytest.mark.task("diffusion.gaussian.prior_kl")
def test_prior_kl_by_hand(hw):
    """A KL divergence in nats for each sample, summed over its dimensions."""
    # With half of the variance left, a dimension at x_0 is N(sqrt(1/2) x_0, 1/2) in the end. The log of the two densities'
    # ratio has mean (ln 2 - 1/2) / 2 + x_0^2 / 4; sums of x_0^2 are 5.25 and 10.
    half = doubles(1, 0.7, 0.5)
    expected = 3 * (math.log(2) - 0.5) / 2 + doubles(5.25, 10) / 4
    assert_close(
        hw("diffusion.gaussian.prior_kl")(X, half), expected, hint="Only the last time matters: x_T."
    )


@pytest.mark.task("diffusion.gaussian.prior_kl")
def test_prior_kl_vanishes(hw):
    """The less signal is left, the closer x_T is to N(0, I)."""
    far, near = (hw("diffusion.gaussian.prior_kl")(X, doubles(1, share)) for share in (0.1, 1e-4))
    assert_tensor(near, shape=(2,), what="the divergence", hint="One number for each sample.")
    limited = bool((near < 1e-2 * far).all() and (near > 0).all())
    assert_true(
        limited, "the divergence does not go to 0 as the signal does", hint="Is it KL(q || p) or KL(p || q)?"
    )


@pytest.mark.task("diffusion.gaussian.posterior")
def test_posterior_by_hand(hw):
    """Bayes' rule worked out once, for two steps with betas 1/2 and 1/5."""
    # Numbers from Bayes' rule: the variance is 1/6, the mean (sqrt(2) x_0 + sqrt(20) x_2) / 6.
    mean, variance = hw("diffusion.gaussian.posterior")(Z, X, 2, doubles(0, 0.5, 0.2), doubles(1, 0.5, 0.4))
    assert_close(
        mean, (math.sqrt(2) * X + math.sqrt(20) * Z) / 6, what="the mean", hint="Which argument is x_t?"
    )
    assert_close(
        variance, doubles(1 / 6)[0], what="the variance", hint="For an int t it is one number, Float[]."
    )


@pytest.mark.task("diffusion.gaussian.posterior")
def test_posterior_at_the_first_step(hw):
    """At t = 1 the step before is the clean data, and there is no doubt about it."""
    mean, variance = hw("diffusion.gaussian.posterior")(
        Z, X, torch.tensor([1, 1]), doubles(0, 0.36), doubles(1, 0.64)
    )
    assert_close(mean, X, what="the mean", hint="How much signal is left at time 0?")
    assert_close(
        variance, torch.zeros(2, 1, dtype=torch.float64), what="the variance", hint="Shape [B, 1] here."
    )


@pytest.mark.task("diffusion.gaussian.predict_x_0")
def test_predict_x_0_by_hand(hw):
    """From x_t and its noise back to the data."""
    got = hw("diffusion.gaussian.predict_x_0")(0.6 * X + 0.8 * Z, Z, 2, SHARES)
    assert_close(got, X, hint="Which equation ties x_t, x_0 and the noise together?")


@pytest.mark.task("diffusion.gaussian.predict_noise")
def test_predict_noise_by_hand(hw):
    """From x_t and the data back to the noise, one time for each sample."""
    x_t = torch.stack([0.6 * X[0] + 0.8 * Z[0], 0.8 * X[1] + 0.6 * Z[1]])
    got = hw("diffusion.gaussian.predict_noise")(x_t, X, torch.tensor([2, 1]), SHARES)
    assert_close(got, Z, hint="Which equation ties x_t, x_0 and the noise together?")


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
def test_loss_of_a_network_that_is_half_off(hw):
    """A network whose guess is off by one half in every dimension has a loss of one quarter."""
    network = Watched(
        lambda x, t: (x - column(SHARES[t].sqrt(), x) * X) / column((1 - SHARES[t]).sqrt(), x) + 0.5, 2
    )
    got = hw("diffusion.gaussian.noise_prediction_loss")(network, X, SHARES, generator=hw.generator())
    assert_close(
        got, 0.25, rtol=1e-6, hint="The target is the very noise that x_t was made with; mean of squares."
    )


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
def test_loss_draws_every_time(hw):
    """Times from 1 to T, both included, each sample its own."""
    network = Watched(lambda x, t: torch.zeros_like(x), 2)
    hw("diffusion.gaussian.noise_prediction_loss")(
        network, torch.zeros(200, 1), SHARES, generator=hw.generator()
    )
    drawn = network.times[0].unique().tolist() if network.times else []
    assert_true(
        drawn == [1, 2], f"of the times 1 and 2, {drawn} are drawn", hint="The end of randint is exclusive."
    )


@pytest.mark.task("diffusion.gaussian.ddpm_step")
def test_ddpm_step_by_hand(hw):
    """The posterior's draw with x_0_hat for x_0, for two steps with betas 1/2 and 1/5."""
    # As in the posterior's test: variance 1/6, mean (sqrt(2) x_0 + sqrt(20) x_2) / 6; x_2 made of X with noise Z.
    x_2 = math.sqrt(0.4) * X + math.sqrt(0.6) * Z
    step, noise = hw("diffusion.gaussian.ddpm_step"), X.flip(0)
    got = step(Z, x_2, 2, doubles(0, 0.5, 0.2), doubles(1, 0.5, 0.4), noise=noise)
    expected = (math.sqrt(2) * X + math.sqrt(20) * x_2) / 6 + math.sqrt(1 / 6) * noise
    assert_close(got, expected, hint="A standard deviation multiplies the noise.")


@pytest.mark.task("diffusion.gaussian.ddpm_step")
def test_last_ddpm_step_adds_no_noise(hw):
    """The step at t = 1 ends at x_0_hat, with either variance."""
    step, x_1 = hw("diffusion.gaussian.ddpm_step"), 0.8 * X + 0.6 * Z
    got = step(Z, x_1, 1, doubles(0, 0.36), doubles(1, 0.64), noise=torch.ones_like(X), variance="beta")
    assert_close(got, X, hint="Algorithm 2, line 3: what is z when t = 1?")


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_by_hand(hw):
    """Without randomness the same noise is put back in a smaller amount."""
    got = hw("diffusion.gaussian.ddim_step")(Z, 0.6 * X + 0.8 * Z, 2, 1, SHARES)
    assert_close(
        got, 0.8 * X + 0.6 * Z, hint="x_0_hat and eps_hat together explain x_t; now explain x_{t_prev}."
    )


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_to_time_0_ends_at_the_guess(hw):
    """t_prev = 0 returns x_0_hat, clamped where that is asked for."""
    got = hw("diffusion.gaussian.ddim_step")(Z, 0.6 * X + 0.8 * Z, 2, 0, SHARES, clip=1.0)
    assert_close(got, X.clamp(-1, 1), hint="How much noise is there at time 0?")


@pytest.mark.task("diffusion.samplers.strided_times")
def test_strided_times_by_hand(hw):
    """Every second time of ten, from 10 down to 0."""
    got = hw("diffusion.samplers.strided_times")(10, 5)
    assert_close(got, torch.tensor([10, 8, 6, 4, 2, 0]), hint="S steps visit S + 1 times.")


@pytest.mark.task("diffusion.samplers.strided_times")
def test_strided_times_are_even(hw):
    """When T is no multiple of S, gaps differ by at most 1."""
    got = hw("diffusion.samplers.strided_times")(10, 4)
    assert_tensor(got, shape=(5,), dtype=torch.int64, what="the times")
    gaps = (got[:-1] - got[1:]).tolist()
    even = sorted(gaps) == [2, 2, 3, 3] and got[0] == 10
    assert_true(
        even, f"the times {got.tolist()} are not even", hint="Where do the first and last gap come from?"
    )


def to_a_point(shares, point):
    """A network that knows that all the data is one point."""
    return lambda x, t: (x - column(shares[t].sqrt(), x) * point) / column((1 - shares[t]).sqrt(), x)


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_finds_the_only_point_there_is(hw):
    """All the data is one point, the network knows it, and every sample ends there."""
    betas = doubles(0, 0.1, 0.2, 0.4, 0.6)
    network = Watched(to_a_point(torch.cumprod(1 - betas, 0), 1.5), 4)
    reply = hw("diffusion.samplers.ddpm_sample").ask(network, (3, 2), betas, generator=hw.generator())
    assert_close(
        reply.value, torch.full((3, 2), 1.5), what="the samples", hint="The chain runs from T down to 1."
    )
    visited = [t[0].item() for t in network.times]
    assert_true(visited == [4, 3, 2, 1], f"the network is asked at the times {visited}; 4, 3, 2, 1 are due")


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_returns_the_whole_chain(hw):
    """With return_all the chain comes from x_T to x_0, and keeps no graph."""
    network = torch.nn.Linear(2, 2).double()
    watched = Watched(lambda x, t: network(x.double()).to(x.dtype), 3)
    sample, betas = hw("diffusion.samplers.ddpm_sample"), doubles(0, 0.1, 0.3, 0.5)
    got = sample(watched, (5, 2), betas, generator=hw.generator(), return_all=True)
    assert_tensor(
        got, shape=(4, 5, 2), dtype=torch.float32, what="the chain", hint="T + 1 states: x_T to x_0."
    )
    assert_close(
        got[:3], torch.stack(watched.inputs), what="the chain before its end", hint="Index 0 is x_T."
    )


@pytest.mark.task("diffusion.samplers.ddim_sample")
def test_ddim_finds_the_only_point_there_is(hw):
    """The same with two steps out of four."""
    betas = doubles(0, 0.1, 0.2, 0.4, 0.6)
    network = Watched(to_a_point(torch.cumprod(1 - betas, 0), 1.5), 4)
    got = hw("diffusion.samplers.ddim_sample")(network, (3, 2), betas, 2, generator=hw.generator())
    assert_close(got, torch.full((3, 2), 1.5), what="the samples", hint="The last step goes to time 0.")
    visited = [t[0].item() for t in network.times]
    assert_true(visited == [4, 2], f"the network is asked at the times {visited}; 4 and 2 are due")


@pytest.mark.task("diffusion.samplers.ddim_sample")
def test_ddim_keeps_no_graph(hw):
    """Sampling is not training: no gradient reaches the network."""
    network = torch.nn.Linear(2, 2)

    def predict(x, t):
        return network(x) + 0 * t[:, None]

    ask, betas = hw("diffusion.samplers.ddim_sample").ask, doubles(0, 0.1, 0.3, 0.5)
    reply = ask(predict, (5, 2), betas, 3, generator=hw.generator(), return_all=True)
    assert_tensor(reply.value, shape=(4, 5, 2), dtype=torch.float32, what="the chain", hint="S + 1 states.")
