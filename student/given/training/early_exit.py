"""Trains an early-exit network on warped digits."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...early_exit import loss as objective
from ...early_exit import resnet
from ..data import warped_digits


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
    progress: bool = False,
) -> tuple[dict[str, Tensor], dict[str, list[float]]]:
    """Adam with a one-cycle schedule on `early_exit_loss`; an incomplete last batch of an epoch is left out.

    The same arguments give the same weights on a CPU. The global random state is neither used nor changed.

    Args:
        width: channels of the first stage.
        blocks: residual blocks in each stage.
        exits: the stages, counted from 1, with an early head; [] trains a network without early exits.
        exit_weights: of the loss, one for each early head and one for the final head.
        image_size: 16 or 32 pixels.
        num_images: training images.
        epochs: passes over them.
        batch_size: images in a batch.
        learning_rate: the peak of the cycle.
        seed: of the weights, the images and their order.
        device: where to train, "cpu" or "cuda".
        progress: print a line after each epoch.

    Returns:
        The trained weights (a state dict of CPU tensors), and a history: "loss" is the mean over each epoch,
        "first_accuracy" and "final_accuracy" the fraction of its training images that the first and the last head got
        right while it ran.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global generator
        torch.default_generator.manual_seed(seed)
        network = resnet.EarlyExitResNet(10, width, tuple(blocks), 1, tuple(exits))
    network.to(device).train()
    images, labels = (part.to(device) for part in warped_digits.warped_digits(num_images, seed, image_size))
    steps = num_images // batch_size
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=max(1, epochs * steps)
    )
    history: dict[str, list[float]] = {"loss": [], "first_accuracy": [], "final_accuracy": []}
    for epoch in range(epochs):
        sums = torch.zeros(3)
        batches = torch.randperm(num_images, generator=generator)[: steps * batch_size].view(
            steps, batch_size
        )
        for rows in batches.to(device):
            logits = network(images[rows])
            loss = objective.early_exit_loss(logits, labels[rows], list(exit_weights))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            right = (logits.detach()[[0, -1]].argmax(dim=-1) == labels[rows]).float().mean(dim=1)
            sums += torch.cat([loss.detach().view(1), right]).cpu()
        for name, value in zip(history, (sums / steps).tolist(), strict=True):
            history[name].append(value)
        if progress:
            line = ", ".join(f"{name} {values[-1]:.3f}" for name, values in history.items())
            print(f"epoch {epoch + 1}/{epochs}: {line}", flush=True)
    weights = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
    return weights, history
