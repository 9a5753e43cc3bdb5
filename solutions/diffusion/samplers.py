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
    # BEGIN SOLUTION q1e
    # HINT: which distribution does Y_T have, and at which t is the last step?
    heads = torch.rand(*shape, generator=generator, device=device) < 0.5
    y = torch.where(heads, 1.0, -1.0)
    chain = [y]
    for t in range(num_steps, 0, -1):
        y = binary.ancestral_step(network, y, t, generator=generator)
        if return_all:
            chain.append(y)
    return torch.stack(chain) if return_all else y
    # END SOLUTION


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
    # BEGIN SOLUTION q2c
    # HINT: S steps visit S + 1 times. What does your rule give for T = 10 and S = 4?
    return torch.arange(num_sampling_steps, -1, -1) * num_steps // num_sampling_steps
    # END SOLUTION


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
    # BEGIN SOLUTION q2c
    # HINT: which t does the network get, and in which shape? Which is the last one?
    alphas_cumprod = schedules.cumulative_alphas(betas)
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for t in range(len(betas) - 1, 0, -1):
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if t > 1 else None
            x = gaussian.ddpm_step(eps_hat, x, t, betas, alphas_cumprod, noise, variance, clip)
            if return_all:
                chain.append(x)
    return torch.stack(chain) if return_all else x
    # END SOLUTION


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
    # BEGIN SOLUTION q2c
    # HINT: the loop is over pairs of neighbouring times.
    alphas_cumprod = schedules.cumulative_alphas(betas)
    times = strided_times(len(betas) - 1, num_sampling_steps).tolist()
    x = torch.randn(*shape, generator=generator, device=device)
    chain = [x]
    with torch.no_grad():
        for k in range(num_sampling_steps):
            t, t_prev = times[k], times[k + 1]
            eps_hat = network(x, torch.full((len(x),), t, device=device))
            noise = torch.randn(*shape, generator=generator, device=device) if eta > 0 else None
            x = gaussian.ddim_step(eps_hat, x, t, t_prev, alphas_cumprod, eta, noise, clip)
            if return_all:
                chain.append(x)
    return torch.stack(chain) if return_all else x
    # END SOLUTION
