"""CIFAR-10 through torchvision: 60,000 colour photographs, 32x32 pixels, ten classes.

torchvision unpickles the files only after it has checked that their MD5 sums are those of the published files.

References:
    Krizhevsky 2009, "Learning multiple layers of features from tiny images".
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from . import on_disk

MEAN = (0.4914, 0.4822, 0.4465)  # of red, green and blue in the training images, on a scale from 0 to 1
DEVIATION = (0.2470, 0.2435, 0.2616)
MARGIN = 4  # black pixels around an image before it is cropped
FOLDER = "~/.cache/cifar10"
ARCHIVE = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"


def load(split: str, folder: str = "", download: bool = False) -> tuple[Tensor, Tensor]:
    """All images of a split, in the order of its files.

    Args:
        split: "train" (50,000 images) or "test" (10,000).
        folder: the folder that contains cifar-10-batches-py; if empty, the environment variable CIFAR10_FOLDER gives
            it, or without that, `FOLDER`.
        download: download the files (170 MB) if they are missing. If the archive is already in the folder, it is
            unpacked, and nothing is downloaded.

    Returns:
        Images Byte[N, 3, 32, 32] and labels Long[N] in 0..9.

    Raises:
        ValueError: unknown split.
        FileNotFoundError: the files or torchvision are missing, damaged or not reachable.
    """
    if split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", got {split!r}')
    place = on_disk.folder_of(folder, "CIFAR10_FOLDER", FOLDER)
    dataset = on_disk.torchvision_dataset("CIFAR10", "CIFAR-10")
    try:
        files = dataset(place, train=split == "train", download=download)
    except (OSError, RuntimeError) as error:
        reason = f"could not be downloaded ({error})" if download else "is not there, or damaged"
        raise FileNotFoundError(
            f"CIFAR-10 in {place} {reason}: put {ARCHIVE} into that folder and train with the setting download=True,"
            " which unpacks it there; or give another folder with the setting folder or with CIFAR10_FOLDER"
        ) from None
    images = torch.from_numpy(np.ascontiguousarray(files.data.transpose(0, 3, 1, 2)))
    return images, torch.tensor(files.targets)


def normalised(images: Tensor) -> Tensor:
    """Byte[B, 3, H, W] as input of a network: Float[B, 3, H, W], each colour with mean 0 and standard deviation 1."""
    mean = torch.tensor(MEAN, device=images.device).view(3, 1, 1)
    deviation = torch.tensor(DEVIATION, device=images.device).view(3, 1, 1)
    return (images / 255 - mean) / deviation


def augmented(images: Tensor, generator: torch.Generator) -> Tensor:
    """The same images, each shifted by up to four pixels in each direction, half of them mirrored; normalised.

    Args:
        images: Byte[B, 3, H, W]; the empty border of a shifted image is black.
        generator: a generator on the device of the images.

    Returns:
        Float[B, 3, H, W].
    """
    count, _, height, width = images.shape
    device = images.device

    def drawn(values: int) -> Tensor:
        return torch.randint(values, (count, 1), generator=generator, device=device)

    rows = torch.arange(height, device=device) + drawn(2 * MARGIN + 1)  # (B, H)
    columns = torch.arange(width, device=device) + drawn(2 * MARGIN + 1)  # (B, W)
    columns = torch.where(drawn(2) == 1, columns.flip(1), columns)
    padded = F.pad(images, (MARGIN,) * 4)
    which = torch.arange(count, device=device).view(-1, 1, 1)
    cropped = padded[which, :, rows[:, :, None], columns[:, None, :]]  # (B, H, W, 3)
    # Contiguous: with channels last in memory, torch 2.15 on a CPU crashes in the backward pass of narrow networks.
    return normalised(cropped.permute(0, 3, 1, 2).contiguous())
