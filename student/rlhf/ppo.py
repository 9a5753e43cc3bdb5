"""The two losses of proximal policy optimisation, token by token, over responses of different lengths."""

import torch
from torch import Tensor

from . import advantages as statistics


def clipped_surrogate_loss(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, clip_eps: float
) -> Tensor:
    """The policy's loss.

        ratio = exp(log_probs - old_log_probs)
        loss = masked mean of max(-advantages * ratio, -advantages * clip(ratio, 1 - clip_eps, 1 + clip_eps))

    Args:
        log_probs: Float[B, T], nats, under the policy in training. The only input that gets a gradient.
        old_log_probs: Float[B, T], under the policy that drew the tokens; treated as a constant.
        advantages: Float[B, T]; treated as a constant.
        mask: Bool[B, T], True on generated tokens; all other entries are ignored, also NaN.
        clip_eps: how far the ratio may go, positive.

    Returns:
        Float[], mean over the valid tokens of the batch.

    Raises:
        ValueError: the shapes differ.

    References:
        Schulman et al. 2017, arXiv:1707.06347, equation 7 (there an objective to be maximised).
    """
    if not log_probs.shape == old_log_probs.shape == advantages.shape == mask.shape:
        shapes = [list(x.shape) for x in (log_probs, old_log_probs, advantages, mask)]
        raise ValueError(f"log_probs, old_log_probs, advantages and mask have shapes {shapes}")
    # TODO(q4c): your code here.
    # HINT: the objective takes the pessimistic one of the two. Which one is that for a loss?
    raise NotImplementedError("TODO(q4c): rlhf.ppo.clipped_surrogate_loss")


def clipped_value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip_eps: float
) -> Tensor:
    """The loss of the value function, which is also limited to small steps away from the old values.

        clipped = old_values + clip(values - old_values, -clip_eps, clip_eps)
        loss = 0.5 * masked mean of max((values - returns)**2, (clipped - returns)**2)

    Args:
        values: Float[B, T]. The only input that gets a gradient.
        old_values: Float[B, T], the values at the roll-out; treated as a constant.
        returns: Float[B, T]; treated as a constant.
        mask: Bool[B, T], True on generated tokens; all other entries are ignored, also NaN.
        clip_eps: how far a value may go, positive.

    Returns:
        Float[], mean over the valid tokens of the batch.

    Raises:
        ValueError: the shapes differ.
    """
    if not values.shape == old_values.shape == returns.shape == mask.shape:
        shapes = [list(x.shape) for x in (values, old_values, returns, mask)]
        raise ValueError(f"values, old_values, returns and mask have shapes {shapes}")
    # TODO(q4c): your code here.
    # HINT: the larger of the two errors counts. Where does the factor one half come from?
    raise NotImplementedError("TODO(q4c): rlhf.ppo.clipped_value_loss")
