"""Right and wrong training of the noise predictor on digits, for `benchmarks.smoke_spread`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.broken import budget
from solutions.diffusion import gaussian, samplers, schedules
from solutions.given.data import digits
from solutions.given.networks import mlp
from solutions.given.training import gaussian as loop
from tests.oracles.denoising import denoising_errors

BUDGET = budget("runs.gaussian")
# The same as in the smoke test.
TIMES = (5, 10, 20, 30, 40)
LATE_TIMES = (60, 80, 100)


def _loss(
    target: str = "noise",
    first: float = 0.0,
    last: float = 1.0,
    shown_time: Callable[[Tensor], Tensor] = lambda t: t,
) -> Any:
    """A loss that predicts `target`, at times from a part of 1..T; the network gets `shown_time(t)` instead of t."""

    def loss(
        network: gaussian.Network,
        x_0: Tensor,
        alphas_cumprod: Tensor,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        steps = len(alphas_cumprod) - 1
        low, high = int(first * steps) + 1, int(last * steps) + 1
        t = torch.randint(low, high, (len(x_0),), generator=generator)
        noise = torch.randn(x_0.shape, generator=generator)
        fresh = torch.randn(x_0.shape, generator=generator)
        guess = network(gaussian.q_sample(x_0, t, alphas_cumprod, noise), shown_time(t))
        return F.mse_loss(guess, {"noise": noise, "x_0": x_0, "fresh": fresh, "minus": -noise}[target])

    return lambda: mock.patch.object(gaussian, "noise_prediction_loss", loss)


def _without_roots(x_0: Tensor, t: int | Tensor, alphas_cumprod: Tensor, noise: Tensor) -> Tensor:
    signal = schedules.at(alphas_cumprod, t, x_0).to(x_0)
    return signal * x_0 + (1 - signal) * noise


def _swapped(x_0: Tensor, t: int | Tensor, alphas_cumprod: Tensor, noise: Tensor) -> Tensor:
    signal = schedules.at(alphas_cumprod, t, x_0).to(x_0)
    return (1 - signal).sqrt() * x_0 + signal.sqrt() * noise


def _unscaled(num_steps: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> Tensor:
    betas = torch.linspace(beta_start, beta_end, num_steps, dtype=torch.float64)
    return torch.cat([betas.new_zeros(1), betas])


BROKEN: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "predicts x_0": _loss(target="x_0"),
    "noise drawn twice": _loss(target="fresh"),
    "wrong sign of the noise": _loss(target="minus"),
    "early half of the times": _loss(last=0.5),
    "late half of the times": _loss(first=0.5),
    "time ignored": _loss(shown_time=torch.ones_like),
    "times reversed": _loss(shown_time=lambda t: BUDGET["num_steps"] + 1 - t),
    "no square roots": lambda: mock.patch.object(gaussian, "q_sample", _without_roots),
    "signal and noise swapped": lambda: mock.patch.object(gaussian, "q_sample", _swapped),
    "no cumulative product": lambda: mock.patch.object(
        schedules, "cumulative_alphas", lambda betas: 1 - betas
    ),
    "betas not scaled": lambda: mock.patch.object(schedules, "linear_betas", _unscaled),
}


def train(seed: int) -> dict[str, Tensor]:
    weights, _ = loop.train(**BUDGET, seed=seed)
    return weights


def measure(weights: dict[str, Tensor], seed: int) -> dict[str, float]:
    data = digits.scaled_digits("train"), digits.scaled_digits("test")
    network = mlp.DenoisingMLP(64, BUDGET["width"])
    network.load_state_dict(weights)
    network.eval()
    betas = schedules.linear_betas(BUDGET["num_steps"])
    alphas_cumprod = schedules.cumulative_alphas(betas)
    generator = torch.Generator().manual_seed(1000 + seed)
    error, without = denoising_errors(network, data, alphas_cumprod, TIMES, generator)
    late, _ = denoising_errors(network, data, alphas_cumprod, LATE_TIMES, generator)
    samples = samplers.ddim_sample(network, (500, 64), betas, 25, clip=1.0, generator=generator)
    return {
        "relative_error": error / without,
        "late_error": late,
        # Not asserted: root mean square over the pixels; a gap is the difference between samples and data.
        "sample_mean_gap": (samples.mean(0) - data[0].mean(0)).square().mean().sqrt().item(),
        "sample_std_gap": (samples.std(0) - data[0].std(0)).square().mean().sqrt().item(),
    }
