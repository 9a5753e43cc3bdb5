"""Whether a loop computes in bfloat16."""

import torch


def is_half(wanted: bool, device: torch.device | str) -> bool:
    """True if it is wanted and the device is a GPU that supports it in hardware, not only by emulation."""
    return wanted and torch.device(device).type == "cuda" and torch.cuda.is_bf16_supported(False)
