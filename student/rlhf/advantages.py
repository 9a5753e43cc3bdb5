"""Advantages: masked statistics, and generalised advantage estimation."""

import torch
from torch import Tensor


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """Mean over the valid tokens of the whole batch; each token has the same weight.

    Args:
        x: Float[B, T]; entries where the mask is False are ignored, also NaN.
        mask: Bool[B, T], at least one True.

    Returns:
        Float[]. Differentiable in x.

    Raises:
        ValueError: the shapes differ.
    """
    if x.shape != mask.shape:
        raise ValueError(f"x {list(x.shape)} does not match the mask {list(mask.shape)}")
    # TODO(q4c): your code here.
    # HINT: 0 * NaN is NaN.
    raise NotImplementedError("TODO(q4c): rlhf.advantages.masked_mean")


def masked_whiten(x: Tensor, mask: Tensor, eps: float = 1e-8) -> Tensor:
    """Shifts and scales the valid tokens to mean 0 and variance 1.

        (x - mean) / sqrt(variance + eps), with the biased variance: the mean of (x - mean)**2

    Args:
        x: Float[B, T]; entries where the mask is False are ignored, also NaN.
        mask: Bool[B, T], at least one True.
        eps: prevents a division by 0 if all values are equal.

    Returns:
        Float[B, T], 0 where the mask is False.

    Raises:
        ValueError: the shapes differ.
    """
    if x.shape != mask.shape:
        raise ValueError(f"x {list(x.shape)} does not match the mask {list(mask.shape)}")
    # TODO(q4c): your code here.
    # HINT: compute both statistics over valid tokens only.
    raise NotImplementedError("TODO(q4c): rlhf.advantages.masked_whiten")


def gae(
    rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, gae_lambda: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation over responses of different lengths.

        delta[t] = rewards[t] + gamma * values[t + 1] - values[t]
        advantages[t] = delta[t] + gamma * gae_lambda * advantages[t + 1]

    A response ends with its last valid token: nothing follows it, so both terms at t + 1 are 0 there.

    Args:
        rewards: Float[B, T]; entries where the mask is False are ignored, also NaN.
        values: Float[B, T], the value of the state before each token; entries at padding are ignored, too.
        mask: Bool[B, T], True on generated tokens, without gaps from the first token on.
        gamma: discount, 0..1.
        gae_lambda: 0..1; 0 trusts the values, 1 trusts the rewards.

    Returns:
        advantages Float[B, T], not whitened, and returns Float[B, T] = advantages + values; both 0 at padding.
        Both are constants: no gradient flows back.

    Raises:
        ValueError: the shapes differ.

    References:
        Schulman et al. 2016, arXiv:1506.02438, equations 11 and 16.
    """
    if not rewards.shape == values.shape == mask.shape:
        raise ValueError(
            f"rewards {list(rewards.shape)}, values {list(values.shape)}, mask {list(mask.shape)}"
        )
    # TODO(q4c): your code here.
    # HINT: go from the end to the start. May the last token of a short response depend on the padding after it?
    raise NotImplementedError("TODO(q4c): rlhf.advantages.gae")
