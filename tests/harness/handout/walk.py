"""Gaussian diffusion step by step: each x_t is a weighted sum of x_0 and of the noises."""

import math

import torch

from solutions.diffusion import gaussian, schedules

BETAS = torch.tensor([0.0, 0.1, 0.35, 0.2, 0.6], dtype=torch.float64)
SHARES = schedules.cumulative_alphas(BETAS)
TIMES = range(1, len(BETAS))


def factors(t: int) -> tuple[float, list[float]]:
    """The factors of x_0 and of the noises of steps 1 to T in x_t: equation (5), step by step."""
    of_x_0, of_noise = 1.0, [0.0] * (len(BETAS) - 1)
    for step in range(1, t + 1):
        beta = float(BETAS[step])
        of_x_0 *= math.sqrt(1 - beta)
        of_noise = [math.sqrt(1 - beta) * factor for factor in of_noise]
        of_noise[step - 1] = math.sqrt(beta)
    return of_x_0, of_noise


def share(t: int) -> float:
    """The share of the variance of x_0 that is left at time t."""
    return factors(t)[0] ** 2


def covariance(s: int, t: int, data_variance: float = 0.0) -> float:
    """Covariance of x_s and x_t if x_0 has this variance (0 if x_0 is given)."""
    (from_s, noise_s), (from_t, noise_t) = factors(s), factors(t)
    return from_s * from_t * data_variance + sum(a * b for a, b in zip(noise_s, noise_t, strict=True))


def step_back(x_t: float, x_0: float, t: int) -> tuple[float, float]:
    """Mean and variance of x_{t-1} given x_t and x_0: the conditional moments of a normal pair."""
    slope = covariance(t - 1, t) / covariance(t, t)
    mean = factors(t - 1)[0] * x_0 + slope * (x_t - factors(t)[0] * x_0)
    return mean, covariance(t - 1, t - 1) - slope * covariance(t - 1, t)


def number(value: float) -> torch.Tensor:
    """A number as a batch of one."""
    return torch.tensor([[value]], dtype=torch.float64)


def step_back_by_code(x_t: float, x_0: float, t: int) -> tuple[float, float]:
    """The same, from the function that students write."""
    mean, variance = gaussian.posterior(number(x_t), number(x_0), t, BETAS, SHARES)
    return mean.item(), variance.item()
