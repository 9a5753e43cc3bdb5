"""Gaussian diffusion, question 2c: complete chains, compared with chains whose distribution is known exactly.

If the data is Gaussian and the network returns the exact E[noise | x_t], every reverse step is an affine map plus
normal noise. So the tests check a returned chain step by step, and know the distribution of its end.
"""

import itertools
import math

import pytest
import torch

from tests.oracles import gaussian as oracle
from tests.support.compare import assert_close, assert_mean, assert_tensor, assert_true
from tests.support.noise_predictors import Recorder

BETAS = torch.tensor([0.0, 0.02, 0.3, 0.05, 0.5, 0.2, 0.4], dtype=torch.float64)
ALPHAS_CUMPROD = oracle.cumulative_alphas(BETAS)
LAST = 6
MEAN, STD = 1.5, 0.5


def exact_network():
    return Recorder(oracle.gaussian_denoiser(ALPHAS_CUMPROD, MEAN, STD), LAST)


def noise_of_steps(chain, steps):
    """The noise of each step, divided by its standard deviation. Steps without noise are compared exactly."""
    drawn = []
    for k, (slope, shift, variance) in enumerate(steps):
        predicted = slope * chain[k].double() + shift
        if variance == 0:
            what = f"state {k + 1} of the chain"
            hint = "This step draws no noise. Which t does the network get, and which t does the step get?"
            assert_close(chain[k + 1], predicted.float(), atol=2e-5, what=what, hint=hint)
        else:
            drawn.append((chain[k + 1].double() - predicted) / math.sqrt(variance))
    return torch.stack(drawn) if drawn else None


def assert_standard_normal(drawn, first):
    """`drawn` [K, B, M] must be standard normal; steps, samples, dimensions and the first state are independent."""
    hint = "Every step draws new noise for each element and multiplies it by the standard deviation of its own time."
    for z in drawn:
        assert_mean(z.flatten(), 0.0, 1.0, hint=hint, what="the mean of the noise of a step")
        assert_mean(
            z.flatten() ** 2, 1.0, math.sqrt(2), hint=hint, what="the variance of the noise of a step"
        )
    pairs = {
        "two steps": drawn[1:] * drawn[:-1],
        "two samples": drawn[:, 0::2] * drawn[:, 1::2],
        "two dimensions": drawn[..., 0] * drawn[..., 1],
        "a step and the first state": drawn * first,
    }
    for name, products in pairs.items():
        assert_mean(products.flatten(), 0.0, 1.0, hint=hint, what=f"the covariance of {name}")


def assert_start(first):
    hint = "x_T is drawn from N(0, I)."
    assert_mean(first.flatten(), 0.0, 1.0, hint=hint, what="the mean of x_T")
    assert_mean(first.flatten() ** 2, 1.0, math.sqrt(2), hint=hint, what="the variance of x_T")


@pytest.mark.task("diffusion.samplers.ddpm_sample")
@pytest.mark.parametrize("variance", ["posterior", "beta"])
def test_ddpm_chain_step_by_step(hw, variance):
    """Every step has the right distribution and draws new noise."""
    network = exact_network()
    chain = hw("diffusion.samplers.ddpm_sample")(
        network, (1000, 2), BETAS, variance=variance, generator=hw.generator(), return_all=True
    )
    hint = "The chain goes from x_T to x_0."
    assert_tensor(chain, shape=(LAST + 1, 1000, 2), dtype=torch.float32, what="the chain", hint=hint)
    visited = [t[0].item() for t in network.times]
    hint = "The times go from T down to 1."
    assert_true(visited == [6, 5, 4, 3, 2, 1], "the network is called at the wrong times", hint=hint)
    assert_true(all((t == t[0]).all() for t in network.times), "samples of one batch have different times")
    assert_start(chain[0])
    steps = [oracle.ddpm_transition(t, BETAS, MEAN, STD, variance) for t in range(LAST, 0, -1)]
    assert_standard_normal(noise_of_steps(chain, steps), chain[0].double())


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_samples_have_the_law_of_the_chain(hw):
    """Without return_all the samples have the mean and the variance at the end of the chain."""
    betas = oracle.linear_betas(20)
    alphas_cumprod = oracle.cumulative_alphas(betas)
    network = Recorder(oracle.gaussian_denoiser(alphas_cumprod, MEAN, STD), 20)
    got = hw("diffusion.samplers.ddpm_sample")(network, (2000, 5), betas, generator=hw.generator())
    hint = "The samples need the requested shape."
    assert_tensor(got, shape=(2000, 5), dtype=torch.float32, what="the samples", hint=hint)
    steps = [oracle.ddpm_transition(t, betas, MEAN, STD) for t in range(20, 0, -1)]
    mean, variance = oracle.moments_after(steps)
    hint = "Does the chain run to its end, with the right noise in every step?"
    assert_mean(got.flatten(), mean, math.sqrt(variance), hint=hint, what="the mean of the samples")
    squares = (got.double().flatten() - mean) ** 2
    assert_mean(squares, variance, math.sqrt(2) * variance, hint=hint, what="the variance of the samples")


def clamped_x_0_hat(x_t, t):
    """x_0_hat, clamped to [-0.5, 0.5], if the network returns -20 x_t."""
    a = ALPHAS_CUMPROD[t].float()
    return ((x_t + 20 * (1 - a).sqrt() * x_t) / a.sqrt()).clamp(-0.5, 0.5)


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_keeps_no_graph(hw):
    """Sampling is not training: no gradient reaches the network."""
    layer = torch.nn.Linear(2, 2)
    reply = hw("diffusion.samplers.ddpm_sample").ask(
        network=Recorder(lambda x, t: layer(x), LAST),
        shape=(5, 2),
        betas=BETAS,
        generator=hw.generator(),
        grad_of=("network",),
    )
    assert_tensor(reply.value, shape=(5, 2), dtype=torch.float32, what="the samples", hint="Return x_0 only.")
    hint = "Which context manager tells torch not to keep a graph?"
    assert_true(reply.grads["network"] is None, "the samples keep the graph of the complete chain", hint=hint)


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_chain_clamps_its_guesses(hw):
    """Every step uses the clip, images keep their shape, and the seed decides the chain."""
    sample = hw("diffusion.samplers.ddpm_sample")

    def run(seed, clip):
        network = Recorder(lambda x, t: -20 * x, LAST)
        generator = torch.Generator().manual_seed(seed)
        return sample(network, (2, 1, 3, 5), BETAS, clip=clip, generator=generator, return_all=True)

    chain = run(1, 0.5)
    hint = "Pass the clip of the sampler to each step."
    assert_tensor(chain, shape=(LAST + 1, 2, 1, 3, 5), dtype=torch.float32, what="the chain")
    assert_close(chain[-1], clamped_x_0_hat(chain[-2], 1), what="the samples", hint=hint)
    for x_t, x_prev, t in zip(chain[:-2], chain[1:-1], range(LAST, 1, -1), strict=True):
        mean, variances = oracle.posterior_all(x_t, clamped_x_0_hat(x_t, t), [t] * 2, BETAS)
        near = bool(((x_prev - mean).abs() <= 8 * math.sqrt(variances[0])).all())
        assert_true(near, f"the next state after t = {t} does not fit the clamped x_0_hat", hint=hint)
    assert_true(bool((chain[-1].abs() <= 0.5).all()), "samples are outside the range", hint=hint)
    hint = "clip=None means no clamp."
    assert_true(bool(run(1, None)[-1].abs().max() > 0.5), "samples are clamped without a request", hint=hint)
    hint = "All randomness must come from the generator."
    assert_close(run(1, 0.5), chain, what="the chain of the same seed", hint=hint)
    assert_true(not torch.equal(run(2, 0.5)[0], chain[0]), "another seed gives the same x_T", hint=hint)


@pytest.mark.task("diffusion.samplers.ddim_sample")
@pytest.mark.parametrize("steps", [4, 6])
def test_ddim_chain_is_deterministic(hw, steps):
    """With eta = 0 every state follows exactly from the previous one, for even and uneven gaps."""
    network, sample = exact_network(), hw("diffusion.samplers.ddim_sample")
    chain = sample(network, (50, 3), BETAS, steps, generator=hw.generator(), return_all=True)
    hint = "The chain has S + 1 states."
    assert_tensor(chain, shape=(steps + 1, 50, 3), dtype=torch.float32, what="the chain", hint=hint)
    visited = [int(t[0]) for t in network.times] + [0]
    gaps = [t - t_prev for t, t_prev in itertools.pairwise(visited)]
    even = len(gaps) == steps and visited[0] == LAST and max(gaps) - min(gaps) <= 1 and min(gaps) > 0
    hint = "Use the times of strided_times without the last one."
    assert_true(even, "the network is called at the wrong times", hint=hint)
    pairs = itertools.pairwise(visited)
    noise_of_steps(
        chain, [oracle.ddim_transition(t, t_prev, ALPHAS_CUMPROD, MEAN, STD, 0.0) for t, t_prev in pairs]
    )


@pytest.mark.task("diffusion.samplers.ddim_sample")
@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_ddim_chain_step_by_step(hw, eta):
    """With eta > 0 every step except the last draws new noise; eta sets its size."""
    sample = hw("diffusion.samplers.ddim_sample")
    chain = sample(exact_network(), (1000, 2), BETAS, 3, eta=eta, generator=hw.generator(), return_all=True)
    assert_tensor(
        chain, shape=(4, 1000, 2), dtype=torch.float32, what="the chain", hint="The chain has S + 1 states."
    )
    assert_start(chain[0])
    pairs = [(6, 4), (4, 2), (2, 0)]
    drawn = noise_of_steps(
        chain, [oracle.ddim_transition(t, s, ALPHAS_CUMPROD, MEAN, STD, eta) for t, s in pairs]
    )
    assert_standard_normal(drawn, chain[0].double())
    one, same = (
        sample(exact_network(), (2, 3), BETAS, 3, eta=eta, generator=torch.Generator().manual_seed(1))
        for _ in range(2)
    )
    assert_close(
        same, one, what="the samples of the same seed", hint="All randomness must come from the generator."
    )


@pytest.mark.task("diffusion.samplers.ddim_sample")
def test_ddim_draws_nothing_but_the_start(hw):
    """With eta = 0 the same x_T gives the same samples, and more steps need no more random numbers."""
    states, starts = [], []
    for steps in (1, 6, 6):
        generator, network = torch.Generator().manual_seed(hw.seed % 1000), exact_network()
        hw("diffusion.samplers.ddim_sample")(network, (4, 3), BETAS, steps, generator=generator)
        states.append(generator.get_state())
        asked = f"the network is called {len(network.times)} times in {steps} steps"
        assert_true(len(network.times) == steps, asked, hint="Call it once in every step.")
        starts.append(network.inputs[0])
    hint = "With eta = 0 the only draw is x_T, from the generator."
    assert_true(torch.equal(starts[0], starts[1]), "the same seed gives another x_T", hint=hint)
    assert_true(torch.equal(starts[1], starts[2]), "the same seed gives another x_T", hint=hint)
    assert_true(torch.equal(states[0], states[1]), "more steps draw more random numbers", hint=hint)
    other = exact_network()  # called once, like the first network
    hw("diffusion.samplers.ddim_sample")(other, (4, 3), BETAS, 1, generator=hw.generator())
    assert_true(not torch.equal(other.inputs[0], starts[0]), "another seed gives the same x_T", hint=hint)


@pytest.mark.task("diffusion.samplers.ddim_sample")
def test_ddim_chain_clamps_its_guesses(hw):
    """Every step uses the clip: even a very wrong network ends inside the range. Images keep their shape."""
    network = Recorder(lambda x, t: -20 * x, LAST)
    sample = hw("diffusion.samplers.ddim_sample")
    chain = sample(network, (2, 1, 3, 5), BETAS, 3, clip=0.5, generator=hw.generator(), return_all=True)
    hint = "The chain goes from x_T to x_0."
    assert_tensor(chain, shape=(4, 2, 1, 3, 5), dtype=torch.float32, what="the chain", hint=hint)
    hint = "Pass the clip of the sampler to each step."
    for x_t, x_prev, (t, t_prev) in zip(chain[:-1], chain[1:], [(6, 4), (4, 2), (2, 0)], strict=True):
        guess = clamped_x_0_hat(x_t, t)
        eps = (x_t - ALPHAS_CUMPROD[t].sqrt() * guess) / (1 - ALPHAS_CUMPROD[t]).sqrt()
        expected = ALPHAS_CUMPROD[t_prev].sqrt() * guess + (1 - ALPHAS_CUMPROD[t_prev]).sqrt() * eps
        assert_close(x_prev, expected.float(), atol=1e-5, what=f"the state at time {t_prev}", hint=hint)
