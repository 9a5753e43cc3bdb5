"""The cost of an exit in multiply-accumulate operations (MACs), and the savings at a threshold.

Convolutions and linear layers count; biases, normalisation, activations, pooling and additions do not.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from . import inference, resnet


def conv2d_macs(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    output_height: int,
    output_width: int,
    groups: int = 1,
) -> int:
    """Multiply-accumulate operations of one 2-d convolution on one image.

    Args:
        in_channels: channels of the input, all groups together.
        out_channels: channels of the output, all groups together.
        kernel_size: side of a square kernel, or (height, width).
        output_height: rows of the output (stride and padding are already included in it).
        output_width: columns of the output.
        groups: each output channel sees in_channels / groups input channels.

    Returns:
        The number of MACs.

    Raises:
        ValueError: groups does not divide the channels.
    """
    if groups < 1 or in_channels % groups or out_channels % groups:
        raise ValueError(f"groups = {groups} must divide {in_channels} and {out_channels} channels")
    kernel_height, kernel_width = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
    # TODO(q3b): your code here.
    # HINT: how many multiplications does one number of the output need, and how many numbers does the output have?
    raise NotImplementedError("TODO(q3b): early_exit.macs.conv2d_macs")


def exit_macs(model: resnet.EarlyExitResNet, input_shape: tuple[int, int, int]) -> Tensor:
    """MACs that one image costs when it leaves at each exit.

    An image that leaves at an exit has gone through the stem, the stages up to that exit, the head of that exit, and
    the heads of all the exits before it, which did not let it leave.

    Args:
        model: the network to count; its mode and its buffers do not change.
        input_shape: (C, H, W) of one image.

    Returns:
        Long[E], rising; on the CPU.
    """
    # TODO(q3b): your code here.
    # HINT: a forward hook sees the shape of a layer's output. What must run so that the hooks see all layers, and in
    # HINT: which mode does BatchNorm change nothing? (A copy of the model can run without a change of the model.)
    raise NotImplementedError("TODO(q3b): early_exit.macs.exit_macs")


def mac_ratio(exit_index: Tensor, exit_macs: Tensor, baseline_macs: float) -> float:
    """How many times fewer MACs the inputs needed, on average, than a network without early exits.

        baseline_macs / mean_b exit_macs[exit_index[b]]

    Args:
        exit_index: Long[B], the exit at which each input left.
        exit_macs: Long[E], the cost of each exit.
        baseline_macs: the cost of the network without early exits for one input.

    Returns:
        The ratio; 2.0 means half the work.

    Raises:
        ValueError: the batch is empty.
    """
    if exit_index.numel() == 0:
        raise ValueError("exit_index is empty")
    # TODO(q3b): your code here.
    # HINT: the cost of a batch is the sum of the costs of its rows. Is the mean of ratios the ratio of means?
    raise NotImplementedError("TODO(q3b): early_exit.macs.mac_ratio")


def threshold_sweep(
    exit_logits: Tensor,
    labels: Tensor,
    exit_macs: Tensor,
    baseline_macs: float,
    thresholds: Tensor | Sequence[float],
) -> tuple[Tensor, Tensor]:
    """Accuracy and MAC ratio of early exit at each of several thresholds, from one pass over the data.

    Args:
        exit_logits: Float[E, B, K], the logits of all exits.
        labels: Long[B].
        exit_macs: Long[E], the cost of each exit.
        baseline_macs: the cost of the network without early exits for one input.
        thresholds: Float[N], entropies in nats, in any order.

    Returns:
        Accuracy in [0, 1] and MAC ratio, both Float[N] (float64), in the order of the thresholds.

    Raises:
        ValueError: the shapes do not match.
    """
    tolerances = torch.as_tensor(thresholds, dtype=torch.float64).tolist()
    if (
        exit_logits.ndim != 3
        or labels.shape != exit_logits.shape[1:2]
        or exit_macs.shape != exit_logits.shape[:1]
    ):
        shapes = [list(exit_logits.shape), list(labels.shape), list(exit_macs.shape)]
        raise ValueError(f"exit_logits, labels and exit_macs do not match: shapes {shapes}")
    # TODO(q3b): your code here.
    # HINT: for each threshold, `inference` says where every row leaves. How do you select its prediction?
    raise NotImplementedError("TODO(q3b): early_exit.macs.threshold_sweep")


def best_threshold(
    thresholds: Tensor | Sequence[float], accuracy: Tensor | Sequence[float], small_accuracy: float
) -> float | None:
    """The largest tolerance at which early exit still beats a small network: the cheapest setting that is useful.

    (The smallest such tolerance says nothing: at 0 no input leaves early.)

    Args:
        thresholds: Float[N], in any order.
        accuracy: Float[N], the accuracy at each threshold; it need not decrease steadily.
        small_accuracy: accuracy of the small network; an equal accuracy does not beat it.

    Returns:
        The threshold, or None if no threshold beats the small network.

    Raises:
        ValueError: thresholds and accuracy differ in length.
    """
    tolerances = torch.as_tensor(thresholds, dtype=torch.float64).tolist()
    accuracies = torch.as_tensor(accuracy, dtype=torch.float64).tolist()
    if len(tolerances) != len(accuracies):
        raise ValueError(f"{len(tolerances)} thresholds, but {len(accuracies)} accuracies")
    # TODO(q3b): your code here.
    # HINT: do not rely on the order of the list, or stop at the first failure. What if the list of winners is empty?
    raise NotImplementedError("TODO(q3b): early_exit.macs.best_threshold")
