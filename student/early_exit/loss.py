"""The training loss of a network with several exits."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def early_exit_loss(exit_logits: Tensor, labels: Tensor, exit_weights: Tensor | Sequence[float]) -> Tensor:
    """Weighted sum of the exits' cross-entropies, each averaged over the batch.

        loss = sum_i exit_weights[i] * mean_b( -log softmax(exit_logits[i, b])[labels[b]] )

    The weights need not add up to one, and the loss is not divided by the sum of the weights.

    Args:
        exit_logits: Float[E, B, K].
        labels: Long[B], classes in 0..K-1.
        exit_weights: Float[E].

    Returns:
        Float[] in nats, of the dtype of exit_logits. The gradient flows to exit_logits.

    Raises:
        ValueError: the shapes do not match.

    References:
        Teerapittayanon et al. 2017, BranchyNet, arXiv:1709.01686, section III.
    """
    weights = torch.as_tensor(exit_weights, dtype=exit_logits.dtype, device=exit_logits.device)
    if exit_logits.ndim != 3:
        raise ValueError(f"exit_logits must be [E, B, K], got shape {list(exit_logits.shape)}")
    if labels.shape != exit_logits.shape[1:2] or weights.shape != exit_logits.shape[:1]:
        shapes = [list(exit_logits.shape), list(labels.shape), list(weights.shape)]
        raise ValueError(f"exit_logits, labels and exit_weights do not match: shapes {shapes}")
    # TODO(q3b): your code here.
    # HINT: each exit is a separate classifier with the same labels. Over which axis is the mean, over which the sum?
    raise NotImplementedError("TODO(q3b): early_exit.loss.early_exit_loss")
