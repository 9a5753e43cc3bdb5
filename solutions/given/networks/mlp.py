"""A residual network for small images with the diffusion time as input. At 8x8 pixels it needs no convolution."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SinusoidalTime(nn.Module):
    """Diffusion time as sines and cosines of geometrically spaced frequencies.

    References:
        Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
    """

    def __init__(self, num_features: int, longest_period: float = 10_000.0) -> None:
        super().__init__()
        steps = torch.arange(num_features // 2) / (num_features // 2)
        self.register_buffer("frequencies", torch.exp(-math.log(longest_period) * steps), persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        """Long[B] to Float[B, num_features]."""
        frequencies = self.get_buffer("frequencies")
        angles = t[:, None].to(frequencies.dtype) * frequencies  # (B, num_features / 2)
        return torch.cat([angles.sin(), angles.cos()], dim=1)


class ResidualBlock(nn.Module):
    """h + W_out silu(W_in norm(h) + W_time time)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, width)
        self.time = nn.Linear(width, width)
        self.outer = nn.Linear(width, width)

    def forward(self, h: Tensor, time: Tensor) -> Tensor:
        out: Tensor = h + self.outer(F.silu(self.inner(self.norm(h)) + self.time(time)))
        return out


class DenoisingMLP(nn.Module):
    """Maps noisy pixels and their diffusion time to one real number for each pixel.

    In question 1 that number is the logit of P(Y_{t-1} = +1); in question 2 it is the predicted noise. The last layer
    starts at zero, so an untrained network returns `skip_logit * x_t`.

    Args:
        num_pixels: M, number of pixels of one flattened image.
        width: number of hidden units.
        depth: number of residual blocks.
        skip_logit: the network adds `skip_logit * x_t` to its output. Question 1 uses ln((1 - delta) / delta), the
            log-odds that a pixel alone gives for the pixel one step before; question 2 keeps 0.
    """

    def __init__(self, num_pixels: int, width: int = 256, depth: int = 2, skip_logit: float = 0.0) -> None:
        super().__init__()
        self.skip_logit = skip_logit
        self.embed_time = nn.Sequential(SinusoidalTime(64), nn.Linear(64, width), nn.SiLU())
        self.embed_pixels = nn.Linear(num_pixels, width)
        self.blocks = nn.ModuleList([ResidualBlock(width) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.answer = nn.Linear(width, num_pixels)
        nn.init.zeros_(self.answer.weight)
        nn.init.zeros_(self.answer.bias)

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Float[B, num_pixels] and t Long[B] (1-based) to Float[B, num_pixels]."""
        time = self.embed_time(t)
        h = self.embed_pixels(x_t)
        for block in self.blocks:
            h = block(h, time)
        answer: Tensor = self.answer(self.norm(h)) + self.skip_logit * x_t
        return answer
