"""Trains a noise predictor, on handwritten digits or on other images."""

import copy

import torch
from torch import Tensor, nn

from ...diffusion import gaussian, schedules
from ..data import digits
from ..networks import mlp
from . import precision
from .loop import QUIET, Loop, Part


def train(
    num_steps: int,
    iterations: int,
    batch_size: int,
    learning_rate: float,
    width: int,
    ema_decay: float,
    seed: int = 0,
    device: str = "cpu",
    loop: Loop = QUIET,
    depth: int = 2,
    images: Tensor | None = None,
    fused: bool = False,
    half_precision: bool = False,
) -> tuple[dict[str, Tensor], dict[str, list[float]]]:
    """Adam with cosine decay on `noise_prediction_loss`, linear betas, and a moving average of the weights.

    The same arguments give the same weights on a CPU. The global random state is neither used nor changed.

    Args:
        num_steps: T of the diffusion.
        iterations: number of updates of the weights.
        batch_size: images in a batch, drawn with replacement.
        learning_rate: learning rate at the start; it decays to 0.
        width: hidden units of the network.
        ema_decay: share of the average that one update keeps; smaller at the start, to forget the initial weights.
        seed: seed of weights, batches, times and noise.
        device: where to train, "cpu" or "cuda".
        loop: saves, shows and logs the updates.
        depth: residual blocks of the network.
        images: Float[N, M] in [-1, 1]; without them, the included training digits.
        fused: Adam as one kernel, which is faster and rounds differently.
        half_precision: compute the network in bfloat16 on a GPU that supports it.

    Returns:
        The averaged weights (a state dict of CPU tensors, for `DenoisingMLP(M, width, depth)`), and a history: "loss"
        of each iteration.
    """
    half = precision.is_half(half_precision, device)
    # Everything here that draws from the global generators (initial weights; a loss that ignores its generator) is
    # seeded. At the end the state of the caller is restored.
    with torch.random.fork_rng(devices=[device] if device != "cpu" else []):
        torch.manual_seed(seed)
        images = (digits.scaled_digits("train") if images is None else images).to(device)
        network = mlp.DenoisingMLP(images.shape[1], width, depth).to(device)
        average = copy.deepcopy(network)
        alphas_cumprod = schedules.cumulative_alphas(schedules.linear_betas(num_steps)).to(device)
        optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate, fused=fused or None)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations)
        generator = torch.Generator(device).manual_seed(seed)
        # Read once at the end, so that a GPU does not wait for the CPU.
        losses = torch.zeros(iterations, device=device)
        parts: dict[str, Part] = {
            "network": network,
            "average": average,
            "optimizer": optimizer,
            "schedule": schedule,
            "generator": generator,
        }
        for iteration in loop.steps("gaussian", iterations, parts, {"loss": losses}):
            rows = torch.randint(len(images), (batch_size,), generator=generator, device=device)
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
                loss = gaussian.noise_prediction_loss(network, images[rows], alphas_cumprod, generator)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            _update_average(average, network, min(ema_decay, (1 + iteration) / (10 + iteration)))
            losses[iteration] = loss.detach()
    weights = {name: value.detach().cpu().clone() for name, value in average.state_dict().items()}
    return weights, {"loss": losses.tolist()}


@torch.no_grad()
def _update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    for mean, value in zip(average.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, 1 - decay)
