"""Sampling: whole reverse chains, from pure noise to data.

One step of a chain is in binary.py (coin flips) and gaussian.py. Time is 1-based and runs down from T. No chain keeps
a graph.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from . import binary, gaussian, schedules


def ancestral_sample(
    network: binary.Network,
    shape: Sequence[int],
    num_steps: int,
    generator: torch.Generator | None = None,
    device: str | torch.device = "cpu",
    return_all: bool = False,
) -> Tensor:
    """Samples images by all T steps of the coin-flip chain: fair coins, then `binary.ancestral_step` from T to 1.

    Args:
        network: network(y_t, t) with t Long[B] -> logits of P(Y_{t-1} = +1), Float[B, ...].
        shape: shape of the samples, [B, ...].
        num_steps: T.
        generator: draws all coins, on `device`.
        device: where the samples are made.
        return_all: return the whole chain, with all intermediate states.

    Returns:
        y_0, Float[*shape] of -1/+1 (float32); with return_all Float[T + 1, *shape] from y_T (index 0) to y_0.
    """
    # TODO(q1e): your code here.
    # HINT: which distribution does Y_T have, and at which t is the last step?
    raise NotImplementedError("TODO(q1e): diffusion.samplers.ancestral_sample")


def strided_times(num_steps: int, num_sampling_steps: int) -> Tensor:
    """The times of a sampler with fewer steps: integers from T strictly down to 0, spaced as evenly as possible.

    Args:
        num_steps: T.
        num_sampling_steps: S, 1..T.

    Returns:
        Long[S + 1]; the first is T, the last is 0, and any two gaps between neighbours differ by at most 1.

    Raises:
        ValueError: num_sampling_steps is outside 1..T.
    """
    if not 1 <= num_sampling_steps <= num_steps:
        raise ValueError(f"num_sampling_steps must be in 1..{num_steps}, got {num_sampling_steps}")
    # TODO(q2c): your code here.
    # HINT: S steps visit S + 1 times. What does your rule give for T = 10 and S = 4?
    raise NotImplementedError("TODO(q2c): diffusion.samplers.strided_times")


def ddpm_sample(
    network: gaussian.Network,
    shape: Sequence[int],
    betas: Tensor,
    variance: Literal["posterior", "beta"] = "posterior",
    clip: float | None = None,
    generator: torch.Generator | None = None,
    device: str | torch.device = "cpu",
    return_all: bool = False,
) -> Tensor:
    """Samples by all T steps of the reverse chain (Ho et al. 2020, arXiv:2006.11239, algorithm 2).

    Args:
        network: network(x_t, t) with t Long[B] -> eps_hat Float[B, ...].
        shape: shape of the samples, [B, ...].
        betas: Float[T + 1].
        variance: as in `gaussian.ddpm_step`.
        clip: as in `gaussian.ddpm_step`.
        generator: draws everything random: x_T ~ N(0, I), and new noise for every step. On `device`.
        device: where the samples are made.
        return_all: return the whole chain, with all intermediate states.

    Returns:
        x_0, Float[*shape] (float32); with return_all Float[T + 1, *shape] from x_T (index 0) to x_0.
    """
    # TODO(q2c): your code here.
    # HINT: which t does the network get, and in which shape? Which is the last one?
    raise NotImplementedError("TODO(q2c): diffusion.samplers.ddpm_sample")


def ddim_sample(
    network: gaussian.Network,
    shape: Sequence[int],
    betas: Tensor,
    num_sampling_steps: int,
    eta: float = 0.0,
    clip: float | None = None,
    generator: torch.Generator | None = None,
    device: str | torch.device = "cpu",
    return_all: bool = False,
) -> Tensor:
    """Samples by the steps of `strided_times` only (Song et al. 2021, arXiv:2010.02502, section 4.2).

    Args:
        network: network(x_t, t) with t Long[B] -> eps_hat Float[B, ...].
        shape: shape of the samples, [B, ...].
        betas: Float[T + 1].
        num_sampling_steps: S, 1..T.
        eta: as in `gaussian.ddim_step`. At 0 the samples are a function of x_T: nothing else is drawn.
        clip: as in `gaussian.ddim_step`.
        generator: draws everything random: x_T ~ N(0, I), and new noise for every step if eta > 0. On `device`.
        device: where the samples are made.
        return_all: return the whole chain, with all intermediate states.

    Returns:
        x_0, Float[*shape] (float32); with return_all Float[S + 1, *shape] from x_T (index 0) to x_0.
    """
    # TODO(q2c): your code here.
    # HINT: the loop is over pairs of neighbouring times.
    raise NotImplementedError("TODO(q2c): diffusion.samplers.ddim_sample")
