"""Trains a network to undo coin flips, on handwritten digits or on other images."""

import math

import torch
from torch import Tensor

from ...diffusion import binary
from ..data import digits
from ..networks import mlp
from . import precision
from .loop import QUIET, Loop, Part


def delta_for(num_steps: int, final_correlation: float = 0.02) -> float:
    """The flip probability with which Y_T keeps a correlation of `final_correlation` with Y_0 after `num_steps` steps.

    Args:
        num_steps: T, at least 1.
        final_correlation: in [0, 1), correlation of each pixel of Y_T with the same pixel of Y_0; one step multiplies
            it by 1 - 2 delta.
    """
    per_step: float = final_correlation ** (1 / num_steps)
    return (1 - per_step) / 2


def make_network(
    num_steps: int, final_correlation: float = 0.02, width: int = 256, depth: int = 2, num_pixels: int = 64
) -> mlp.DenoisingMLP:
    """The network that `train` trains, with initial weights: pixels to logits."""
    delta = delta_for(num_steps, final_correlation)
    return mlp.DenoisingMLP(num_pixels, width, depth, skip_logit=math.log((1 - delta) / delta))


def train(
    num_steps: int,
    iterations: int,
    batch_size: int,
    learning_rate: float,
    final_correlation: float = 0.02,
    width: int = 256,
    seed: int = 0,
    device: str = "cpu",
    loop: Loop = QUIET,
    depth: int = 2,
    images: Tensor | None = None,
    fused: bool = False,
    half_precision: bool = False,
) -> tuple[dict[str, Tensor], dict[str, list[float]]]:
    """Adam with cosine decay on `binary.training_loss`.

    The same arguments give the same weights on a CPU. The global random state is neither used nor changed.

    Args:
        num_steps: T of the diffusion.
        iterations: number of updates of the weights.
        batch_size: images in a batch, drawn with replacement.
        learning_rate: learning rate at the start; it decays to 0.
        final_correlation: determines delta, see `delta_for`.
        width: hidden units of the network.
        seed: seed of weights, batches, times and coins.
        device: where to train, "cpu" or "cuda".
        loop: saves, shows and logs the updates.
        depth: residual blocks of the network.
        images: Float[N, M] of -1.0 and +1.0; without them, the included training digits.
        fused: Adam as one kernel, which is faster and rounds differently.
        half_precision: compute the network in bfloat16 on a GPU that supports it.

    Returns:
        The weights (a state dict of CPU tensors, for `make_network`), and a history: "loss" of each iteration in nats
        per image.
    """
    half = precision.is_half(half_precision, device)
    # Everything here that draws from the global generators (initial weights; a loss that ignores its generator) is
    # seeded. At the end the state of the caller is restored.
    with torch.random.fork_rng(devices=[device] if device != "cpu" else []):
        torch.manual_seed(seed)
        images = (digits.binarised_digits("train") if images is None else images).to(device)
        network = make_network(num_steps, final_correlation, width, depth, images.shape[1]).to(device)
        generator = torch.Generator(device).manual_seed(seed)
        delta = delta_for(num_steps, final_correlation)
        optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate, fused=fused or None)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations)
        # Read once at the end, so that a GPU does not wait for the CPU.
        losses = torch.zeros(iterations, device=device)
        parts: dict[str, Part] = {
            "network": network,
            "optimizer": optimizer,
            "schedule": schedule,
            "generator": generator,
        }
        for iteration in loop.steps("coin_flip", iterations, parts, {"loss": losses}):
            rows = torch.randint(len(images), (batch_size,), generator=generator, device=device)
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half):
                loss = binary.training_loss(network, images[rows], num_steps, delta, generator=generator)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses[iteration] = loss.detach()
    weights = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
    return weights, {"loss": losses.tolist()}
