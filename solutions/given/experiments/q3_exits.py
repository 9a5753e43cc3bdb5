"""Which images leave at which exit, how sure the network is of them, and what they look like."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ...early_exit import inference, resnet
from .experiment import Picture
from .q3_data import Data

COLUMNS = 12
_EMPTY = 0.5  # gray where fewer images have left


@dataclass(frozen=True)
class Leaving:
    """Where N images leave, in evaluation mode at one tolerance.

    Attributes:
        exits: the exit of each image, Long[N] in 0..count-1.
        entropy: the entropy at that exit, Float[N] in nats.
        confidence: the largest probability there, Float[N].
        right: whether the class with the largest probability is the label, Bool[N].
        count: number of exits.
    """

    exits: Tensor
    entropy: Tensor
    confidence: Tensor
    right: Tensor
    count: int

    @property
    def accuracy(self) -> float:
        """The fraction of right predictions."""
        return self.right.double().mean().item()

    @property
    def shares(self) -> list[float]:
        """The fraction that leaves at each exit."""
        shares: list[float] = (self.exits.bincount(minlength=self.count) / len(self.exits)).tolist()
        return shares

    @property
    def early_confidence(self) -> float:
        """The mean confidence of images that leave before the last exit; 0 if there are none."""
        return _mean(self.confidence[self.exits < self.count - 1])

    @property
    def late_confidence(self) -> float:
        """The mean confidence of images that leave at the last exit; 0 if there are none."""
        return _mean(self.confidence[self.exits == self.count - 1])


def leave(network: resnet.EarlyExitResNet, data: Data, tolerance: float, batch_size: int = 256) -> Leaving:
    """Sends all images through `infer`."""
    batches = [
        inference.infer(network, data.ready(batch), tolerance)
        for batch in torch.split(data.images, batch_size)
    ]
    logits, exits = (torch.cat(parts).cpu() for parts in zip(*batches, strict=True))
    confidence, guesses = logits.softmax(dim=-1).max(dim=-1)
    right = guesses == data.labels.cpu()
    return Leaving(exits, inference.entropy(logits), confidence, right, len(network.heads))


def pictures(left: Leaving, images: Tensor) -> tuple[Picture, ...]:
    """The images that the network is most and least sure of, in two pictures with one row for each exit."""
    gray = images.float().mean(dim=1).cpu()  # (N, H, W)
    low, high = gray.amin(dim=(1, 2), keepdim=True), gray.amax(dim=(1, 2), keepdim=True)
    gray = (gray - low) / (high - low).clamp(min=1e-6)
    return (
        Picture("Easiest images at each exit", COLUMNS, _rows(left, left.entropy, gray)),
        Picture("Hardest images at each exit", COLUMNS, _rows(left, -left.entropy, gray)),
    )


def _rows(left: Leaving, order: Tensor, gray: Tensor) -> Tensor:
    found = torch.full((left.count, COLUMNS, *gray.shape[1:]), _EMPTY)
    for number in range(left.count):
        here = (left.exits == number).nonzero().flatten()
        first = here[order[here].argsort(stable=True)][:COLUMNS]
        found[number, : len(first)] = gray[first]
    return found.flatten(0, 1)


def _mean(values: Tensor) -> float:
    return values.double().mean().item() if len(values) else 0.0
