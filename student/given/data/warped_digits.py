"""Digits at larger sizes, warped and noisy: some are harder than others, so early exit can show a benefit.

Every image is one of the 8x8 digits, rotated by up to 0.3 rad, scaled by 0.8 to 1.3, shifted by up to 0.15 of half its
size, and covered with Gaussian noise. The noise has standard deviation 0.8 u^2 with u uniform on [0, 1] for that image,
on a scale where paper is -1 and ink is +1. So most images are easy, and a few are almost unreadable.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from . import digits

LARGEST_ANGLE = 0.3  # radians
SCALES = (0.8, 1.3)
LARGEST_SHIFT = 0.15  # of half the image
LARGEST_NOISE = 0.8  # standard deviation; paper is -1, ink is +1


def warped_digits(count: int, seed: int, size: int = 32, split: str = "train") -> tuple[Tensor, Tensor]:
    """Draws digits of a split, with replacement, and warps each of them independently.

    Args:
        count: N, number of digits.
        seed: the same seed gives the same images; the global random state is neither used nor changed.
        size: height and width in pixels, 32 or 16.
        split: "train" or "test"; no handwritten digit is in both.

    Returns:
        Images Float[N, 1, size, size] (float32; paper -1 and ink +1, before the noise) and labels Long[N] in 0..9.

    Raises:
        ValueError: unknown split, or a size that is neither 16 nor 32.
    """
    if size not in (16, 32):
        raise ValueError(f"size must be 16 or 32, got {size}")
    rows = digits.split_indices(split)
    images, labels = digits.load_digits()
    generator = torch.Generator().manual_seed(seed)

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)

    chosen = rows[torch.randint(len(rows), (count,), generator=generator)]
    angle, scale = uniform(-LARGEST_ANGLE, LARGEST_ANGLE), uniform(*SCALES)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    right, down = uniform(-LARGEST_SHIFT, LARGEST_SHIFT), uniform(-LARGEST_SHIFT, LARGEST_SHIFT)
    # For each pixel of the result, its position in the digit, in coordinates from -1 to 1, row by row.
    theta = torch.stack([cos, sin, right, -sin, cos, down], dim=1).view(count, 2, 3)
    grid = F.affine_grid(theta, [count, 1, size, size], align_corners=False)
    warped = 2 * F.grid_sample(images[chosen, None], grid, mode="bilinear", align_corners=False) - 1
    deviation = LARGEST_NOISE * uniform(0, 1).square()
    noise = torch.randn(warped.shape, generator=generator)
    return warped + deviation.view(count, 1, 1, 1) * noise, labels[chosen]
