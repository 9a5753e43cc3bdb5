"""Joint distributions: what is drawn for every pixel, image, time and call is independent and has the right spread."""

import math

import pytest
import torch

from tests.oracles.coin_flip import flip_probability
from tests.support.compare import assert_close, assert_tensor
from tests.support.draws import assert_independent_events, assert_independent_normals, assert_uniform_times
from tests.support.noise_predictors import column

SHAPE = (64, 3, 20, 14)  # 53,760 draws in each call
EACH = "Draw one number of its own for every pixel of every image, each time."
FRESH = "Draw again for every step and call; a pixel of an image shares its noise with nothing else."


def twice(draw):
    """Float[2, *SHAPE]: two calls, the second with the generator as the first has left it."""
    draws = [draw(), draw()]
    for one in draws:
        assert_tensor(one, shape=SHAPE, hint=EACH)
    return torch.stack(draws)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(name, marks=pytest.mark.task(f"diffusion.binary.{name}"))
        for name in ("flip_step", "replace_step", "q_sample")
    ],
)
def test_flips_are_independent(hw, target):
    """Every pixel flips by coins of its own: pixels, channels, images and calls do not go together."""
    y, generator, t = torch.ones(SHAPE), hw.generator(), (3,) if target == "q_sample" else ()
    for delta in (0.05, 0.4):
        draws = twice(lambda by=delta: hw(f"diffusion.binary.{target}")(y, *t, by, generator=generator))
        flipped = flip_probability(3, delta) if t else delta
        assert_independent_events(draws < 0, flipped, hint=EACH, what="a pixel flips")


@pytest.mark.task("diffusion.binary.ancestral_step")
def test_reverse_coins_are_independent(hw):
    """Every pixel of the reverse step has a coin of its own."""
    y, generator, step = torch.ones(SHAPE), hw.generator(), hw("diffusion.binary.ancestral_step")
    draws = twice(lambda: step(lambda y_t, t: torch.full_like(y_t, 0.4), y, 3, generator=generator))
    assert_independent_events(draws > 0, 1 / (1 + math.exp(-0.4)), hint=EACH, what="a pixel is +1")


@pytest.mark.task("diffusion.samplers.ancestral_sample")
def test_start_of_the_chain_is_independent(hw):
    """A chain that keeps each pixel shows the coins of its start, and they are independent and fair."""
    generator, sample = hw.generator(), hw("diffusion.samplers.ancestral_sample")
    draws = twice(lambda: sample(lambda y_t, t: 60 * y_t, SHAPE, 2, generator=generator))
    assert_independent_events(draws > 0, 0.5, hint=EACH, what="a pixel starts as +1")


@pytest.mark.task("diffusion.binary.training_loss")
def test_times_and_coins_of_the_loss_are_independent(hw):
    """Times are uniform and independent; with delta = 1/2 every pixel is a fair coin, whatever its time."""
    seen = []
    y_0, generator = torch.ones(8000, 3, 4), hw.generator()
    for _ in range(2):
        hw("diffusion.binary.training_loss")(
            lambda y_t, t: seen.append((y_t, t)) or 0 * y_t, y_0, 4, 0.5, generator=generator
        )
    assert_independent_events(torch.stack([y_t for y_t, _ in seen]) > 0, 0.5, hint=EACH, what="a pixel is +1")
    assert_uniform_times(torch.stack([t for _, t in seen]), 4, hint="One time for each image, from 1..T.")


@pytest.mark.task("diffusion.binary.bits_per_pixel")
def test_coins_of_the_bound_are_independent(hw):
    """A long chain: every time is visited, each with coins of its own."""
    seen = []
    hw("diffusion.binary.bits_per_pixel")(
        lambda y_t, t: seen.append((y_t, t)) or 0 * y_t,
        torch.ones(24, 3, 6),
        260,
        0.5,
        generator=hw.generator(),
    )
    visited = torch.cat([t for _, t in seen]).unique()
    assert_close(
        visited, torch.arange(1, 261), what="the times that the network gets", hint="Sum over every t = 1..T."
    )
    draws = torch.cat([y_t for y_t, _ in seen])
    assert_independent_events(draws.reshape(-1, 24, 3, 6) > 0, 0.5, hint=EACH, what="a pixel is +1")


@pytest.mark.task("diffusion.binary.flip_step")
def test_a_step_without_noise_is_a_copy(hw):
    """With delta = 0 no pixel flips, and the result is a tensor of its own."""
    y = torch.ones(3, 5)
    assert_close(hw("diffusion.binary.flip_step")(y, 0.0, generator=hw.generator()), y)
    assert_close(hw("diffusion.binary.flip_step")(-y, 0.0), -y)


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
def test_noise_of_the_loss_is_independent(hw):
    """Where no signal is left, the network sees the noise itself: standard normal and independent, at uniform times."""
    seen = []
    signal, generator = torch.tensor([1.0, *(1e-14,) * 6], dtype=torch.float64), hw.generator()
    for _ in range(2):
        hw("diffusion.gaussian.noise_prediction_loss")(
            lambda x_t, t: seen.append((x_t, t)) or x_t, torch.ones(8000, 2, 4), signal, generator=generator
        )
    assert_independent_normals(torch.stack([x_t for x_t, _ in seen]), hint=FRESH)
    assert_uniform_times(torch.stack([t for _, t in seen]), 6, hint="One time for each sample, from 1..T.")


@pytest.mark.parametrize(
    ("target", "options"),
    [
        pytest.param("ddpm_sample", {}, marks=pytest.mark.task("diffusion.samplers.ddpm_sample")),
        pytest.param(
            "ddpm_sample", {"variance": "beta"}, marks=pytest.mark.task("diffusion.samplers.ddpm_sample")
        ),
        pytest.param(
            "ddim_sample",
            {"num_sampling_steps": 3, "eta": 1.0},
            marks=pytest.mark.task("diffusion.samplers.ddim_sample"),
        ),
    ],
)
def test_noise_of_a_chain_is_independent(hw, target, options):
    """With a network that returns its input, each step adds noise to a multiple of the state: both are recovered."""
    betas = torch.tensor([0.0, 0.2, 0.5, 0.4], dtype=torch.float64)
    signal = torch.cumprod(1 - betas, 0)
    seen = {}
    hw(f"diffusion.samplers.{target}")(
        lambda x_t, t: seen.setdefault(int(t[0]), x_t) * column((1 - signal[t]).sqrt(), x_t),
        SHAPE,
        betas,
        generator=hw.generator(),
        **options,
    )
    noises = [seen[3].double()]
    for t in (
        3,
        2,
    ):  # eps_hat = sqrt(1 - a) x_t gives x_0_hat = sqrt(a) x_t, and the mean of the step is a multiple of x_t
        a, before = float(signal[t]), float(signal[t - 1])
        variance = (1 - before) / (1 - a) * float(betas[t])
        slope = math.sqrt(before * a) * float(betas[t]) / (1 - a)
        slope += math.sqrt(1 - float(betas[t])) * (1 - before) / (1 - a)
        spread = math.sqrt(float(betas[t]) if options.get("variance") == "beta" else variance)
        noises.append((seen[t - 1].double() - slope * seen[t].double()) / spread)
    assert_independent_normals(torch.stack(noises), hint=FRESH)


@pytest.mark.task("rlhf.policy_gradient.sample_response")
def test_tokens_of_a_large_vocabulary_are_independent(hw):
    """Every token of a large vocabulary is drawn with its probability, independently in each row and step."""
    words, rows, steps = 200, 3000, 4
    source, logits = torch.zeros(rows, 1, dtype=torch.int64), torch.zeros(words)
    logits[-1] = -1e9
    tokens, _, mask = hw("rlhf.policy_gradient.sample_response")(
        lambda ids, attended, prefix: logits.expand(len(ids), prefix.shape[1], words),
        source,
        torch.ones_like(source, dtype=torch.bool),
        0,
        words - 1,  # the end, which is never drawn
        0,
        steps,
        generator=hw.generator(),
    )
    assert bool(mask.all()) and tokens.shape == (rows, steps)
    hint = "softmax over the whole vocabulary, one draw for each row and step."
    for chosen, what in ((tokens % 2 == 0, "a token is even"), (tokens < 100, "a token is below 100")):
        assert_independent_events(chosen, 100 / 199, hint=hint, what=what)
