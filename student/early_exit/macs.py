"""What an exit costs in multiply-accumulate operations (MACs), and what a threshold buys.

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
    """Multiply-accumulates of one 2-d convolution on one image.

    Args:
        in_channels: channels of the input, all groups together.
        out_channels: channels of the output, all groups together.
        kernel_size: side of a square kernel, or (height, width).
        output_height: rows of the output (stride and padding have gone into it).
        output_width: columns of the output.
        groups: each output channel sees in_channels / groups input channels.

    Returns:
        The count.

    Raises:
        ValueError: groups does not divide the channels.
    """
    if groups < 1 or in_channels % groups or out_channels % groups:
        raise ValueError(f"groups = {groups} must divide {in_channels} and {out_channels} channels")
    kernel_height, kernel_width = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
    # TODO(q3b): your code here.
    # HINT: how many multiplications make one number of the output, and how many numbers has the output?
    raise NotImplementedError("TODO(q3b): early_exit.macs.conv2d_macs")


def exit_macs(model: resnet.EarlyExitResNet, input_shape: tuple[int, int, int]) -> Tensor:
    """MACs that one image has cost when it leaves at each exit.

    An image that leaves at an exit has been through the stem, the stages up to that exit, that exit's own head, and the
    heads of all the exits before it, which were asked in vain.

    Args:
        model: counted as it is built; neither its mode nor its buffers change.
        input_shape: (C, H, W) of one image.

    Returns:
        Long[E], rising; on the CPU.
    """
    # TODO(q3b): your code here.
    # HINT: a forward hook sees the shape of a layer's output. What has to run so that all of them are seen, and in
    # HINT: which mode is BatchNorm harmless? (A copy of the model can be run without leaving a trace in it.)
    raise NotImplementedError("TODO(q3b): early_exit.macs.exit_macs")


def mac_ratio(exit_index: Tensor, exit_macs: Tensor, baseline_macs: float) -> float:
    """How many times cheaper the inputs were, on average, than a network without early exits.

        baseline_macs / mean_b exit_macs[exit_index[b]]

    Args:
        exit_index: Long[B], where each input left.
        exit_macs: Long[E], the price of each exit.
        baseline_macs: the price of the other network for one input.

    Returns:
        The ratio; 2.0 means half the work.

    Raises:
        ValueError: the batch is empty.
    """
    if exit_index.numel() == 0:
        raise ValueError("exit_index is empty")
    # TODO(q3b): your code here.
    # HINT: the price of a batch is the sum of its rows' prices. Is the mean of ratios the ratio of means?
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
        exit_macs: Long[E], the price of each exit.
        baseline_macs: the price of the network without early exits for one input.
        thresholds: Float[N], entropies in nats, in any order.

    Returns:
        Accuracy in [0, 1] and MAC ratio, both Float[N] (float64), in the order of the thresholds.

    Raises:
        ValueError: the shapes do not fit together.
    """
    tolerances = torch.as_tensor(thresholds, dtype=torch.float64).tolist()
    if (
        exit_logits.ndim != 3
        or labels.shape != exit_logits.shape[1:2]
        or exit_macs.shape != exit_logits.shape[:1]
    ):
        shapes = [list(exit_logits.shape), list(labels.shape), list(exit_macs.shape)]
        raise ValueError(f"exit_logits, labels and exit_macs do not fit together: shapes {shapes}")
    # TODO(q3b): your code here.
    # HINT: for each threshold, `inference` says where every row leaves. How is its prediction picked?
    raise NotImplementedError("TODO(q3b): early_exit.macs.threshold_sweep")


def best_threshold(
    thresholds: Tensor | Sequence[float], accuracy: Tensor | Sequence[float], small_accuracy: float
) -> float | None:
    """The largest tolerance at which early exit still beats a small network: the cheapest setting that is worth it.

    (The smallest such tolerance says nothing: at 0 nobody leaves early.)

    Args:
        thresholds: Float[N], in any order.
        accuracy: Float[N], the accuracy at each of them; it need not fall steadily.
        small_accuracy: that of the small network; to equal it is not to beat it.

    Returns:
        The threshold, or None if none beats it.

    Raises:
        ValueError: thresholds and accuracy differ in length.
    """
    tolerances = torch.as_tensor(thresholds, dtype=torch.float64).tolist()
    accuracies = torch.as_tensor(accuracy, dtype=torch.float64).tolist()
    if len(tolerances) != len(accuracies):
        raise ValueError(f"{len(tolerances)} thresholds, but {len(accuracies)} accuracies")
    # TODO(q3b): your code here.
    # HINT: the order of the list says nothing, and neither does the first failure. And if the list of winners is empty?
    raise NotImplementedError("TODO(q3b): early_exit.macs.best_threshold")
