"""Trains an early-exit network, on warped digits or on other images."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ...early_exit import loss as objective
from ...early_exit import resnet
from ..data import warped_digits
from . import precision
from .loop import QUIET, Loop, Part

History = dict[str, list[float]]


def train(
    width: int,
    blocks: Sequence[int],
    exits: Sequence[int],
    exit_weights: Sequence[float],
    image_size: int,
    num_images: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int = 0,
    device: str = "cpu",
    loop: Loop = QUIET,
) -> tuple[dict[str, Tensor], History]:
    """Trains an early-exit network on warped digits.

    The same arguments give the same weights on a CPU. The global random state is neither used nor changed.

    Args:
        width: channels of the first stage.
        blocks: residual blocks in each stage.
        exits: the stages, counted from 1, with an early head; [] trains a network without early exits.
        exit_weights: weights in the loss, one for each early head and one for the final head.
        image_size: 16 or 32 pixels.
        num_images: number of training images.
        epochs: number of passes over the images.
        batch_size: images in a batch.
        learning_rate: the peak of the cycle.
        seed: seed of the weights, the images and their order.
        device: where to train, "cpu" or "cuda".
        loop: saves, shows and logs the steps.

    Returns:
        The trained weights (a state dict of CPU tensors), and the history of `fit`.
    """
    network = first_network(width, blocks, 1, exits, seed).to(device)
    images, labels = (part.to(device) for part in warped_digits.warped_digits(num_images, seed, image_size))
    history = fit(network, images, labels, exit_weights, epochs, batch_size, learning_rate, seed, loop)
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}, history


def first_network(
    width: int, blocks: Sequence[int], in_channels: int, exits: Sequence[int], seed: int
) -> resnet.EarlyExitResNet:
    """An untrained network for ten classes; its weights only depend on `seed`."""
    with torch.random.fork_rng(devices=[]):  # layers draw their initial weights from the global generator
        torch.default_generator.manual_seed(seed)
        return resnet.EarlyExitResNet(10, width, tuple(blocks), in_channels, tuple(exits))


def fit(
    network: resnet.EarlyExitResNet,
    images: Tensor,
    labels: Tensor,
    exit_weights: Sequence[float],
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    loop: Loop = QUIET,
    name: str = "early_exit",
    prepare: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    half_precision: bool = False,
) -> History:
    """Adam with a one-cycle schedule on `early_exit_loss`; an incomplete last batch of an epoch is skipped.

    Args:
        network: the network, trained in place on its device.
        images: [N, C, H, W], on the network's device.
        labels: Long[N], on the network's device.
        exit_weights: weights in the loss, one for each head.
        epochs: number of passes over the images.
        batch_size: images in a batch, at most N.
        learning_rate: the peak of the cycle.
        seed: seed of the order of the images and of the random numbers of `prepare`.
        loop: saves, shows and logs the steps.
        name: name of the loop.
        prepare: makes network inputs from a batch of images, again in each epoch.
        half_precision: compute in bfloat16 if the device is cuda and supports it.

    Returns:
        A history with one value for each epoch: "loss" is its mean, "first_accuracy" and "final_accuracy" are the
        fractions of the training images that the first and the last head got right during the epoch.

    Raises:
        ValueError: there are fewer images than a batch needs.
    """
    if len(images) < batch_size:
        raise ValueError(f"{len(images)} images do not fill a batch of {batch_size}")
    device = images.device
    half = precision.is_half(half_precision, device)
    steps = len(images) // batch_size
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=max(1, epochs * steps)
    )
    shuffle = torch.Generator().manual_seed(seed)
    draws = torch.Generator(device).manual_seed(seed)
    order = torch.arange(len(images), device=device)
    weights = torch.tensor(list(exit_weights), device=device)
    # Filled on the device and read when the state is saved, so that a GPU does not wait for the CPU at every step.
    curves = {
        label: torch.zeros(epochs * steps, device=device)
        for label in ("loss", "first_accuracy", "final_accuracy")
    }
    parts: dict[str, Part] = {
        "network": network,
        "optimizer": optimizer,
        "schedule": schedule,
        "shuffle": shuffle,
        "draws": draws,
        "order": order,
    }
    for step in loop.steps(name, epochs * steps, parts, curves):
        place = step % steps
        if place == 0:
            order.copy_(torch.randperm(len(images), generator=shuffle))
        rows = order[place * batch_size : (place + 1) * batch_size]
        batch = images[rows] if prepare is None else prepare(images[rows], draws)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            logits = network(batch)
        logits = logits.float()
        loss = objective.early_exit_loss(logits, labels[rows], weights)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        right = (logits.detach()[[0, -1]].argmax(dim=-1) == labels[rows]).float().mean(dim=1)
        for curve, value in zip(curves.values(), (loss.detach(), *right), strict=True):
            curve[step] = value
    return {label: _epoch_means(curve.cpu(), epochs) for label, curve in curves.items()}


def _epoch_means(curve: Tensor, epochs: int) -> list[float]:
    """Float[epochs * steps] to one mean for each epoch, added up step by step."""
    steps = curve.view(epochs, -1).unbind(dim=1)
    means: list[float] = (sum(steps, torch.zeros(epochs)) / len(steps)).tolist()
    return means
