"""Right and wrong training of the early-exit network, for `benchmarks.smoke_spread`."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from unittest import mock

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.broken import budget
from solutions.early_exit import loss, macs, resnet
from solutions.given.data import warped_digits
from solutions.given.training import early_exit

BUDGET = budget("runs.early_exit")
NUM_TEST = 1500
TOLERANCE = 0.3


def _last_exit_only(exit_logits: Tensor, labels: Tensor, exit_weights: Sequence[float]) -> Tensor:
    return exit_weights[-1] * F.cross_entropy(exit_logits[-1], labels)


def _first_exit_only(exit_logits: Tensor, labels: Tensor, exit_weights: Sequence[float]) -> Tensor:
    return exit_weights[0] * F.cross_entropy(exit_logits[0], labels)


def _softmax_twice(exit_logits: Tensor, labels: Tensor, exit_weights: Sequence[float]) -> Tensor:
    pairs = zip(exit_logits, exit_weights, strict=True)
    losses = [weight * F.cross_entropy(logits.softmax(dim=-1), labels) for logits, weight in pairs]
    return torch.stack(losses).sum()


def _averaged_logits(exit_logits: Tensor, labels: Tensor, exit_weights: Sequence[float]) -> Tensor:
    return sum(exit_weights) * F.cross_entropy(exit_logits.mean(dim=0), labels)


def _block_without_shortcut(self: resnet.BasicBlock, x: Tensor) -> Tensor:
    return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


def _stages_detached(self: resnet.EarlyExitResNet, x: Tensor) -> Tensor:
    features, logits = self.stem(x), []
    for number, stage in enumerate(self.stages, start=1):
        features = stage(features.detach())
        if number in self.exits or number == len(self.stages):
            logits.append(self.heads[len(logits)](features))
    return torch.stack(logits)


BROKEN: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "last exit only": lambda: mock.patch.object(loss, "early_exit_loss", _last_exit_only),
    "first exit only": lambda: mock.patch.object(loss, "early_exit_loss", _first_exit_only),
    "softmax twice": lambda: mock.patch.object(loss, "early_exit_loss", _softmax_twice),
    "logits averaged": lambda: mock.patch.object(loss, "early_exit_loss", _averaged_logits),
    "no shortcut": lambda: mock.patch.object(resnet.BasicBlock, "forward", _block_without_shortcut),
    "stages detached": lambda: mock.patch.object(resnet.EarlyExitResNet, "forward", _stages_detached),
}


def train(seed: int) -> dict[str, Tensor]:
    weights, _ = early_exit.train(**BUDGET, seed=seed)
    return weights


def measure(weights: dict[str, Tensor], seed: int) -> dict[str, float]:
    size = BUDGET["image_size"]
    network = resnet.EarlyExitResNet(10, BUDGET["width"], tuple(BUDGET["blocks"]), 1, tuple(BUDGET["exits"]))
    network.load_state_dict(weights)
    images, labels = warped_digits.warped_digits(NUM_TEST, 1000 + seed, size, "test")
    with torch.no_grad():
        exit_logits = network.eval()(images)
    baseline = resnet.EarlyExitResNet(10, BUDGET["width"], tuple(BUDGET["blocks"]), 1, ())
    baseline_macs = int(macs.exit_macs(baseline, (1, size, size))[-1])
    prices = macs.exit_macs(network, (1, size, size))
    accuracy, ratio = macs.threshold_sweep(exit_logits, labels, prices, baseline_macs, [0.0, TOLERANCE])
    return {
        "accuracy": accuracy[0].item(),
        "first_accuracy": (exit_logits[0].argmax(dim=-1) == labels).double().mean().item(),
        "early_accuracy": accuracy[1].item(),
        "mac_ratio": ratio[1].item(),
    }
