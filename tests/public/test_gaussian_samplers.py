"""Gaussian diffusion, question 2c: predictions, the loss, one reverse step and whole chains."""

import math

import pytest
import torch

from tests.support.compare import assert_close, assert_tensor, assert_true
from tests.support.noise_predictors import Watched, column

# Two steps after which .64 and .36 of the variance of the data are left: square roots .8 and .6 with noise .6 and .8.
SHARES = torch.tensor([1.0, 0.64, 0.36], dtype=torch.float64)
X = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]], dtype=torch.float64)
Z = torch.tensor([[0.5, 1.0, -1.0], [2.0, -0.5, 0.25]], dtype=torch.float64)


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


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


@pytest.mark.task("diffusion.gaussian.ddpm_step")
def test_ddpm_step_with_the_larger_variance_and_a_clamp(hw):
    """The same two steps: x_0_hat is clamped first, then betas[2] is the variance of the draw."""
    x_2 = math.sqrt(0.4) * X + math.sqrt(0.6) * Z
    step, noise = hw("diffusion.gaussian.ddpm_step"), X.flip(0)
    schedule = doubles(0, 0.5, 0.2), doubles(1, 0.5, 0.4)
    got = step(Z, x_2, 2, *schedule, noise=noise, variance="beta", clip=0.75)
    expected = (math.sqrt(2) * X.clamp(-0.75, 0.75) + math.sqrt(20) * x_2) / 6 + math.sqrt(0.2) * noise
    assert_close(got, expected, hint="What is clamped? Which of the two variances is asked for?")


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_by_hand(hw):
    """Without randomness the same noise is put back in a smaller amount."""
    got = hw("diffusion.gaussian.ddim_step")(Z, 0.6 * X + 0.8 * Z, 2, 1, SHARES)
    assert_close(
        got, 0.8 * X + 0.6 * Z, hint="x_0_hat and eps_hat together explain x_t; now explain x_{t_prev}."
    )


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_with_fresh_noise_by_hand(hw):
    """From t = 2 to 1 with eta = 0.8, part of the noise is new."""
    # sigma**2 = 0.64 * (0.36 / 0.64) * (1 - 0.36 / 0.64) = 0.1575, and 0.36 - 0.1575 = 0.45**2.
    noise = X.flip(0)
    got = hw("diffusion.gaussian.ddim_step")(Z, 0.6 * X + 0.8 * Z, 2, 1, SHARES, eta=0.8, noise=noise)
    expected = 0.8 * X + 0.45 * Z + math.sqrt(0.1575) * noise
    assert_close(got, expected, hint="Is sigma a variance or a standard deviation? Is it where it belongs?")


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
    """With return_all the chain goes from x_T to x_0."""
    watched = Watched(lambda x, t: 0.5 * x, 3)
    sample, betas = hw("diffusion.samplers.ddpm_sample"), doubles(0, 0.1, 0.3, 0.5)
    got = sample(watched, (5, 2), betas, generator=hw.generator(), return_all=True)
    assert_tensor(
        got, shape=(4, 5, 2), dtype=torch.float32, what="the chain", hint="T + 1 states: x_T to x_0."
    )
    assert_close(
        got[:3], torch.stack(watched.inputs), what="the chain before its end", hint="Index 0 is x_T."
    )


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_follows_its_generator(hw):
    """The same seed gives the same chain, another seed another one."""
    betas, sample = doubles(0, 0.1, 0.3, 0.5), hw("diffusion.samplers.ddpm_sample")

    def run(seed):
        network, generator = Watched(lambda x, t: 0.5 * x, 3), torch.Generator().manual_seed(seed)
        return sample(network, (5, 2), betas, generator=generator, return_all=True)

    chain, hint = run(1), "Hand the generator to everything that draws, and seed nothing yourself."
    assert_close(run(1), chain, what="the chain of the same seed", hint=hint)
    other = not torch.allclose(run(2), chain)
    assert_true(other, "another seed gives the same chain", hint=hint)


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
    network, betas = torch.nn.Linear(2, 2), doubles(0, 0.1, 0.3, 0.5)
    ask = hw("diffusion.samplers.ddim_sample").ask
    reply = ask(
        network=Watched(lambda x, t: network(x), 3),
        shape=(5, 2),
        betas=betas,
        num_sampling_steps=3,
        generator=hw.generator(),
        return_all=True,
        grad_of=("network",),
    )
    assert_tensor(reply.value, shape=(4, 5, 2), dtype=torch.float32, what="the chain", hint="S + 1 states.")
    hint = "Which context manager tells torch not to keep a graph?"
    assert_true(reply.grads["network"] is None, "the samples keep the graph of the whole chain", hint=hint)
