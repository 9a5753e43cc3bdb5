"""The normal law far out, by SciPy."""

import torch
from scipy.special import log_ndtr, ndtr
from torch import Tensor


def normal_cdf(z: Tensor) -> Tensor:
    """Phi with small relative error also far out (SciPy's)."""
    return torch.as_tensor(ndtr(z.double().numpy()))


def normal_log_cdf(z: Tensor) -> Tensor:
    """Log Phi, finite where Phi is not."""
    return torch.as_tensor(log_ndtr(z.double().numpy()))
