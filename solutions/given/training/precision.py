"""Whether a loop computes in bfloat16."""

import torch


def is_half(wanted: bool, device: torch.device | str) -> bool:
    """Where it is wanted and the device is a GPU that has it, not one that only imitates it."""
    return wanted and torch.device(device).type == "cuda" and torch.cuda.is_bf16_supported(False)
