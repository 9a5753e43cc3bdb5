"""Question 3 by its definitions, with exact sums and integers of any size."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from tests.oracles import early_exit, partial_sums
from tests.oracles.expected.softmax import log_softmax


def remaining_variance(variances: Tensor, k: int) -> Tensor:
    return torch.tensor(math.fsum(variances.tolist()[k:]), dtype=torch.float64)


def geometric(k: Tensor) -> Tensor:
    return torch.tensor([2.0 ** -int(n) for n in k.reshape(-1)], dtype=torch.float64).reshape(k.shape)


def _standardised(partial_sum: Tensor, remaining_variance: Tensor) -> Tensor:
    """Where the tail begins, in standard deviations; at infinity if nothing remains."""
    known = torch.where(partial_sum > 0, -math.inf, math.inf)
    return torch.where(remaining_variance == 0, known, -partial_sum / remaining_variance.sqrt())


def loss(exit_logits: Tensor, labels: Tensor, exit_weights: Tensor) -> Tensor:
    total = 0.0
    for weight, rows in zip(exit_weights.tolist(), exit_logits.double(), strict=True):
        losses = [-log_softmax(row, label) for row, label in zip(rows.tolist(), labels.tolist(), strict=True)]
        total += weight * math.fsum(losses) / len(losses)
    return torch.tensor(total, dtype=exit_logits.dtype)


def conv2d_macs(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    output_height: int,
    output_width: int,
    groups: int,
) -> int:
    height, width = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    return output_height * output_width * out_channels * (in_channels // groups) * height * width


def mac_ratio(exit_index: Tensor, exit_macs: Tensor, baseline_macs: float) -> float:
    prices = [exit_macs.tolist()[place] for place in exit_index.tolist()]
    return float(Fraction(baseline_macs) * len(prices) / sum(prices))


def threshold_sweep(
    exit_logits: Tensor, labels: Tensor, exit_macs: Tensor, baseline_macs: float, thresholds: Tensor
) -> tuple[Tensor, Tensor]:
    entropies = early_exit.entropies(exit_logits)
    best = exit_logits.argmax(dim=-1)
    accuracy, ratio = [], []
    for threshold in thresholds.tolist():
        exits = early_exit.exit_index(entropies, threshold)
        hits = [int(best[place, b] == labels[b]) for b, place in enumerate(exits.tolist())]
        accuracy.append(sum(hits) / len(hits))
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.tensor(accuracy, dtype=torch.float64), torch.tensor(ratio, dtype=torch.float64)


def best_threshold(thresholds: Tensor, accuracy: Tensor, small_accuracy: float) -> float | None:
    best = None
    for threshold, reached in zip(thresholds.tolist(), accuracy.tolist(), strict=True):
        if reached > small_accuracy and (best is None or threshold > best):
            best = threshold
    return best


EXPECTED: dict[str, Callable[..., Any]] = {
    "early_exit.partial_sums.remaining_variance": remaining_variance,
    "early_exit.partial_sums.geometric_remaining_variance": geometric,
    "early_exit.partial_sums.probability_nonpositive": lambda **args: partial_sums.normal_cdf(
        _standardised(**args)
    ),
    "early_exit.partial_sums.log_probability_nonpositive": lambda **args: partial_sums.normal_log_cdf(
        _standardised(**args)
    ),
    "early_exit.loss.early_exit_loss": loss,
    "early_exit.inference.entropy": lambda logits: early_exit.entropies(logits).to(logits.dtype),
    "early_exit.inference.exit_index": lambda entropies, threshold: early_exit.exit_index(
        entropies, threshold
    ),
    "early_exit.macs.conv2d_macs": conv2d_macs,
    "early_exit.macs.mac_ratio": mac_ratio,
    "early_exit.macs.threshold_sweep": threshold_sweep,
    "early_exit.macs.best_threshold": best_threshold,
}
