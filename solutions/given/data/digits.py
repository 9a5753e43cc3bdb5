"""Handwritten digits, 8x8 pixels, from a small included file: no download and no scikit-learn.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
Repository, 1998, doi:10.24432/C50P49, licensed CC BY 4.0. The file contains the 1797 images that scikit-learn
includes (the test part of that collection), with their 17 grey levels unchanged, and a fixed order for the split.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

NUM_TRAIN = 1500
_FILE = Path(__file__).with_name("digits.npz")


@lru_cache(maxsize=1)
def _stored() -> tuple[Tensor, Tensor, Tensor]:
    with np.load(_FILE, allow_pickle=False) as stored:
        images = torch.from_numpy(stored["images"].astype(np.float32) / 16)
        labels = torch.from_numpy(stored["labels"].astype(np.int64))
        order = torch.from_numpy(stored["order"].astype(np.int64))
    return images, labels, order


def load_digits() -> tuple[Tensor, Tensor]:
    """All images and labels, in scikit-learn's order.

    Returns:
        images Float[1797, 8, 8] in [0, 1] (float32, steps of 1/16) and labels Long[1797] in 0..9; both are new copies.
    """
    images, labels, _ = _stored()
    return images.clone(), labels.clone()


def split_indices(split: str) -> Tensor:
    """Rows of `load_digits` that belong to a split: Long[1500] for "train", Long[297] for "test".

    Raises:
        ValueError: the split is neither "train" nor "test".
    """
    if split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", got {split!r}')
    order = _stored()[2]
    return (order[:NUM_TRAIN] if split == "train" else order[NUM_TRAIN:]).clone()


def scaled_digits(split: str) -> Tensor:
    """Pixels for Gaussian diffusion: Float[N, 64] in [-1, 1] (float32, rows flattened)."""
    return 2 * _stored()[0][split_indices(split)].flatten(1) - 1


def binarised_digits(split: str) -> Tensor:
    """Pixels as coins: Float[N, 64], +1.0 where the grey level is above one half, else -1.0 (float32)."""
    return torch.where(scaled_digits(split) > 0, 1.0, -1.0)
