"""Inference with early exit: every input leaves at the first head that is sure enough of it.

Sure means a small entropy of that input's own class probabilities; the rest of the batch has no say in it.
"""

import torch
from torch import Tensor

from . import resnet


def entropy(logits: Tensor) -> Tensor:
    """Entropy of the class probabilities, -sum_c p_c log p_c with p = softmax(logits).

    Args:
        logits: Float[..., K], finite, of any size: a class at 1000 is no reason for a NaN.

    Returns:
        Float[...] in nats, of the dtype of logits; from 0 (one class is certain) to log K (all alike).
    """
    # TODO(q3b): your code here.
    # HINT: what is 0 * log(0) in floating point? Which function gives log p without going through p?
    raise NotImplementedError("TODO(q3b): early_exit.inference.entropy")


def exit_index(entropies: Tensor, threshold: float) -> Tensor:
    """Where each input leaves: the first exit whose entropy is below the threshold, or else the last one.

    Args:
        entropies: Float[E, B] in nats, exit by exit.
        threshold: nats; an entropy equal to it is not below it.

    Returns:
        Long[B], in 0..E-1.

    Raises:
        ValueError: entropies has not exactly two axes, or no exit.
    """
    if entropies.ndim != 2 or len(entropies) == 0:
        raise ValueError(
            f"entropies must be [E, B] with at least one exit, got shape {list(entropies.shape)}"
        )
    # TODO(q3b): your code here.
    # HINT: at the last exit everybody leaves, sure or not. What does argmax return when several entries are largest?
    raise NotImplementedError("TODO(q3b): early_exit.inference.exit_index")


def infer(model: resnet.EarlyExitResNet, x: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """Classifies a batch and spends on each input only the stages that it needs.

    After each early head, the rows whose entropy there is below the threshold leave with that head's logits, and only
    the others go on: the batch shrinks. So the stem runs once on the whole batch, every stage and head runs at most
    once, on exactly the rows that are still there, and none runs when nobody is left. No gradients are kept.

    The model runs in the mode that it is in, and stays in it. Its owner calls `model.eval()` first: in training mode,
    BatchNorm normalises by, and keeps the running statistics of, whichever rows are still there.

    Args:
        model: its `stem`, `stages`, `heads` and `exits` are used.
        x: Float[B, C, H, W], B at least 1.
        threshold: entropy in nats below which an input leaves early.

    Returns:
        Logits Float[B, K] and exit index Long[B] in 0..E-1, rows in the order of x. In evaluation mode they are those
        of `exit_index` applied to the logits of all the exits, whatever the other rows of the batch are.

    Raises:
        ValueError: x has not four axes, or the batch is empty.

    References:
        Teerapittayanon et al. 2017, BranchyNet, arXiv:1709.01686, algorithm 1.
    """
    if x.ndim != 4 or len(x) == 0:
        raise ValueError(f"x must be [B, C, H, W] with B at least 1, got shape {list(x.shape)}")
    # TODO(q3b): your code here.
    # HINT: remember for each row still there which row of x it was. How do the results get back into that order?
    # HINT: what is left to do when the last row has gone?
    raise NotImplementedError("TODO(q3b): early_exit.inference.infer")
