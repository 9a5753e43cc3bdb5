"""ResNet-18 for small images, with classifiers after some stages, at which an input may leave.

Training runs the whole network; `early_exit.inference` decides where each input leaves.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut around them.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: stride of the first convolution and of the shortcut; 2 halves height and width.

    Attributes:
        conv1, bn1, conv2, bn2: convolutions without bias, each followed by its batch normalisation.
        shortcut: the identity, or a 1x1 convolution with batch normalisation where the shape changes.

    References:
        He et al. 2015, arXiv:1512.03385, figure 2 and section 3.3 (option B for the shortcut).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Convolution, normalisation, ReLU, convolution, normalisation; then the shortcut is added, then the last ReLU.

        Args:
            x: Float[B, in_channels, H, W]; the function must not change it.

        Returns:
            Float[B, out_channels, ceil(H / stride), ceil(W / stride)].
        """
        # BEGIN SOLUTION q3b
        # HINT: look at figure 2 of the paper. Is the second ReLU before or after the addition?
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.shortcut(x))
        # END SOLUTION


class EarlyExitResNet(nn.Module):
    """A residual network in stages, with a head after some of them and one at the end.

    Args:
        num_classes: K.
        width: channels of the first stage; stage i has width * 2^(i-1).
        blocks: residual blocks in each stage, one to four stages. (2, 2, 2, 2) is ResNet-18.
        in_channels: channels of the image.
        exits: the stages, counted from 1, that have an early head after them; in increasing order, all before the last
            stage. With () there is only the final head: the baseline.

    Attributes:
        stem: 3x3 convolution with stride 1, batch normalisation, ReLU.
        stages: ModuleList of the stages; from the second on, each halves height and width.
        heads: ModuleList of E = len(exits) + 1 heads in the order of `exits`, the final one last. An early head pools
            to 4x4 (smaller feature maps are repeated up to 4x4), flattens and is linear; the final one pools to 1x1.
        exits: as given, a tuple.

    Raises:
        ValueError: `blocks` or `exits` does not satisfy the conditions above.

    References:
        He et al. 2015, arXiv:1512.03385; Teerapittayanon et al. 2017, BranchyNet, arXiv:1709.01686, section III.
    """

    def __init__(
        self,
        num_classes: int = 10,
        width: int = 64,
        blocks: tuple[int, ...] = (2, 2, 2, 2),
        in_channels: int = 3,
        exits: tuple[int, ...] = (1, 2, 3),
    ) -> None:
        super().__init__()
        blocks, exits = tuple(blocks), tuple(exits)
        if not 1 <= len(blocks) <= 4 or min(blocks) < 1:
            raise ValueError(f"blocks must be one to four positive numbers, got {blocks}")
        if list(exits) != sorted(set(exits)) or not set(exits) <= set(range(1, len(blocks))):
            raise ValueError(f"exits must be increasing stages in 1..{len(blocks) - 1}, got {exits}")
        self.exits = exits
        widths = [width * 2**i for i in range(len(blocks))]
        convolution = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.stem = nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU())
        self.stages = nn.ModuleList()
        for i, count in enumerate(blocks):
            first = BasicBlock(widths[max(i - 1, 0)], widths[i], stride=1 if i == 0 else 2)
            rest = [BasicBlock(widths[i], widths[i]) for _ in range(count - 1)]
            self.stages.append(nn.Sequential(first, *rest))
        self.heads = nn.ModuleList(_head(widths[stage - 1], 4, num_classes) for stage in exits)
        self.heads.append(_head(widths[-1], 1, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of every exit, for training: no input leaves early.

        Args:
            x: Float[B, in_channels, H, W].

        Returns:
            Float[E, B, K], the logits of each exit in the order of `heads`, the final one last.
        """
        # BEGIN SOLUTION q3b
        # HINT: loop over the stages once. `exits` counts them from 1; which head belongs to which stage?
        x = self.stem(x)
        logits: list[Tensor] = []
        for number, stage in enumerate(self.stages, start=1):
            x = stage(x)
            if number in self.exits or number == len(self.stages):
                logits.append(self.heads[len(logits)](x))
        return torch.stack(logits)
        # END SOLUTION


def _head(channels: int, size: int, num_classes: int) -> nn.Sequential:
    pool = nn.AdaptiveAvgPool2d(size)
    return nn.Sequential(pool, nn.Flatten(), nn.Linear(channels * size * size, num_classes))
