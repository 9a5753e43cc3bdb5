"""An independent solution of question 3 from the paper, with loops: a functional ResNet, and the exit rule row by row.

It computes in float64 from a plain state dict and uses no class of the package.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from tests.support.compare import assert_true

EPS = 1e-5  # of nn.BatchNorm2d
Statistics = dict[str, tuple[Tensor, Tensor]]  # layer -> mean and unbiased variance of its batch


# -- the network ----------------------------------------------------------------------------------------------


def double(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.double() for name, value in state.items()}


def normalise(state: Mapping[str, Tensor], name: str, x: Tensor, seen: Statistics | None) -> Tensor:
    """BatchNorm from its definition. If `seen` is given (training), uses and records the batch statistics."""
    if seen is None:
        mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    else:
        count = x.numel() // x.shape[1]
        mean = x.mean(dim=(0, 2, 3))
        variance = ((x - mean[:, None, None]) ** 2).mean(dim=(0, 2, 3))
        seen[name] = (mean, variance * count / (count - 1))
    unit = (x - mean[:, None, None]) / (variance[:, None, None] + EPS).sqrt()
    return state[f"{name}.weight"][:, None, None] * unit + state[f"{name}.bias"][:, None, None]


def basic_block(
    state: Mapping[str, Tensor], name: str, x: Tensor, stride: int, seen: Statistics | None = None
) -> Tensor:
    """relu(bn(conv(relu(bn(conv(x))))) + shortcut(x)), with a projection if its weights are in `state`."""
    prefix = f"{name}." if name else ""
    out = F.conv2d(x, state[f"{prefix}conv1.weight"], stride=stride, padding=1)
    out = normalise(state, f"{prefix}bn1", out, seen).clamp(min=0)
    out = F.conv2d(out, state[f"{prefix}conv2.weight"], padding=1)
    out = normalise(state, f"{prefix}bn2", out, seen)
    if f"{prefix}shortcut.0.weight" in state:
        x = F.conv2d(x, state[f"{prefix}shortcut.0.weight"], stride=stride)
        x = normalise(state, f"{prefix}shortcut.1", x, seen)
    return (out + x).clamp(min=0)


def stem(state: Mapping[str, Tensor], x: Tensor, seen: Statistics | None = None) -> Tensor:
    return normalise(state, "stem.1", F.conv2d(x, state["stem.0.weight"], padding=1), seen).clamp(min=0)


def stage(state: Mapping[str, Tensor], number: int, x: Tensor, seen: Statistics | None = None) -> Tensor:
    """Stage `number` (from 1): all its blocks. From stage 2 on, the first block halves the image."""
    block = 0
    while f"stages.{number - 1}.{block}.conv1.weight" in state:
        stride = 2 if number > 1 and block == 0 else 1
        x = basic_block(state, f"stages.{number - 1}.{block}", x, stride, seen)
        block += 1
    return x


def head(state: Mapping[str, Tensor], index: int, x: Tensor, size: int) -> Tensor:
    pooled = F.adaptive_avg_pool2d(x, size).reshape(len(x), -1)
    return pooled @ state[f"heads.{index}.2.weight"].T + state[f"heads.{index}.2.bias"]


def assert_given_names(state: Mapping[str, Tensor], blocks: Sequence[int], exits: Sequence[int]) -> None:
    """Fails if the given constructor has been changed so that its layers have other names."""
    __tracebackhide__ = True
    names = {"stem.0.weight", "stem.1.running_var", *(f"heads.{i}.2.bias" for i in range(len(exits) + 1))}
    for i, depth in enumerate(blocks):
        names |= {f"stages.{i}.{block}.bn2.running_var" for block in range(depth)}
    hint = "Do not change the given constructors."
    assert_true(
        names <= set(state), "the names of the network's layers differ from the given ones", hint=hint
    )


def num_stages(state: Mapping[str, Tensor]) -> int:
    return 1 + max(int(name.split(".")[1]) for name in state if name.startswith("stages."))


def all_logits(state: Mapping[str, Tensor], x: Tensor, exits: Sequence[int]) -> Tensor:
    """Float64[E, B, K] in evaluation mode."""
    features, logits, last = stem(state, x.double()), [], num_stages(state)
    for number in range(1, last + 1):
        features = stage(state, number, features)
        if number in exits:
            logits.append(head(state, list(exits).index(number), features, 4))
    return torch.stack([*logits, head(state, len(exits), features, 1)])


class _Kinks(TorchFunctionMode):
    """Records the ReLU input (`clamp` above) that is closest to 0, where the derivative jumps."""

    nearest = math.inf

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is Tensor.clamp:
            self.nearest = min(self.nearest, args[0].abs().min().item())
        return func(*args, **(kwargs or {}))


def smooth_around(forward: Callable[[], Tensor]) -> bool:
    """Whether single and double precision agree on the sign of every ReLU input, so that gradients can be compared."""
    with _Kinks() as kinks:
        forward()
    return kinks.nearest > 2e-5


# -- the exit rule --------------------------------------------------------------------------------------------


def entropy(logits: Sequence[float]) -> float:
    """The entropy of one row, without torch."""
    top = max(logits)
    weights = [math.exp(logit - top) for logit in logits]
    total = math.fsum(weights)
    # -log p = log(total) - (logit - top); log1p of the other weights keeps a tiny entropy exact.
    log_total = math.log1p(math.fsum(sorted(weights)[:-1]))
    return math.fsum(
        w / total * (log_total - (logit - top)) for w, logit in zip(weights, logits, strict=True)
    )


def entropies(logits: Tensor) -> Tensor:
    """Float64[...] from Float[..., K], row by row."""
    rows = logits.double().reshape(-1, logits.shape[-1]).tolist()
    return torch.tensor([entropy(row) for row in rows], dtype=torch.float64).reshape(logits.shape[:-1])


def exit_index(values: Tensor, threshold: float) -> Tensor:
    """Long[B] from Float[E, B], row by row."""
    chosen = []
    for column in values.T.tolist():
        place = len(column) - 1
        for i in reversed(range(len(column) - 1)):
            if column[i] < threshold:
                place = i
        chosen.append(place)
    return torch.tensor(chosen, dtype=torch.int64)


@dataclass(frozen=True)
class Inference:
    """The result of early exit for a batch at one threshold.

    Attributes:
        logits: Float64[B, K], of the exit of each row.
        exits: Long[B].
        seen: in training mode, the batch statistics of each BatchNorm; layers that no row reaches are not included.
        margin: the smallest distance between the threshold and an entropy that was compared with it.
    """

    logits: Tensor
    exits: Tensor
    seen: Statistics
    margin: float


def infer(
    state: Mapping[str, Tensor], x: Tensor, exits: Sequence[int], threshold: float, training: bool = False
) -> Inference:
    """Runs stage by stage with the remaining rows. In evaluation mode rows do not influence each other."""
    seen: Statistics = {}
    record = seen if training else None
    remaining, features, last = list(range(len(x))), stem(state, x.double(), record), num_stages(state)
    taken: dict[int, tuple[Tensor, int]] = {}
    margin = math.inf
    for number in range(1, last + 1):
        if not remaining:
            break
        features = stage(state, number, features, record)
        if number in exits:
            index = list(exits).index(number)
            logits = head(state, index, features, 4)
            values = entropies(logits).tolist()
            margin = min(margin, *(abs(value - threshold) for value in values))
            stays = [i for i, value in enumerate(values) if value >= threshold]
            for i, value in enumerate(values):
                if value < threshold:
                    taken[remaining[i]] = (logits[i], index)
            remaining, features = [remaining[i] for i in stays], features[stays]
    if remaining:
        for row, logits in zip(remaining, head(state, len(exits), features, 1), strict=True):
            taken[row] = (logits, len(exits))
    rows = [taken[row] for row in range(len(x))]
    return Inference(
        torch.stack([row[0] for row in rows]), torch.tensor([row[1] for row in rows]), seen, margin
    )


def separating_threshold(
    state: Mapping[str, Tensor], x: Tensor, exits: Sequence[int], training: bool = False
) -> float:
    """A threshold at which rows leave at as many different exits as possible, with no entropy close to it.

    The margin is at least 1e-3 if a candidate has this margin, so single precision decides like double precision.
    """
    if not exits:
        return 0.5
    seen: Statistics | None = {} if training else None
    features = stem(state, x.double(), seen)
    for number in range(1, exits[0] + 1):
        features = stage(state, number, features, seen)
    values = sorted(entropies(head(state, 0, features, 4)).tolist())
    widest = sorted(pairwise(values), key=lambda pair: pair[1] - pair[0])[-12:]
    candidates = [(low + high) / 2 for low, high in widest]

    def merit(threshold: float) -> tuple[bool, int, float]:
        found = infer(state, x, exits, threshold, training)
        return found.margin > 1e-3, len(set(found.exits.tolist())), found.margin

    return max(candidates, key=merit)
