"""Weights for a network that is tested, not trained: every number matters and none of them explodes."""

from collections.abc import Mapping

import torch
from torch import Tensor


def random_state(state: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    """A state dict with the names and shapes of `state`.

    Weights keep the size of what passes through them; running means are not 0, running variances and scales not 1.

    Args:
        state: names, shapes and dtypes to follow.
        generator: the source of the numbers.

    Returns:
        Float tensors drawn afresh; integer entries (BatchNorm's count of batches) 0.
    """
    drawn: dict[str, Tensor] = {}
    for name, value in state.items():
        if not value.is_floating_point():
            drawn[name] = torch.zeros_like(value)
        elif name.endswith("running_var") or (value.ndim == 1 and name.endswith("weight")):
            drawn[name] = (0.5 + torch.rand(value.shape, generator=generator)).to(value.dtype)
        else:
            fan_in = value[0].numel() if value.ndim > 1 else 4
            drawn[name] = (torch.randn(value.shape, generator=generator) / fan_in**0.5).to(value.dtype)
    return drawn
