"""Rewards for a language model: the divergence from a reference policy, and its price."""

import torch
from torch import Tensor


def kl_estimates(log_probs: Tensor, ref_log_probs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Three estimators of KL(policy || reference) from tokens drawn from the policy.

    With lr = log_probs - ref_log_probs:

        k1 = lr                     unbiased, can be negative
        k2 = lr**2 / 2              biased, small variance
        k3 = exp(-lr) - 1 + lr      unbiased, never negative

    Args:
        log_probs: Float[...], nats, of the drawn tokens under the policy.
        ref_log_probs: Float[...], of the same tokens under the reference; treated as a constant.

    Returns:
        k1, k2, k3, each Float[...]. Differentiable in log_probs.

    Raises:
        ValueError: the shapes differ.

    References:
        Schulman 2020, "Approximating KL divergence".
    """
    if log_probs.shape != ref_log_probs.shape:
        raise ValueError(f"log_probs {list(log_probs.shape)}, ref_log_probs {list(ref_log_probs.shape)}")
    # TODO(q4c): your code here.
    # HINT: which of the two policies were the tokens drawn from? Check the sign in k3; expm1 is exact for small ratios.
    raise NotImplementedError("TODO(q4c): rlhf.rewards.kl_estimates")


def shaped_rewards(
    scores: Tensor, log_probs: Tensor, ref_log_probs: Tensor, mask: Tensor, kl_coef: float
) -> Tensor:
    """A reward for each token: every token pays the price of leaving the reference, and the last one gets the score.

        rewards[b, t] = -kl_coef * (log_probs[b, t] - ref_log_probs[b, t])     on every token of the response
        rewards[b, last] += scores[b]                                          on its last token

    Args:
        scores: Float[B], of whole responses.
        log_probs: Float[B, T], nats, of the drawn tokens under the policy that drew them.
        ref_log_probs: Float[B, T], of the same tokens under the frozen reference.
        mask: Bool[B, T], True on generated tokens, at least one in each row; all other entries are ignored,
            also NaN.
        kl_coef: the price, not negative.

    Returns:
        Float[B, T], 0 at padding. It is a constant: no gradient flows back.

    Raises:
        ValueError: the shapes do not match.

    References:
        Ouyang et al. 2022, arXiv:2203.02155, equation 2, with gamma = 0; Ziegler et al. 2019, arXiv:1909.08593.
    """
    if not log_probs.shape == ref_log_probs.shape == mask.shape or scores.shape != mask.shape[:1]:
        shapes = [list(x.shape) for x in (scores, log_probs, ref_log_probs, mask)]
        raise ValueError(f"scores, log_probs, ref_log_probs and mask have shapes {shapes}")
    # TODO(q4c): your code here.
    # HINT: responses end at different places. Where is the last token of a row of length 1?
    raise NotImplementedError("TODO(q4c): rlhf.rewards.shaped_rewards")


def adaptive_kl_coef(
    kl_coef: float, observed_kl: float, target_kl: float, num_steps: int, horizon: int
) -> float:
    """The next price of divergence: higher after too much divergence, lower after too little.

        error = clip(observed_kl / target_kl - 1, -0.2, 0.2)
        next = kl_coef * (1 + error * num_steps / horizon)

    Args:
        kl_coef: the price so far.
        observed_kl: mean divergence of a sequence in the last batch, nats.
        target_kl: the wanted divergence, positive.
        num_steps: number of responses in the last batch.
        horizon: number of responses over which the price changes by the whole error, positive.

    Returns:
        The price for the next batch.

    Raises:
        ValueError: target_kl or horizon is not positive.

    References:
        Ziegler et al. 2019, arXiv:1909.08593, section 2.2.
    """
    if target_kl <= 0 or horizon <= 0:
        raise ValueError(f"target_kl and horizon must be positive, got {target_kl} and {horizon}")
    # TODO(q4c): your code here.
    # HINT: is the error relative or absolute? What is clipped, the error or the price?
    raise NotImplementedError("TODO(q4c): rlhf.rewards.adaptive_kl_coef")
