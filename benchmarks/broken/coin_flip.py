"""Question 1: wrong posteriors, noise, losses and times, and the bits per pixel of networks trained with them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from unittest import mock

import torch
from torch import Tensor

from benchmarks.broken import budget
from solutions.diffusion import binary
from solutions.given.data import digits
from solutions.given.training import coin_flip

BUDGET = budget("runs.coin_flip")

DRAWS = 5  # of the noise: with one draw, most of the spread between seeds would come from the measurement

_q_sample, _posterior, _kl_loss = binary.q_sample, binary.posterior, binary.kl_loss


def train(seed: int) -> dict[str, Tensor]:
    """The given loop with BUDGET."""
    weights, _ = coin_flip.train(**BUDGET, seed=seed)
    return weights


def measure(weights: dict[str, Tensor], seed: int) -> dict[str, float]:
    """Bits per pixel on the test split, averaged over DRAWS draws of the noise from `seed`."""
    num_steps = BUDGET["num_steps"]
    network = coin_flip.make_network(num_steps)
    network.load_state_dict(weights)
    delta = coin_flip.delta_for(num_steps)
    generator = torch.Generator().manual_seed(seed)
    images = digits.binarised_digits("test").repeat(DRAWS, 1)
    return {"bits_per_pixel": binary.bits_per_pixel(network, images, num_steps, delta, generator).item()}


def _replaced(name: str, wrong: Callable[..., Tensor]) -> Callable[[], AbstractContextManager[object]]:
    return lambda: mock.patch.object(binary, name, wrong)


def _posterior_without_image(y_t: Tensor, _y_0: Tensor, t: Tensor, delta: float) -> Tensor:
    # At such a large distance, Y_0 contains no information.
    return _posterior(y_t, y_t, torch.full_like(t, 10_000), delta)


def _posterior_one_step_late(y_t: Tensor, y_0: Tensor, t: Tensor, delta: float) -> Tensor:
    return _posterior(y_t, y_0, t + 1, delta)  # uses rho_t instead of rho_{t-1}


def _posterior_of_minus_one(y_t: Tensor, y_0: Tensor, t: Tensor, delta: float) -> Tensor:
    return 1 - _posterior(y_t, y_0, t, delta)


def _posterior_swapped(y_t: Tensor, y_0: Tensor, t: Tensor, delta: float) -> Tensor:
    return _posterior(y_0, y_t, t, delta)


def _one_step_only(y_0: Tensor, _t: Tensor, delta: float, generator: torch.Generator | None = None) -> Tensor:
    return _q_sample(y_0, 1, delta, generator)


def _one_flip_per_image(
    y_0: Tensor, t: Tensor, delta: float, generator: torch.Generator | None = None
) -> Tensor:
    return y_0 * _q_sample(torch.ones(len(y_0), 1), t, delta, generator)


def _replaced_means_flipped(
    y_0: Tensor, t: Tensor, delta: float, generator: torch.Generator | None = None
) -> Tensor:
    return y_0 * _q_sample(torch.ones_like(y_0), 2 * t, delta, generator)


def _reversed_kl(logits: Tensor, target_prob: Tensor) -> Tensor:
    q = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    p = target_prob.clamp(1e-6, 1 - 1e-6)
    return (q * (q / p).log() + (1 - q) * ((1 - q) / (1 - p)).log()).sum(1).mean()


def _squared_error(logits: Tensor, target_prob: Tensor) -> Tensor:
    return (torch.sigmoid(logits) - target_prob).square().sum(1).mean()


def _sigmoid_twice(logits: Tensor, target_prob: Tensor) -> Tensor:
    return _kl_loss(torch.sigmoid(logits), target_prob)


def _time_is(draw: Callable[[Tensor, int], Tensor]) -> Callable[..., Tensor]:
    def training_loss(
        network: binary.Network,
        y_0: Tensor,
        num_steps: int,
        delta: float,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        t = draw(torch.randint(1, num_steps + 1, (len(y_0),), generator=generator), num_steps)
        y_t = binary.q_sample(y_0, t, delta, generator)
        return binary.kl_loss(network(y_t, t), binary.posterior(y_t, y_0, t, delta))

    return training_loss


def _time_ignored(
    network: binary.Network,
    y_0: Tensor,
    num_steps: int,
    delta: float,
    generator: torch.Generator | None = None,
) -> Tensor:
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator)
    y_t = binary.q_sample(y_0, t, delta, generator)
    return binary.kl_loss(network(y_t, torch.ones_like(t)), binary.posterior(y_t, y_0, t, delta))


def _network_reads_the_image(
    network: binary.Network,
    y_0: Tensor,
    num_steps: int,
    delta: float,
    generator: torch.Generator | None = None,
) -> Tensor:
    t = torch.randint(1, num_steps + 1, (len(y_0),), generator=generator)
    y_t = binary.q_sample(y_0, t, delta, generator)
    return binary.kl_loss(network(y_0, t), binary.posterior(y_t, y_0, t, delta))


BROKEN: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "no training at all": _replaced("kl_loss", lambda logits, _: 0 * logits.sum()),
    "posterior without y_0": _replaced("posterior", _posterior_without_image),
    "posterior one step late": _replaced("posterior", _posterior_one_step_late),
    "posterior probability of -1": _replaced("posterior", _posterior_of_minus_one),
    "posterior, images swapped": _replaced("posterior", _posterior_swapped),
    "q_sample one step only": _replaced("q_sample", _one_step_only),
    "q_sample one flip per image": _replaced("q_sample", _one_flip_per_image),
    "q_sample at twice the time": _replaced("q_sample", _replaced_means_flipped),
    "KL(Q || P)": _replaced("kl_loss", _reversed_kl),
    "squared error": _replaced("kl_loss", _squared_error),
    "sigmoid twice": _replaced("kl_loss", _sigmoid_twice),
    "one time for the batch": _replaced("training_loss", _time_is(lambda t, _: t[:1].expand(len(t)))),
    "last time only": _replaced("training_loss", _time_is(lambda t, last: torch.full_like(t, last))),
    "time 1 never used": _replaced("training_loss", _time_is(lambda t, _: t.clamp(min=2))),
    "time ignored": _replaced("training_loss", _time_ignored),
    "network reads y_0": _replaced("training_loss", _network_reads_the_image),
}
