"""The images of question 3: warped digits, which are included, or CIFAR-10."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from ..data import cifar, warped_digits
from .q3_settings import CIFAR10, WARPED_DIGITS, Settings

NUM_VALIDATION = 2000  # warped digits; CIFAR-10 has its own test images
_VALIDATION_SEED = 10_000  # plus the seed of the measurement: never the same draw as in training


@dataclass(frozen=True)
class Data:
    """Images with their labels.

    Attributes:
        images: [N, C, H, W], as stored.
        labels: Long[N].
        ready: makes network inputs from images.
        augmented: makes random network inputs for training; None if training uses the images without changes.
    """

    images: Tensor
    labels: Tensor
    ready: Callable[[Tensor], Tensor]
    augmented: Callable[[Tensor, torch.Generator], Tensor] | None = None

    def __getitem__(self, rows: slice) -> "Data":
        return Data(self.images[rows], self.labels[rows], self.ready, self.augmented)

    def to(self, device: str) -> "Data":
        """The same on a device."""
        return Data(self.images.to(device), self.labels.to(device), self.ready, self.augmented)


def training(settings: Settings, seed: int) -> Data:
    """Training images, `num_images` of them: digits drawn and warped with `seed`, or the first of CIFAR-10."""
    if settings.data == WARPED_DIGITS:
        return _digits(settings.num_images, seed, settings.image_size, "train")
    return _cifar("train", asdict(settings))[: settings.num_images]


def validation(settings: Mapping[str, Any], seed: int) -> Data:
    """Images that are not used in training: digits of the test split, by `seed`; for CIFAR-10, all test images."""
    if settings.get("data") == WARPED_DIGITS:
        return _digits(NUM_VALIDATION, _VALIDATION_SEED + seed, settings.get("image_size"), "test")
    return _cifar("test", settings)


def _digits(count: int, seed: int, size: Any, split: str) -> Data:
    if size not in (16, 32):
        raise ValueError(f"image_size must be 16 or 32, got {size!r}")
    images, labels = warped_digits.warped_digits(count, seed, int(size), split)
    return Data(images, labels, lambda images: images)


def _cifar(split: str, settings: Mapping[str, Any]) -> Data:
    if settings.get("data") != CIFAR10:
        raise ValueError(f"data must be {WARPED_DIGITS!r} or {CIFAR10!r}, got {settings.get('data')!r}")
    images, labels = cifar.load(split, settings["folder"], settings["download"])
    return Data(images, labels, cifar.normalised, cifar.augmented)
