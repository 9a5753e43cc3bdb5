"""Gaussian diffusion, question 2c: whole chains, held against chains whose law is known exactly.

When the data is Gaussian and the network answers with the exact E[noise | x_t], every reverse step is an affine map
plus normal noise. So a chain can be checked step by step from what it returns, and the law of its end is known.
"""

import itertools
import math

import pytest
import torch

from tests.oracles import gaussian as oracle
from tests.support.compare import assert_close, assert_mean, assert_tensor, assert_true
from tests.support.noise_predictors import Watched

BETAS = torch.tensor([0.0, 0.02, 0.3, 0.05, 0.5, 0.2, 0.4], dtype=torch.float64)
SHARES = oracle.left_of_signal(BETAS)
LAST = 6
MEAN, STD = 1.5, 0.5


def exact():
    return Watched(oracle.gaussian_denoiser(SHARES, MEAN, STD), LAST)


def follow(chain, steps):
    """The noise that each step must have drawn, in units of its standard deviation; exact where there is none."""
    drawn = []
    for k, (slope, shift, variance) in enumerate(steps):
        predicted = slope * chain[k].double() + shift
        if variance == 0:
            what = f"state {k + 1} of the chain"
            hint = "This step draws nothing. Which t does the network get, and which does the step?"
            assert_close(chain[k + 1], predicted.float(), atol=2e-5, what=what, hint=hint)
        else:
            drawn.append((chain[k + 1].double() - predicted) / math.sqrt(variance))
    return torch.stack(drawn) if drawn else None


def assert_standard_normal(drawn, first):
    """`drawn` [K, B, M]: standard normal, independent between steps, samples, dimensions and of the first state."""
    hint = "Every step draws noise of its own, for each number, and scales it by a standard deviation of its own time."
    for z in drawn:
        assert_mean(z.flatten(), 0.0, 1.0, hint=hint, what="the mean of the noise of a step")
        assert_mean(
            z.flatten() ** 2, 1.0, math.sqrt(2), hint=hint, what="the variance of the noise of a step"
        )
    pairs = {
        "two steps": drawn[1:] * drawn[:-1],
        "two samples": drawn[:, 0::2] * drawn[:, 1::2],
        "two dimensions": drawn[..., 0] * drawn[..., 1],
        "a step and the start": drawn * first,
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
    """Every step is the draw it should be, and draws afresh."""
    network = exact()
    chain = hw("diffusion.samplers.ddpm_sample")(
        network, (1000, 2), BETAS, variance=variance, generator=hw.generator(), return_all=True
    )
    assert_tensor(chain, shape=(LAST + 1, 1000, 2), dtype=torch.float32, what="the chain", hint="x_T to x_0.")
    visited = [t[0].item() for t in network.times]
    assert_true(
        visited == [6, 5, 4, 3, 2, 1], "the network is asked at the wrong times", hint="From T down to 1."
    )
    assert_true(all((t == t[0]).all() for t in network.times), "samples of one batch are at different times")
    assert_start(chain[0])
    steps = [oracle.ddpm_transition(t, BETAS, MEAN, STD, variance) for t in range(LAST, 0, -1)]
    assert_standard_normal(follow(chain, steps), chain[0].double())


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_samples_have_the_law_of_the_chain(hw):
    """Without return_all: the mean and the variance that the whole chain leads to."""
    betas = oracle.linear_betas(20)
    shares = oracle.left_of_signal(betas)
    network = Watched(oracle.gaussian_denoiser(shares, MEAN, STD), 20)
    got = hw("diffusion.samplers.ddpm_sample")(network, (2000, 5), betas, generator=hw.generator())
    assert_tensor(
        got, shape=(2000, 5), dtype=torch.float32, what="the samples", hint="The shape that is asked for."
    )
    steps = [oracle.ddpm_transition(t, betas, MEAN, STD) for t in range(20, 0, -1)]
    mean, variance = oracle.moments_after(steps)
    hint = "Is the chain run to its end, with the right noise everywhere?"
    assert_mean(got.flatten(), mean, math.sqrt(variance), hint=hint, what="the mean of the samples")
    squares = (got.double().flatten() - mean) ** 2
    assert_mean(squares, variance, math.sqrt(2) * variance, hint=hint, what="the variance of the samples")


def far_guess(x_t, t):
    """x_0_hat, clamped to [-0.5, 0.5], when the network answers -20 x_t."""
    share = SHARES[t].float()
    return ((x_t + 20 * (1 - share).sqrt() * x_t) / share.sqrt()).clamp(-0.5, 0.5)


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_keeps_no_graph(hw):
    """Sampling is not training: no gradient reaches the network."""
    layer = torch.nn.Linear(2, 2)
    reply = hw("diffusion.samplers.ddpm_sample").ask(
        network=Watched(lambda x, t: layer(x), LAST),
        shape=(5, 2),
        betas=BETAS,
        generator=hw.generator(),
        grad_of=("network",),
    )
    assert_tensor(reply.value, shape=(5, 2), dtype=torch.float32, what="the samples", hint="x_0 only.")
    hint = "Which context manager tells torch not to keep a graph?"
    assert_true(reply.grads["network"] is None, "the samples keep the graph of the whole chain", hint=hint)


@pytest.mark.task("diffusion.samplers.ddpm_sample")
def test_ddpm_chain_clamps_its_guesses(hw):
    """The clip reaches every step, images keep their shape, and the chain is that of its seed."""
    sample = hw("diffusion.samplers.ddpm_sample")

    def run(seed, clip):
        network = Watched(lambda x, t: -20 * x, LAST)
        generator = torch.Generator().manual_seed(seed)
        return sample(network, (2, 1, 3, 5), BETAS, clip=clip, generator=generator, return_all=True)

    chain = run(1, 0.5)
    hint = "Each step gets the clip that the sampler was given."
    assert_tensor(chain, shape=(LAST + 1, 2, 1, 3, 5), dtype=torch.float32, what="the chain")
    assert_close(chain[-1], far_guess(chain[-2], 1), what="the samples", hint=hint)
    for x_t, x_prev, t in zip(chain[:-2], chain[1:-1], range(LAST, 1, -1), strict=True):
        mean, variances = oracle.posterior_all(x_t, far_guess(x_t, t), [t] * 2, BETAS)
        near = bool(((x_prev - mean).abs() <= 8 * math.sqrt(variances[0])).all())
        assert_true(near, f"no draw leads from the clamped guess at t = {t} to the next state", hint=hint)
    assert_true(bool((chain[-1].abs() <= 0.5).all()), "samples leave the range", hint=hint)
    assert_true(
        bool(run(1, None)[-1].abs().max() > 0.5), "samples are clamped unasked", hint="clip=None: no clamp."
    )
    hint = "All randomness comes from the generator."
    assert_close(run(1, 0.5), chain, what="the chain of the same seed", hint=hint)
    assert_true(
        not torch.equal(run(2, 0.5)[0], chain[0]), "another seed starts from the same noise", hint=hint
    )


@pytest.mark.task("diffusion.samplers.ddim_sample")
@pytest.mark.parametrize("steps", [4, 6])
def test_ddim_chain_is_deterministic(hw, steps):
    """With eta = 0 every state follows from the one before, exactly, over even and uneven gaps."""
    network, sample = exact(), hw("diffusion.samplers.ddim_sample")
    chain = sample(network, (50, 3), BETAS, steps, generator=hw.generator(), return_all=True)
    assert_tensor(
        chain, shape=(steps + 1, 50, 3), dtype=torch.float32, what="the chain", hint="S + 1 states."
    )
    visited = [int(t[0]) for t in network.times] + [0]
    gaps = [t - t_prev for t, t_prev in itertools.pairwise(visited)]
    even = len(gaps) == steps and visited[0] == LAST and max(gaps) - min(gaps) <= 1 and min(gaps) > 0
    hint = "The times of strided_times, without the last."
    assert_true(even, "the network is asked at the wrong times", hint=hint)
    pairs = itertools.pairwise(visited)
    follow(chain, [oracle.ddim_transition(t, t_prev, SHARES, MEAN, STD, 0.0) for t, t_prev in pairs])


@pytest.mark.task("diffusion.samplers.ddim_sample")
@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_ddim_chain_step_by_step(hw, eta):
    """With eta > 0 every step but the last draws afresh, as much as eta says."""
    sample = hw("diffusion.samplers.ddim_sample")
    chain = sample(exact(), (1000, 2), BETAS, 3, eta=eta, generator=hw.generator(), return_all=True)
    assert_tensor(chain, shape=(4, 1000, 2), dtype=torch.float32, what="the chain", hint="S + 1 states.")
    assert_start(chain[0])
    pairs = [(6, 4), (4, 2), (2, 0)]
    drawn = follow(chain, [oracle.ddim_transition(t, s, SHARES, MEAN, STD, eta) for t, s in pairs])
    assert_standard_normal(drawn, chain[0].double())
    one, same = (
        sample(exact(), (2, 3), BETAS, 3, eta=eta, generator=torch.Generator().manual_seed(1))
        for _ in range(2)
    )
    assert_close(
        same, one, what="the samples of the same seed", hint="All randomness comes from the generator."
    )


@pytest.mark.task("diffusion.samplers.ddim_sample")
def test_ddim_draws_nothing_but_the_start(hw):
    """With eta = 0 the same x_T gives the same samples, and more steps draw no more."""
    states, starts = [], []
    for steps in (1, 6, 6):
        generator, network = torch.Generator().manual_seed(hw.seed % 1000), exact()
        hw("diffusion.samplers.ddim_sample")(network, (4, 3), BETAS, steps, generator=generator)
        states.append(generator.get_state())
        asked = f"the network is asked {len(network.times)} times in {steps} steps"
        assert_true(len(network.times) == steps, asked, hint="Once in every step.")
        starts.append(network.inputs[0])
    hint = "With eta = 0 the only draw is that of x_T, from the generator."
    assert_true(torch.equal(starts[0], starts[1]), "the same seed starts from other noise", hint=hint)
    assert_true(torch.equal(starts[1], starts[2]), "the same seed starts from other noise", hint=hint)
    assert_true(torch.equal(states[0], states[1]), "more steps draw more random numbers", hint=hint)
    other = exact()  # asked once, as the first was
    hw("diffusion.samplers.ddim_sample")(other, (4, 3), BETAS, 1, generator=hw.generator())
    assert_true(
        not torch.equal(other.inputs[0], starts[0]), "another seed starts from the same noise", hint=hint
    )


@pytest.mark.task("diffusion.samplers.ddim_sample")
def test_ddim_chain_clamps_its_guesses(hw):
    """The clip reaches every step: a network far off still ends in the range, images keep their shape."""
    network = Watched(lambda x, t: -20 * x, LAST)
    sample = hw("diffusion.samplers.ddim_sample")
    chain = sample(network, (2, 1, 3, 5), BETAS, 3, clip=0.5, generator=hw.generator(), return_all=True)
    assert_tensor(chain, shape=(4, 2, 1, 3, 5), dtype=torch.float32, what="the chain", hint="x_T to x_0.")
    hint = "Each step gets the clip that the sampler was given."
    for x_t, x_prev, (t, t_prev) in zip(chain[:-1], chain[1:], [(6, 4), (4, 2), (2, 0)], strict=True):
        guess = far_guess(x_t, t)
        eps = (x_t - SHARES[t].sqrt() * guess) / (1 - SHARES[t]).sqrt()
        expected = SHARES[t_prev].sqrt() * guess + (1 - SHARES[t_prev]).sqrt() * eps
        assert_close(x_prev, expected.float(), atol=1e-5, what=f"the state at time {t_prev}", hint=hint)
