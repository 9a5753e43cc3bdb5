"""A toy model of early exit: what a partial sum already says about the sign of the whole sum.

Y = X_1 + X_2 + ... with independent X_i ~ N(0, variance_i), and Y_k is the sum of the first k terms. Later layers add
less and less to a feature; a network that exits after layer k predicts the sign of Y from Y_k. Everything is float64.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def remaining_variance(variances: Tensor | Sequence[float], k: int) -> Tensor:
    """Variance of what is still to be added after the first k terms of a finite sum: Var(Y - Y_k).

    Args:
        variances: Float[N], the variance of X_1 to X_N in this order; at least 0.
        k: how many terms are known already, 0 to N.

    Returns:
        Float[] (float64). It is 0 when all the terms are known.

    Raises:
        ValueError: k is not in 0..N, a variance is negative, or the list does not have exactly one axis.
    """
    variances = torch.as_tensor(variances, dtype=torch.float64)
    if variances.ndim != 1:
        raise ValueError(f"variances must have one axis, got shape {list(variances.shape)}")
    if not 0 <= k <= len(variances):
        raise ValueError(f"k must be in 0..{len(variances)}, got {k}")
    if bool((variances < 0).any()):
        raise ValueError("a variance cannot be negative")
    # BEGIN SOLUTION q3a
    # HINT: X_1 is at index 0 of the list. Which index has the first term that is not known yet?
    return variances[k:].sum()
    # END SOLUTION


def geometric_remaining_variance(k: int | Tensor) -> Tensor:
    """Var(Y - Y_k) for the infinite sum whose i-th term has variance 2^-i, i = 1, 2, 3, ...

    Args:
        k: how many terms are known already; an int or Long[...], at least 0.

    Returns:
        Float[...] (float64) of the shape of k; 0-dim for an int.

    Raises:
        ValueError: k is negative.
    """
    k = torch.as_tensor(k)
    if bool((k < 0).any()):
        raise ValueError("k cannot be negative")
    # BEGIN SOLUTION q3a
    # HINT: sum a geometric series from its term k + 1 on. And which dtype does 2 to the power of a Long tensor have?
    return torch.exp2(-k.double())
    # END SOLUTION


def probability_nonpositive(partial_sum: float | Tensor, remaining_variance: float | Tensor) -> Tensor:
    """P(Y <= 0 | Y_k = partial_sum), where Var(Y - Y_k) = remaining_variance.

    With a remaining variance of 0, no terms remain and Y is the partial sum itself.

    Args:
        partial_sum: Float[...], the sum M of the first k terms.
        remaining_variance: Float[...], at least 0; broadcast against partial_sum.

    Returns:
        Float[...] (float64), in [0, 1]. The relative error is small, also for tiny probabilities: 1e-100 is not 0.

    Raises:
        ValueError: a variance is negative.
    """
    partial_sum = torch.as_tensor(partial_sum, dtype=torch.float64)
    remaining_variance = torch.as_tensor(remaining_variance, dtype=torch.float64)
    if bool((remaining_variance < 0).any()):
        raise ValueError("a variance cannot be negative")
    # BEGIN SOLUTION q3a
    # HINT: given Y_k, what is the distribution of Y? Then: what is 1 - (1 - 1e-20) in floating point?
    # HINT: try your function at ten standard deviations; not every library function for Phi is accurate there.
    z = -partial_sum / remaining_variance.sqrt()
    # erfc keeps its relative accuracy in the far tail; 1 + erf and torch.special.ndtr return 0 there.
    probability = 0.5 * torch.erfc(-z / 2**0.5)
    known = (partial_sum <= 0).double().expand_as(probability)
    return torch.where(remaining_variance == 0, known, probability)
    # END SOLUTION


def log_probability_nonpositive(partial_sum: float | Tensor, remaining_variance: float | Tensor) -> Tensor:
    """Natural logarithm of `probability_nonpositive`, finite also where the probability itself is below 1e-308.

    Args:
        partial_sum: Float[...], the sum M of the first k terms.
        remaining_variance: Float[...], at least 0; broadcast against partial_sum.

    Returns:
        Float[...] (float64), at most 0. It is -inf only for a sum that is already known (variance 0) and positive.

    Raises:
        ValueError: a variance is negative.
    """
    partial_sum = torch.as_tensor(partial_sum, dtype=torch.float64)
    remaining_variance = torch.as_tensor(remaining_variance, dtype=torch.float64)
    if bool((remaining_variance < 0).any()):
        raise ValueError("a variance cannot be negative")
    # BEGIN SOLUTION q3a
    # HINT: if a number is already 0, it is too late to take its logarithm. Does torch.special have log Phi itself?
    log_probability = torch.special.log_ndtr(-partial_sum / remaining_variance.sqrt())
    known = (partial_sum <= 0).double().log().expand_as(log_probability)
    return torch.where(remaining_variance == 0, known, log_probability)
    # END SOLUTION
