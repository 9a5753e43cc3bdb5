"""The images of questions 1 and 2: digits of 8x8 pixels, which are included, or MNIST."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..data import digits, mnist

DIGITS, MNIST = "digits", "mnist"
ROWS, COLUMNS = 6, 10  # of pictures


@dataclass(frozen=True)
class Handwriting:
    """Flattened images in one format, Float[N, M], and their labels Long[N]."""

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor

    @property
    def num_pixels(self) -> int:
        """M."""
        return self.train.shape[1]

    def shown(self, images: Tensor) -> Tensor:
        """Float[N, M] from -1 to 1 as pictures Float[N, H, W] from 0 to 1."""
        side = round(self.num_pixels**0.5)
        return (images.clamp(-1, 1).reshape(-1, side, side) + 1) / 2

    def over_time(self, chain: Tensor) -> Tensor:
        """`COLUMNS` evenly spaced moments of sampling chains Float[T + 1, B, M] as pictures, in B rows."""
        moments = torch.linspace(0, len(chain) - 1, COLUMNS).round().long()
        return self.shown(chain[moments].transpose(0, 1))


def load(settings: Mapping[str, Any], coins: bool) -> Handwriting:
    """Both splits of the `data` in the settings; for MNIST, `folder` and `download` are as in `mnist.load`.

    Args:
        settings: settings of question 1 or 2.
        coins: whether pixels are -1 and +1, for question 1, or real numbers between them, for question 2.

    Raises:
        ValueError: unknown data.
        FileNotFoundError: MNIST is missing.
    """
    if settings["data"] == DIGITS:
        return on_board(coins)
    if settings["data"] != MNIST:
        raise ValueError(f"data must be {DIGITS!r} or {MNIST!r}, got {settings['data']!r}")
    folder, download = settings["folder"], settings["download"]
    made = mnist.binarised if coins else mnist.scaled
    (images, train), (others, test) = (mnist.load(split, folder, download) for split in ("train", "test"))
    return Handwriting(made(images), train, made(others), test)


def on_board(coins: bool) -> Handwriting:
    """Both splits of the small digits."""
    pixels = digits.binarised_digits if coins else digits.scaled_digits
    labels = digits.load_digits()[1]
    train, test = (labels[digits.split_indices(split)] for split in ("train", "test"))
    return Handwriting(pixels("train"), train, pixels("test"), test)
