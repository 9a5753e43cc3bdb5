"""Noise schedules of Gaussian diffusion: how much noise each forward step adds, and how much signal is left.

Time is 1-based in the whole project: t = 1..T, and index 0 of every schedule is for clean data. So a schedule of T
steps is a float64 vector of length T + 1 with betas[0] = 0 and alphas_cumprod[0] = 1, and t - 1 needs no special case.
"""

import math

import torch
from torch import Tensor


def linear_betas(num_steps: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> Tensor:
    """The linear schedule, scaled so that every number of steps destroys about the same amount of signal.

        betas[1..T] = T evenly spaced values from beta_start * 1000 / T to beta_end * 1000 / T, both included,
        each at most 0.999

    Args:
        num_steps: T, at least 1. With T = 1, the single step gets the first value.
        beta_start: variance that the first of 1000 steps adds.
        beta_end: variance that the last of 1000 steps adds.

    Returns:
        Float[T + 1] (float64), index 0 is 0.

    Raises:
        ValueError: num_steps is below 1.

    References:
        Ho et al. 2020, arXiv:2006.11239, section 4 (the values for T = 1000).
    """
    if num_steps < 1:
        raise ValueError(f"num_steps must be at least 1, got {num_steps}")
    # TODO(q2a): your code here.
    # HINT: which dtype does torch choose for evenly spaced numbers if you do not give one?
    raise NotImplementedError("TODO(q2a): diffusion.schedules.linear_betas")


def cosine_betas(num_steps: int, s: float = 0.008, max_beta: float = 0.999) -> Tensor:
    """The schedule whose remaining signal follows a squared cosine.

        f(t) = cos((t / T + s) / (1 + s) * pi / 2) ** 2
        betas[t] = 1 - f(t) / f(t - 1), but at most max_beta

    Args:
        num_steps: T, at least 1.
        s: offset, so that the first steps are not too small.
        max_beta: the upper limit, which the last step reaches.

    Returns:
        Float[T + 1] (float64), index 0 is 0.

    Raises:
        ValueError: num_steps is below 1.

    References:
        Nichol and Dhariwal 2021, arXiv:2102.09672, equation 17.
    """
    if num_steps < 1:
        raise ValueError(f"num_steps must be at least 1, got {num_steps}")
    # TODO(q2a): your code here.
    # HINT: for T betas, at how many times must f be known?
    raise NotImplementedError("TODO(q2a): diffusion.schedules.cosine_betas")


def cumulative_alphas(betas: Tensor) -> Tensor:
    """The share of the variance of clean data that is left at each time.

        q(x_t | x_0) = N(sqrt(alphas_cumprod[t]) x_0, (1 - alphas_cumprod[t]) I)

    Question 2a writes entry t as alpha_t with a bar. Without the bar, alpha_t belongs to one single step.

    Args:
        betas: Float[T + 1], the variance that each forward step adds; betas[0] = 0.

    Returns:
        Float[T + 1] of the dtype of betas, index 0 is 1.

    Raises:
        ValueError: betas does not have exactly one axis, or does not start with 0.
    """
    if betas.ndim != 1 or bool(betas[0] != 0):
        raise ValueError("betas must have one axis and 0 at index 0 (time is 1-based)")
    # TODO(q2a): your code here.
    # HINT: each forward step multiplies the factor in front of x_0 by something. By what?
    raise NotImplementedError("TODO(q2a): diffusion.schedules.cumulative_alphas")


def at(schedule: Tensor, t: int | Tensor, x: Tensor) -> Tensor:
    """Entries t of a schedule, in a shape that multiplies x. This function is given, for the equations of gaussian.py.

    Args:
        schedule: Float[T + 1].
        t: int or Long[B], 0..T.
        x: Float[B, ...].

    Returns:
        Float[] if t is an int, Float[B, 1, ...] with as many axes as x if t is Long[B]. The dtype and device are still
        those of the schedule, so that coefficients are computed in float64; then `cast` converts them for the data.
    """
    values = schedule[t if isinstance(t, int) else torch.as_tensor(t, device=schedule.device)]
    return values.reshape(values.shape + (1,) * (x.ndim - 1)) if values.ndim else values


def cast(coefficient: Tensor, x: Tensor) -> Tensor:
    """A coefficient as a factor of x, with the dtype and device of x; but a single number stays on the CPU.

    Every kernel can read it there. A copy to a GPU would make the CPU wait until the GPU has finished its work.
    """
    stays = coefficient.ndim == 0 and coefficient.device.type == "cpu"
    return coefficient.to(x.dtype) if stays else coefficient.to(x)


def check_time(t: int | Tensor, schedule: Tensor, first: int = 1) -> None:
    """Refuses times outside first..T. Without this check, a negative index would silently read from the end.

    Raises:
        ValueError: a time is outside first..T.
    """
    last = len(schedule) - 1
    if isinstance(t, int):
        outside = not first <= t <= last
    else:
        times = torch.as_tensor(t)
        outside = bool((times < first).any()) or bool((times > last).any())
    if outside:
        raise ValueError(f"t must be in {first}..{last} (time is 1-based), got {t}")
