"""Counts multiply-accumulates one by one, from the architecture only."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def convolution_macs(channels_in: int, channels_out: int, height: int, width: int, kernel: int) -> int:
    """Every output number is a sum of kernel^2 * channels_in products."""
    count = 0
    for _ in range(height * width):
        for _ in range(channels_out):
            count += kernel * kernel * channels_in
    return count


def network_macs(
    num_classes: int,
    width: int,
    blocks: Sequence[int],
    in_channels: int,
    exits: Sequence[int],
    size: tuple[int, int],
) -> Tensor:
    """Long[E], from the architecture only, without a module."""
    height, breadth = size
    total = convolution_macs(in_channels, width, height, breadth, 3)
    before, counts = width, []
    for number, depth in enumerate(blocks, start=1):
        channels = width * 2 ** (number - 1)
        if number > 1:
            height, breadth = math.ceil(height / 2), math.ceil(breadth / 2)
        for block in range(depth):
            total += convolution_macs(before, channels, height, breadth, 3)
            total += convolution_macs(channels, channels, height, breadth, 3)
            if block == 0 and number > 1:
                total += convolution_macs(before, channels, height, breadth, 1)
            before = channels
        if number in exits:
            total += channels * 4 * 4 * num_classes
            counts.append(total)
    return torch.tensor([*counts, total + before * num_classes])
