"""Random weights for a network under test: every weight changes the output, and no activation explodes."""

from collections.abc import Mapping

import torch
from torch import Tensor


def random_state(state: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
    """A state dict with the names and shapes of `state`.

    The weights keep the scale of the activations. Running means are not 0; running variances and scales are not 1.

    Args:
        state: names, shapes and dtypes to follow.
        generator: the source of the numbers.

    Returns:
        New random float tensors; integer entries (BatchNorm's count of batches) are 0.
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
