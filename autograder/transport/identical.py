"""Whether two tensors are the same bit for bit."""

import torch


def identical(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors are equal bit for bit, in shape, dtype and values, NaN included."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return torch.equal(_bytes(a), _bytes(b))


def _bytes(tensor: torch.Tensor) -> torch.Tensor:
    """Its values in order. `contiguous` would keep the stride of an axis of one element, and `view` refuses that."""
    packed = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
    return packed.reshape(-1).view(torch.uint8)
