"""Inference with early exit: every input leaves at the first head that is sure enough of it.

A head is sure if the entropy of the class probabilities of this input is small. The rest of the batch does not matter.
"""

import torch
from torch import Tensor

from . import resnet


def entropy(logits: Tensor) -> Tensor:
    """Entropy of the class probabilities, -sum_c p_c log p_c with p = softmax(logits).

    Args:
        logits: Float[..., K], finite, of any size: a logit of 1000 must not give a NaN.

    Returns:
        Float[...] in nats, of the dtype of logits; from 0 (one class is certain) to log K (all classes are equal).
    """
    # TODO(q3b): your code here.
    # HINT: what is 0 * log(0) in floating point? Which function gives log p without computing p first?
    raise NotImplementedError("TODO(q3b): early_exit.inference.entropy")


def exit_index(entropies: Tensor, threshold: float) -> Tensor:
    """Where each input leaves: the first exit whose entropy is below the threshold, otherwise the last exit.

    Args:
        entropies: Float[E, B] in nats, exit by exit.
        threshold: nats; an entropy equal to it is not below it.

    Returns:
        Long[B], in 0..E-1.

    Raises:
        ValueError: entropies does not have exactly two axes, or has no exit.
    """
    if entropies.ndim != 2 or len(entropies) == 0:
        raise ValueError(
            f"entropies must be [E, B] with at least one exit, got shape {list(entropies.shape)}"
        )
    # TODO(q3b): your code here.
    # HINT: at the last exit every input leaves, sure or not. What does argmax return if several entries are largest?
    raise NotImplementedError("TODO(q3b): early_exit.inference.exit_index")


def infer(model: resnet.EarlyExitResNet, x: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """Classifies a batch and runs for each input only the stages that it needs.

    After each early head, the rows whose entropy there is below the threshold leave with that head's logits, and only
    the other rows continue: the batch shrinks. So the stem runs once on the whole batch. Every stage and head runs at
    most once, on exactly the rows that are still there, and does not run when no row is left. No gradients are kept.

    This function does not change the mode of the model. The caller calls `model.eval()` first: in training mode,
    BatchNorm would use the rows that are still there to normalise and to update its running statistics.

    Args:
        model: its `stem`, `stages`, `heads` and `exits` are used.
        x: Float[B, C, H, W], B at least 1.
        threshold: entropy in nats below which an input leaves early.

    Returns:
        Logits Float[B, K] and exit index Long[B] in 0..E-1, rows in the order of x. In evaluation mode they agree with
        `exit_index` applied to the logits of all the exits, for any other rows in the batch.

    Raises:
        ValueError: x does not have four axes, or the batch is empty.

    References:
        Teerapittayanon et al. 2017, BranchyNet, arXiv:1709.01686, algorithm 1.
    """
    if x.ndim != 4 or len(x) == 0:
        raise ValueError(f"x must be [B, C, H, W] with B at least 1, got shape {list(x.shape)}")
    # TODO(q3b): your code here.
    # HINT: remember which row of x each remaining row is. How do you put the results back into the order of x?
    # HINT: what must still run when the last row has left?
    raise NotImplementedError("TODO(q3b): early_exit.inference.infer")
