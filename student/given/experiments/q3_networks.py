"""Converts the three networks of question 3 to one set of weights, and back."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from ...early_exit import resnet
from . import artifact
from .q3_data import Data

BLOCKS = (2, 2, 2, 2)
# By name: residual blocks in each stage, and the stages with an early exit.
NETWORKS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "baseline": (BLOCKS, ()),
    "early_exit": (BLOCKS, (1, 2, 3)),
    "small": ((1, 1, 1, 1), ()),
}
# All tensors of a network with one axis, in the order of its state dict: a name for each would need more space.
_VECTORS = "vectors"


class Networks(NamedTuple):
    """Three networks of one width, in evaluation mode."""

    baseline: resnet.EarlyExitResNet
    early_exit: resnet.EarlyExitResNet
    small: resnet.EarlyExitResNet

    def to(self, device: str) -> "Networks":
        """The same on a device."""
        return Networks(*(network.to(device) for network in self))


def joined(networks: Mapping[str, resnet.EarlyExitResNet]) -> dict[str, Tensor]:
    """The weights on the CPU, each under "<name of the network>.<name>", and those of one axis in one vector.

    BatchNorm's number of batches is left out: only further training would need it, and half precision would corrupt
    it.
    """
    weights: dict[str, Tensor] = {}
    for prefix, network in networks.items():
        state = {name: value.detach().cpu() for name, value in network.state_dict().items()}
        weights |= {f"{prefix}.{name}": value.clone() for name, value in state.items() if value.ndim > 1}
        weights[f"{prefix}.{_VECTORS}"] = torch.cat([value for value in state.values() if value.ndim == 1])
    return weights


def rebuilt(weights: Mapping[str, Tensor], in_channels: int, widest: int) -> Networks:
    """The networks from the weights of `joined`; the counters of batches are 0.

    Args:
        weights: weights from any source.
        in_channels: channels of the images.
        widest: the largest accepted width.

    Raises:
        ValueError: the weights are of other networks, or the networks are too wide.
    """
    width = _width(weights, widest)
    with torch.random.fork_rng(devices=[]):  # initial weights, replaced below
        networks = {
            name: resnet.EarlyExitResNet(10, width, blocks, in_channels, exits)
            for name, (blocks, exits) in NETWORKS.items()
        }
    artifact.check_shapes(weights, joined(networks), "belongs to none of the three networks")
    for prefix, network in networks.items():
        state = network.state_dict()
        vectors = [name for name, value in state.items() if value.ndim == 1]
        pieces = torch.split(weights[f"{prefix}.{_VECTORS}"], [len(state[name]) for name in vectors])
        state |= dict(zip(vectors, pieces, strict=True))
        state |= {name: weights[f"{prefix}.{name}"] for name, value in state.items() if value.ndim > 1}
        network.load_state_dict(state)
        network.eval()
    return Networks(**networks)


def _width(weights: Mapping[str, Tensor], widest: int) -> int:
    """Channels of the first stage; `check_shapes` finds all other errors."""
    stem = weights.get("early_exit.stem.0.weight", torch.empty(0))
    if stem.ndim != 4 or not 1 <= len(stem) <= widest:
        raise ValueError(
            "these are weights of another architecture: early_exit.stem.0.weight is missing, or has a shape other than"
            f" [width, channels, 3, 3] with a width of 1 to {widest}"
        )
    return len(stem)


@torch.no_grad()
def logits(network: resnet.EarlyExitResNet, data: Data, batch_size: int = 256) -> Tensor:
    """The logits of all exits, Float[E, N, K], on the CPU."""
    found = [network(data.ready(batch)).cpu() for batch in torch.split(data.images, batch_size)]
    return torch.cat(found, dim=1)


def input_shape(data: Data) -> tuple[int, int, int]:
    """(C, H, W) of one image."""
    channels, height, width = data.images.shape[1:]
    return channels, height, width
