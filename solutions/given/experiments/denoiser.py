"""Denoising networks of questions 1 and 2, from weights and settings of any source."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..networks.mlp import DenoisingMLP
from . import artifact

WIDEST, DEEPEST = 2048, 12  # limits for the networks
MOST_WORK = 5 * 10**7  # limit for weights times steps: such a network can be measured in seconds


def sizes(weights: Mapping[str, Tensor], num_pixels: int) -> tuple[int, int]:
    """Width and depth of the `DenoisingMLP` whose weights these are.

    Raises:
        ValueError: the weights are of another architecture, or for images of another size.
    """
    first = weights.get("embed_pixels.weight", torch.empty(0))
    depth = sum(name.startswith("blocks.") and name.endswith(".norm.weight") for name in weights)
    if first.ndim != 2 or first.shape[1] != num_pixels or not 1 <= first.shape[0] <= WIDEST:
        raise ValueError(
            "these are weights of another architecture: embed_pixels.weight is missing, or has a shape other than"
            f" [width, {num_pixels}] with a width of 1 to {WIDEST}"
        )
    if not 1 <= depth <= DEEPEST:
        raise ValueError(
            f"these are weights of another architecture: {depth} blocks instead of 1 to {DEEPEST}"
        )
    width = first.shape[0]
    with torch.device("meta"):  # only shapes, no memory
        expected = DenoisingMLP(num_pixels, width, depth).state_dict()
    artifact.check_shapes(weights, expected, "is not one of its names")
    return width, depth


def check_work(weights: Mapping[str, Tensor], num_steps: int) -> None:
    """Refuses networks that would take too long to measure.

    Raises:
        ValueError: this network would take too long.
    """
    count = sum(value.numel() for value in weights.values())
    if count * num_steps > MOST_WORK:
        raise ValueError(
            f"{count} weights, run for {num_steps} steps, take too long to measure: the product must be at most"
            f" {MOST_WORK}"
        )


def filled(network: DenoisingMLP, weights: Mapping[str, Tensor], device: str) -> DenoisingMLP:
    """The network with these weights on a device, for use without training."""
    network.load_state_dict(dict(weights))
    return network.to(device).eval().requires_grad_(False)


def number(settings: Mapping[str, Any], name: str, low: float, high: float, whole: bool = True) -> Any:
    """A setting that is a number within bounds: an int if `whole`, else a float.

    Raises:
        ValueError: it is missing, or it is not such a number.
    """
    value = settings.get(name)
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise ValueError(
            f"the setting {name} must be {'an integer' if whole else 'a number'} from {low} to {high}"
        )
    return value if whole else float(value)
