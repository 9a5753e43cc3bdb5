"""MNIST through torchvision: 70,000 handwritten digits, 28x28 pixels, in the format that diffusion needs.

References:
    LeCun et al. 1998, "Gradient-based learning applied to document recognition".
"""

from pathlib import Path

import torch
from torch import Tensor

from . import on_disk

FOLDER = "~/.cache/mnist"
FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def load(split: str, folder: str = "", download: bool = False) -> tuple[Tensor, Tensor]:
    """All images of a split, in the order of its files.

    Args:
        split: "train" (60,000 images) or "test" (10,000).
        folder: the folder that contains MNIST/raw with the four unpacked files; if empty, the environment variable
            MNIST_FOLDER gives it, or without that, `FOLDER`.
        download: download the files (12 MB) if one of them is missing. A published archive (.gz) that is already in
            MNIST/raw is unpacked instead.

    Returns:
        Images Byte[N, 28, 28], from 0 (paper) to 255 (ink), and labels Long[N] in 0..9.

    Raises:
        ValueError: unknown split.
        FileNotFoundError: the files or torchvision are missing, damaged or not reachable.
    """
    if split not in FILES:
        raise ValueError(f'split must be "train" or "test", got {split!r}')
    place = on_disk.folder_of(folder, "MNIST_FOLDER", FOLDER)
    dataset = on_disk.torchvision_dataset("MNIST", "MNIST")
    try:
        files = dataset(place, train=split == "train", download=download)
        images, labels = files.data, files.targets
        if images.shape[1:] != (28, 28) or len(images) != len(labels):
            raise ValueError(f"{list(images.shape)} pixels with {len(labels)} labels")
    except (OSError, RuntimeError, AssertionError, KeyError, TypeError, ValueError) as error:
        raise FileNotFoundError(_trouble(place / "MNIST" / "raw", download, error)) from None
    return images, labels


def _trouble(raw: Path, download: bool, error: Exception) -> str:
    names = [name for pair in FILES.values() for name in pair]
    missing = [name for name in names if not (raw / name).exists()]
    reason = " ".join(str(error).split())
    if not missing:
        what = f"is damaged ({reason or type(error).__name__}): remove it, and"
    elif download:
        what = f"could not be downloaded ({reason}):"
    else:
        what = f"lacks {', '.join(missing)}:"
    or_download = "" if download and missing else ", or train with the setting download=True"
    return (
        f"MNIST in {raw} {what} put {', '.join(names)} there, unpacked by gunzip{or_download}; or give another"
        " folder that contains MNIST/raw with the setting folder or with MNIST_FOLDER"
    )


def scaled(images: Tensor) -> Tensor:
    """Byte[N, H, W] for Gaussian diffusion: Float[N, H W] in [-1, 1] (float32, rows flattened)."""
    return images.flatten(1) / 127.5 - 1


def binarised(images: Tensor) -> Tensor:
    """Byte[N, H, W] as coins: Float[N, H W], +1.0 where the grey level is above one half, else -1.0 (float32)."""
    return torch.where(scaled(images) > 0, 1.0, -1.0)
