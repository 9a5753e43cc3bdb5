"""Walks through nested plain values: their numbers, and the same value with other tensors in it."""

import math
from collections.abc import Callable
from typing import Any

import torch


def numbers(value: Any) -> list[float]:
    """Every plain number in a nested value, in order."""
    if isinstance(value, int | float):
        return [as_float(value)]
    if isinstance(value, list | tuple):
        return [x for item in value for x in numbers(item)]
    if isinstance(value, dict):
        return [x for item in value.values() for x in numbers(item)]
    return []


def as_float(value: float) -> float:
    """A number of any size."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def replaced(value: Any, replace: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """A nested value with `replace(tensor)` in the place of each tensor."""
    if isinstance(value, torch.Tensor):
        return replace(value)
    if isinstance(value, list | tuple):
        return type(value)(replaced(item, replace) for item in value)
    if isinstance(value, dict):
        return {key: replaced(item, replace) for key, item in value.items()}
    return value
