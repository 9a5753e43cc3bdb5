"""The tails of the normal distribution, from SciPy."""

import torch
from scipy.special import log_ndtr, ndtr
from torch import Tensor


def normal_cdf(z: Tensor) -> Tensor:
    """Phi from SciPy, with a small relative error in the tails too."""
    return torch.as_tensor(ndtr(z.double().numpy()))


def normal_log_cdf(z: Tensor) -> Tensor:
    """Log Phi, finite even if Phi underflows."""
    return torch.as_tensor(log_ndtr(z.double().numpy()))
