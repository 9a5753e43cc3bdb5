"""Question 1 by its definitions, with decimals of 60 digits where doubles would cancel."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import torch
from torch import Tensor

from tests.oracles import coin_flip


def replacement_probability(t: Tensor | int, delta: float) -> Tensor:
    """One minus the probability that no coin R shows +1, in decimals."""
    with localcontext(prec=60):
        kept = 1 - 2 * Decimal(delta)
        times = torch.as_tensor(t)
        found = [float(1 - kept**step) if step else 0.0 for step in times.reshape(-1).tolist()]
    return torch.tensor(found, dtype=torch.float64).reshape(times.shape)


def steps_to_mix(delta: float, tolerance: float) -> int:
    """The first T at which kept ** T is not above the tolerance, in decimals."""
    if tolerance == 1 or delta == 0.5:
        return 0 if tolerance == 1 else 1
    with localcontext(prec=60):
        return math.ceil(Decimal(tolerance).ln() / (1 - 2 * Decimal(delta)).ln())


def posterior(y_t: Tensor, y_0: Tensor, t: Tensor | int, delta: float) -> Tensor:
    """Bayes' rule over two states, with the prior step by step; once for each case that occurs."""
    times = torch.as_tensor(t).expand(len(y_t))
    out = torch.empty(y_t.shape, dtype=torch.float64)
    for time in times.unique().tolist():
        for y in (-1, 1):
            for x in (-1, 1):
                here = (y_t == y) & (y_0 == x) & (times == time).reshape(-1, *(1,) * (y_t.ndim - 1))
                if here.any():
                    out[here] = coin_flip.posterior_by_chain(y, x, time, delta)
    return out.to(y_t.dtype)


def kl_loss(logits: Tensor, target_prob: Tensor) -> Tensor:
    return torch.tensor(coin_flip.kl_loss(logits, target_prob), dtype=logits.dtype)


EXPECTED: dict[str, Callable[..., Any]] = {
    "diffusion.binary.replacement_probability": replacement_probability,
    "diffusion.binary.steps_to_mix": steps_to_mix,
    "diffusion.binary.posterior": posterior,
    "diffusion.binary.kl_loss": kl_loss,
}
