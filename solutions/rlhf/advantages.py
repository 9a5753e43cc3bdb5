"""Advantages: masked statistics, and generalised advantage estimation."""

import torch
from torch import Tensor


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """Mean over the valid tokens of the whole batch, each token counting the same.

    Args:
        x: Float[B, T]; what stands where the mask is False is ignored, NaN included.
        mask: Bool[B, T], at least one True.

    Returns:
        Float[]. Differentiable in x.

    Raises:
        ValueError: the shapes differ.
    """
    if x.shape != mask.shape:
        raise ValueError(f"x {list(x.shape)} does not fit the mask {list(mask.shape)}")
    # BEGIN SOLUTION q4c
    # HINT: 0 * NaN is NaN.
    return torch.where(mask, x, 0.0).sum() / mask.sum()
    # END SOLUTION


def masked_whiten(x: Tensor, mask: Tensor, eps: float = 1e-8) -> Tensor:
    """Shifts and scales the valid tokens to mean 0 and variance 1.

        (x - mean) / sqrt(variance + eps), the variance being the biased one: the mean of (x - mean)**2

    Args:
        x: Float[B, T]; what stands where the mask is False is ignored, NaN included.
        mask: Bool[B, T], at least one True.
        eps: keeps equal values from being divided by 0.

    Returns:
        Float[B, T], 0 where the mask is False.

    Raises:
        ValueError: the shapes differ.
    """
    if x.shape != mask.shape:
        raise ValueError(f"x {list(x.shape)} does not fit the mask {list(mask.shape)}")
    # BEGIN SOLUTION q4c
    # HINT: both statistics are over valid tokens only.
    centred = torch.where(mask, x, 0.0) - masked_mean(x, mask)
    variance = masked_mean(centred**2, mask)
    return torch.where(mask, centred * torch.rsqrt(variance + eps), 0.0)
    # END SOLUTION


def gae(
    rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, gae_lambda: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation over responses of different lengths.

        delta[t] = rewards[t] + gamma * values[t + 1] - values[t]
        advantages[t] = delta[t] + gamma * gae_lambda * advantages[t + 1]

    A response ends with its last valid token: nothing follows it, so both terms at t + 1 are 0 there.

    Args:
        rewards: Float[B, T]; what stands where the mask is False is ignored, NaN included.
        values: Float[B, T], the value of the state before each token; likewise.
        mask: Bool[B, T], True on generated tokens, one unbroken run from the first on.
        gamma: discount, 0..1.
        gae_lambda: 0..1; 0 trusts the values, 1 the rewards.

    Returns:
        advantages Float[B, T], not whitened, and returns Float[B, T] = advantages + values; both 0 at padding.
        Constants: no gradient flows into anything.

    Raises:
        ValueError: the shapes differ.

    References:
        Schulman et al. 2016, arXiv:1506.02438, equations 11 and 16.
    """
    if not rewards.shape == values.shape == mask.shape:
        raise ValueError(
            f"rewards {list(rewards.shape)}, values {list(values.shape)}, mask {list(mask.shape)}"
        )
    # BEGIN SOLUTION q4c
    # HINT: walk from the end. What may a token at the end of a short response know of its padding?
    with torch.no_grad():
        rewards, values = torch.where(mask, rewards, 0.0), torch.where(mask, values, 0.0)
        next_values = torch.nn.functional.pad(values[:, 1:], (0, 1))
        deltas = (
            rewards + gamma * next_values - values
        )  # 0 at padding, and so are the sums of what follows there
        following = torch.zeros_like(deltas[:, 0])
        columns: list[Tensor] = []
        for delta in reversed(deltas.unbind(dim=1)):
            following = delta + gamma * gae_lambda * following
            columns.append(following)
        advantages = torch.stack(columns[::-1], dim=1)
        return advantages, advantages + values
    # END SOLUTION
