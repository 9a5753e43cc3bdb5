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
    # BEGIN SOLUTION q3b
    # HINT: how many multiplications does one number of the output need, and how many numbers does the output have?
    per_output = kernel_height * kernel_width * in_channels // groups
    return per_output * out_channels * output_height * output_width
    # END SOLUTION


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
    # BEGIN SOLUTION q3b
    # HINT: a forward hook sees the shape of a layer's output. What must run so that the hooks see all layers, and in
    # HINT: which mode does BatchNorm change nothing? (A copy of the model can run without a change of the model.)
    dummy = copy.deepcopy(model).cpu().float().eval()
    total = 0

    def count(layer: nn.Module, _: object, output: Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            kernel_size = (layer.kernel_size[0], layer.kernel_size[1])
            height, width = output.shape[-2:]
            total += conv2d_macs(
                layer.in_channels, layer.out_channels, kernel_size, height, width, layer.groups
            )
        elif isinstance(layer, nn.Linear):
            total += layer.in_features * layer.out_features

    for layer in dummy.modules():
        layer.register_forward_hook(count)
    cumulative: list[int] = []
    with torch.no_grad():
        features = dummy.stem(torch.zeros(1, *input_shape))
        for number, stage in enumerate(dummy.stages, start=1):
            features = stage(features)
            if number in dummy.exits or number == len(dummy.stages):
                dummy.heads[len(cumulative)](features)
                cumulative.append(total)
    return torch.tensor(cumulative)
    # END SOLUTION


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
    # BEGIN SOLUTION q3b
    # HINT: the cost of a batch is the sum of the costs of its rows. Is the mean of ratios the ratio of means?
    prices = exit_macs.to(exit_index.device)[exit_index]
    return float(baseline_macs / prices.double().mean())
    # END SOLUTION


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
    # BEGIN SOLUTION q3b
    # HINT: for each threshold, `inference` says where every row leaves. How do you select its prediction?
    entropies = inference.entropy(exit_logits)
    correct = exit_logits.argmax(dim=-1) == labels  # (E, B)
    rows = torch.arange(len(labels), device=labels.device)
    accuracy, ratio = [], []
    for tolerance in tolerances:
        exits = inference.exit_index(entropies, tolerance)
        accuracy.append(correct[exits, rows].double().mean().item())
        ratio.append(mac_ratio(exits, exit_macs, baseline_macs))
    return torch.tensor(accuracy, dtype=torch.float64), torch.tensor(ratio, dtype=torch.float64)
    # END SOLUTION


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
    # BEGIN SOLUTION q3b
    # HINT: do not rely on the order of the list, or stop at the first failure. What if the list of winners is empty?
    winners = [t for t, a in zip(tolerances, accuracies, strict=True) if a > small_accuracy]
    return max(winners, default=None)
    # END SOLUTION
