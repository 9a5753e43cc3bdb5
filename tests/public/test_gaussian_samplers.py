"""Gaussian diffusion, question 2c: predictions, the loss, one reverse step and complete chains."""

import math

import pytest
import torch

from tests.support.compare import assert_close, assert_tensor, assert_true
from tests.support.noise_predictors import Recorder, column

# After one and two steps .64 and .36 of the data variance remain: signal factors .8 and .6, noise factors .6 and .8.
ALPHAS_CUMPROD = torch.tensor([1.0, 0.64, 0.36], dtype=torch.float64)
X = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]], dtype=torch.float64)
Z = torch.tensor([[0.5, 1.0, -1.0], [2.0, -0.5, 0.25]], dtype=torch.float64)


def doubles(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.task("diffusion.gaussian.predict_x_0")
def test_predict_x_0_by_hand(hw):
    """x_t and its noise give the data."""
    got = hw("diffusion.gaussian.predict_x_0")(0.6 * X + 0.8 * Z, Z, 2, ALPHAS_CUMPROD)
    assert_close(got, X, hint="Which equation connects x_t, x_0 and the noise?")


@pytest.mark.task("diffusion.gaussian.predict_noise")
def test_predict_noise_by_hand(hw):
    """x_t and the data give the noise, with one time for each sample."""
    x_t = torch.stack([0.6 * X[0] + 0.8 * Z[0], 0.8 * X[1] + 0.6 * Z[1]])
    got = hw("diffusion.gaussian.predict_noise")(x_t, X, torch.tensor([2, 1]), ALPHAS_CUMPROD)
    assert_close(got, Z, hint="Which equation connects x_t, x_0 and the noise?")


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
def test_loss_of_a_network_that_is_half_off(hw):
    """If the prediction is wrong by one half in every dimension, the loss is one quarter."""
    network = Recorder(
        lambda x, t: (
            (x - column(ALPHAS_CUMPROD[t].sqrt(), x) * X) / column((1 - ALPHAS_CUMPROD[t]).sqrt(), x) + 0.5
        ),
        2,
    )
    got = hw("diffusion.gaussian.noise_prediction_loss")(network, X, ALPHAS_CUMPROD, generator=hw.generator())
    assert_close(
        got, 0.25, rtol=1e-6, hint="The target is exactly the noise in x_t. Take the mean of the squares."
    )


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
def test_loss_draws_every_time(hw):
    """Each sample draws its own time from 1 to T, both included."""
    network = Recorder(lambda x, t: torch.zeros_like(x), 2)
    hw("diffusion.gaussian.noise_prediction_loss")(
        network, torch.zeros(200, 1), ALPHAS_CUMPROD, generator=hw.generator()
    )
    drawn = network.times[0].unique().tolist() if network.times else []
    hint = "The upper end of randint is exclusive."
    assert_true(drawn == [1, 2], f"the drawn times are {drawn}; expected [1, 2]", hint=hint)


@pytest.mark.task("diffusion.gaussian.ddpm_step")
def test_ddpm_step_by_hand(hw):
    """The step draws from the posterior with x_0_hat instead of x_0; two steps with betas 1/2 and 1/5."""
    # As in the test of the posterior: variance 1/6, mean (sqrt(2) x_0 + sqrt(20) x_2) / 6. x_2 is X with noise Z.
    x_2 = math.sqrt(0.4) * X + math.sqrt(0.6) * Z
    step, noise = hw("diffusion.gaussian.ddpm_step"), X.flip(0)
    got = step(Z, x_2, 2, doubles(0, 0.5, 0.2), doubles(1, 0.5, 0.4), noise=noise)
    expected = (math.sqrt(2) * X + math.sqrt(20) * x_2) / 6 + math.sqrt(1 / 6) * noise
    assert_close(got, expected, hint="The factor of the noise is a standard deviation.")


@pytest.mark.task("diffusion.gaussian.ddpm_step")
def test_last_ddpm_step_adds_no_noise(hw):
    """The step at t = 1 returns x_0_hat, for both variances."""
    step, x_1 = hw("diffusion.gaussian.ddpm_step"), 0.8 * X + 0.6 * Z
    got = step(Z, x_1, 1, doubles(0, 0.36), doubles(1, 0.64), noise=torch.ones_like(X), variance="beta")
    assert_close(got, X, hint="Algorithm 2, line 3: what is z when t = 1?")


@pytest.mark.task("diffusion.gaussian.ddpm_step")
def test_ddpm_step_with_the_larger_variance_and_a_clamp(hw):
    """In the same two steps, x_0_hat is clamped first; then betas[2] is the variance of the draw."""
    x_2 = math.sqrt(0.4) * X + math.sqrt(0.6) * Z
    step, noise = hw("diffusion.gaussian.ddpm_step"), X.flip(0)
    schedule = doubles(0, 0.5, 0.2), doubles(1, 0.5, 0.4)
    got = step(Z, x_2, 2, *schedule, noise=noise, variance="beta", clip=0.75)
    expected = (math.sqrt(2) * X.clamp(-0.75, 0.75) + math.sqrt(20) * x_2) / 6 + math.sqrt(0.2) * noise
    assert_close(got, expected, hint="What is clamped? Which of the two variances is requested?")


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_by_hand(hw):
    """Without randomness the step adds the same noise again, with a smaller factor."""
    got = hw("diffusion.gaussian.ddim_step")(Z, 0.6 * X + 0.8 * Z, 2, 1, ALPHAS_CUMPROD)
    assert_close(
        got, 0.8 * X + 0.6 * Z, hint="x_0_hat and eps_hat together give x_t. How do they give x_{t_prev}?"
    )


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_with_fresh_noise_by_hand(hw):
    """In the step from t = 2 to 1 with eta = 0.8, part of the noise is new."""
    # sigma**2 = 0.64 * (0.36 / 0.64) * (1 - 0.36 / 0.64) = 0.1575, and 0.36 - 0.1575 = 0.45**2.
    noise = X.flip(0)
    got = hw("diffusion.gaussian.ddim_step")(Z, 0.6 * X + 0.8 * Z, 2, 1, ALPHAS_CUMPROD, eta=0.8, noise=noise)
    expected = 0.8 * X + 0.45 * Z + math.sqrt(0.1575) * noise
    assert_close(
        got, expected, hint="Is sigma a variance or a standard deviation? Is it in all the right places?"
    )


@pytest.mark.task("diffusion.gaussian.ddim_step")
def test_ddim_step_to_time_0_ends_at_the_guess(hw):
    """The step to t_prev = 0 returns x_0_hat, clamped if the caller requests it."""
    got = hw("diffusion.gaussian.ddim_step")(Z, 0.6 * X + 0.8 * Z, 2, 0, ALPHAS_CUMPROD, clip=1.0)
    assert_close(got, X.clamp(-1, 1), hint="How much noise is there at time 0?")


@pytest.mark.task("diffusion.samplers.strided_times")
def test_strided_times_by_hand(hw):
    """The times go from 10 down to 0 in steps of 2."""
    got = hw("diffusion.samplers.strided_times")(10, 5)
    assert_close(got, torch.tensor([10, 8, 6, 4, 2, 0]), hint="S steps need S + 1 times.")


@pytest.mark.task("diffusion.samplers.strided_times")
def test_strided_times_are_even(hw):
    """If T is not a multiple of S, the gaps differ by at most 1."""
    got = hw("diffusion.samplers.strided_times")(10, 4)
    assert_tensor(got, shape=(5,), dtype=torch.int64, what="the times")
    gaps = (got[:-1] - got[1:]).tolist()
    even = sorted(gaps) == [2, 2, 3, 3] and got[0] == 10
    hint = "How do you get the first and the last gap?"
    assert_true(even, f"the times {got.tolist()} are not evenly spaced", hint=hint)


def point_denoiser(alphas_cumprod, point):
    """A network that is exact for data that is one single point."""
    return lambda x, t: (
        (x - column(alphas_cumprod[t].sqrt(), x) * point) / column((1 - alphas_cumprod[t]).sqrt(), x)
    )


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_finds_the_only_point_there_is(hw):
    """All the data is one point and the network is exact, so every sample ends at this point."""
    betas = doubles(0, 0.1, 0.2, 0.4, 0.6)
    network = Recorder(point_denoiser(torch.cumprod(1 - betas, 0), 1.5), 4)
    reply = hw("diffusion.samplers.ddpm_sample").ask(network, (3, 2), betas, generator=hw.generator())
    assert_close(
        reply.value, torch.full((3, 2), 1.5), what="the samples", hint="The chain goes from T down to 1."
    )
    visited = [t[0].item() for t in network.times]
    assert_true(
        visited == [4, 3, 2, 1], f"the network is called at the times {visited}; expected [4, 3, 2, 1]"
    )


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_returns_the_whole_chain(hw):
    """With return_all the result is the chain from x_T to x_0."""
    network = Recorder(lambda x, t: 0.5 * x, 3)
    sample, betas = hw("diffusion.samplers.ddpm_sample"), doubles(0, 0.1, 0.3, 0.5)
    got = sample(network, (5, 2), betas, generator=hw.generator(), return_all=True)
    hint = "The chain has T + 1 states, from x_T to x_0."
    assert_tensor(got, shape=(4, 5, 2), dtype=torch.float32, what="the chain", hint=hint)
    assert_close(
        got[:3], torch.stack(network.inputs), what="the chain without its last state", hint="Index 0 is x_T."
    )


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_follows_its_generator(hw):
    """The same seed gives the same chain, and another seed gives another chain."""
    betas, sample = doubles(0, 0.1, 0.3, 0.5), hw("diffusion.samplers.ddpm_sample")

    def run(seed):
        network, generator = Recorder(lambda x, t: 0.5 * x, 3), torch.Generator().manual_seed(seed)
        return sample(network, (5, 2), betas, generator=generator, return_all=True)

    chain, hint = run(1), "Pass the generator to every function that draws, and do not set a seed yourself."
    assert_close(run(1), chain, what="the chain of the same seed", hint=hint)
    other = not torch.allclose(run(2), chain)
    assert_true(other, "another seed gives the same chain", hint=hint)


@pytest.mark.task("diffusion.samplers.ddim_sample")
def test_ddim_finds_the_only_point_there_is(hw):
    """With two of four steps, every sample still ends at the only data point."""
    betas = doubles(0, 0.1, 0.2, 0.4, 0.6)
    network = Recorder(point_denoiser(torch.cumprod(1 - betas, 0), 1.5), 4)
    got = hw("diffusion.samplers.ddim_sample")(network, (3, 2), betas, 2, generator=hw.generator())
    assert_close(got, torch.full((3, 2), 1.5), what="the samples", hint="The last step goes to time 0.")
    visited = [t[0].item() for t in network.times]
    assert_true(visited == [4, 2], f"the network is called at the times {visited}; expected [4, 2]")


@pytest.mark.task("diffusion.samplers.ddim_sample")
def test_ddim_keeps_no_graph(hw):
    """Sampling is not training: no gradient reaches the network."""
    network, betas = torch.nn.Linear(2, 2), doubles(0, 0.1, 0.3, 0.5)
    ask = hw("diffusion.samplers.ddim_sample").ask
    reply = ask(
        network=Recorder(lambda x, t: network(x), 3),
        shape=(5, 2),
        betas=betas,
        num_sampling_steps=3,
        generator=hw.generator(),
        return_all=True,
        grad_of=("network",),
    )
    hint = "The chain has S + 1 states."
    assert_tensor(reply.value, shape=(4, 5, 2), dtype=torch.float32, what="the chain", hint=hint)
    hint = "Which context manager tells torch not to keep a graph?"
    assert_true(reply.grads["network"] is None, "the samples keep the graph of the complete chain", hint=hint)
