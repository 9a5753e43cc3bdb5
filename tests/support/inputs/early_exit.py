"""Inputs of question 3: partial sums, images, logits of several exits, and what exits cost."""

from typing import Any

import torch
from torch import Tensor

from autograder.testing.homework import Homework
from tests.support.cases import SMALL, Arguments, Case, Draw, Inputs
from tests.support.random_weights import random_state

IMAGES = (SMALL[0], Case("a batch of two", batch=2))


def remaining_variance(draw: Draw) -> Arguments:
    falling = 10.0 ** -(
        torch.arange(draw.length, dtype=torch.float64) * 2 % 40
    )  # a small rest must not cancel
    variances = draw.uniform(0.5, 1, draw.length) * draw.case.scale**2 * falling
    return {"variances": variances, "k": draw.integer(0, draw.length)}


def geometric(draw: Draw) -> Arguments:
    return {"k": draw.integers(0, 20 if draw.case.scale == 1 else 1020, *draw.shape)}


def probability(draw: Draw) -> Arguments:
    variance = draw.uniform(0.05, 3, *draw.shape) * max(draw.case.scale, 1)
    variance.reshape(-1)[0] = 0.0
    return {"partial_sum": draw.normal().double(), "remaining_variance": variance}


def loss(draw: Draw) -> Arguments:
    exits = draw.normal(draw.length, draw.batch, draw.size)
    labels = draw.integers(0, draw.size - 1, draw.batch)
    weights = draw.uniform(0, 2, draw.length) * draw.case.scale
    weights[draw.integer(0, draw.length - 1)] = 0.0
    return {"exit_logits": exits, "labels": labels, "exit_weights": weights.to(draw.case.dtype)}


def entropy(draw: Draw) -> Arguments:
    return {"logits": draw.normal(*draw.shape, draw.size)}


def exit_index(draw: Draw) -> Arguments:
    """Some entropies are equal to the threshold or just below it, in double precision by less than single can hold."""
    is_double = draw.case.dtype == torch.float64
    threshold = (0.6 if is_double else 0.75) * draw.case.scale
    entropies = draw.uniform(0, 2, draw.length, draw.batch) * draw.case.scale
    ties = draw.integers(0, 3, draw.length, draw.batch)
    entropies[ties == 0] = threshold
    entropies[ties == 1] = threshold * (1 - (1e-12 if is_double else 1e-3))
    return {"entropies": entropies.to(draw.case.dtype), "threshold": threshold}


def conv2d_macs(draw: Draw) -> Arguments:
    groups, top = draw.integer(1, 4), 9 if draw.case.scale == 1 else 5000
    kernel = draw.choice(draw.integer(1, 7), (draw.integer(1, 7), draw.integer(1, 7)))
    return {
        "in_channels": groups * draw.integer(1, top),
        "out_channels": groups * draw.integer(1, top),
        "kernel_size": kernel,
        "output_height": draw.integer(1, top),
        "output_width": draw.integer(1, top),
        "groups": groups,
    }


def costs(draw: Draw) -> Tensor:
    """Long[E], rising; beyond what single precision counts exactly where values are large."""
    top = 50 if draw.case.scale == 1 else 10**11
    return draw.integers(1, top, draw.length).cumsum(0)


def mac_ratio(draw: Draw) -> Arguments:
    exits = draw.integers(0, draw.length - 1, draw.batch)
    return {"exit_index": exits, "exit_macs": costs(draw), "baseline_macs": draw.number(10, 1e6)}


def threshold_sweep(draw: Draw) -> Arguments:
    """About half of the labels are what the last exit predicts."""
    logits = draw.normal(draw.length, draw.batch, draw.size)
    some = draw.integers(0, 1, draw.batch) == 0
    labels = torch.where(some, logits[-1].argmax(dim=-1), draw.integers(0, draw.size - 1, draw.batch))
    thresholds = draw.uniform(0, 2, draw.choice(1, 5))
    thresholds[0] = 0.0
    rest = {"exit_macs": costs(draw), "baseline_macs": draw.number(10, 1e6), "thresholds": thresholds}
    return {"exit_logits": logits, "labels": labels, **rest}


def best_threshold(draw: Draw) -> Arguments:
    """Some accuracies are equal to that of the small network, or better by one row of a very large set."""
    accuracy = draw.integers(0, 8, draw.length).double() / 8
    small = draw.choice(0.0, 0.5)
    accuracy[accuracy == 0.5] += draw.choice(0.0, 1e-12)
    thresholds = draw.uniform(0, 2, draw.length) * draw.case.scale
    return {"thresholds": thresholds, "accuracy": accuracy, "small_accuracy": small}


def block(hw: Homework, case: Case) -> Any:
    """A block in evaluation mode whose shortcut is the identity."""
    return _ready(hw.module("early_exit.resnet.BasicBlock", 3, 3), hw)


def network(hw: Homework, case: Case) -> Any:
    """A network with two exits, in evaluation mode."""
    return _ready(hw.module("early_exit.resnet.EarlyExitResNet", 5, 4, (1, 1), 3, (1,)), hw)


def _ready(module: Any, hw: Homework) -> Any:
    module.load_state_dict(random_state(module.state_dict(), hw.generator()))
    module.eval()
    return module


def images(draw: Draw) -> Arguments:
    return {"x": draw.normal(draw.batch, 3, 8, 8).float()}


INPUTS = {
    "early_exit.partial_sums.remaining_variance": Inputs(remaining_variance),
    "early_exit.partial_sums.geometric_remaining_variance": Inputs(geometric, rows={"k": 0}),
    "early_exit.partial_sums.probability_nonpositive": Inputs(
        probability, rows={"partial_sum": 0, "remaining_variance": 0}
    ),
    "early_exit.partial_sums.log_probability_nonpositive": Inputs(
        probability, rows={"partial_sum": 0, "remaining_variance": 0}
    ),
    "early_exit.resnet.BasicBlock": Inputs(images, rows={"x": 0}, open=block, cases=IMAGES),
    "early_exit.resnet.EarlyExitResNet": Inputs(
        images, rows={"x": 0}, result_axis=1, open=network, cases=IMAGES
    ),
    "early_exit.loss.early_exit_loss": Inputs(
        loss,
        rows={"exit_logits": 1, "labels": 0},
        whole="mean",
        shift=("exit_logits",),
        differentiable=("exit_logits",),
    ),
    "early_exit.inference.entropy": Inputs(entropy, rows={"logits": 0}, shift=("logits",)),
    "early_exit.inference.exit_index": Inputs(exit_index, rows={"entropies": 1}),
    "early_exit.macs.conv2d_macs": Inputs(conv2d_macs),
    "early_exit.macs.mac_ratio": Inputs(mac_ratio),
    "early_exit.macs.threshold_sweep": Inputs(threshold_sweep),
    "early_exit.macs.best_threshold": Inputs(best_threshold),
}
