"""Gaussian diffusion in plain Python and NumPy: step by step, with precisions, and with quadrature.

Only the conventions are those of the homework: t = 1..T, index 0 for clean data.
"""

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Step = tuple[float, float, float]  # x' = slope * x + shift + sqrt(variance) * z


def linear_betas(num_steps: int, start: float = 1e-4, end: float = 0.02) -> Tensor:
    """The linear schedule, value by value. The end points of Ho et al. are for 1000 steps."""
    betas = [0.0]
    for t in range(1, num_steps + 1):
        share = (t - 1) / (num_steps - 1) if num_steps > 1 else 0.0
        betas.append(min((start + share * (end - start)) * 1000 / num_steps, 0.999))
    return torch.tensor(betas, dtype=torch.float64)


def cosine_betas(num_steps: int, s: float = 0.008, cap: float = 0.999) -> Tensor:
    """The cosine schedule with cos^2 x = (1 + cos 2x) / 2, value by value."""
    f = [(1 + math.cos((t / num_steps + s) / (1 + s) * math.pi)) / 2 for t in range(num_steps + 1)]
    betas = [0.0] + [min((before - now) / before, cap) for before, now in itertools.pairwise(f)]
    return torch.tensor(betas, dtype=torch.float64)


def cumulative_alphas(betas: Tensor) -> Tensor:
    """1 - variance of x_t given x_0, where the variance is computed step by step."""
    variance, products = 0.0, []
    for beta in betas.tolist():
        variance = (1 - beta) * variance + beta
        products.append(1 - variance)
    return torch.tensor(products, dtype=torch.float64)


def unsorted_betas(steps: int, seed: int = 0) -> Tensor:
    """Betas of every size in random order, so that a test notices the beta of a neighbouring step."""
    generator = torch.Generator().manual_seed(seed)
    betas = torch.rand(steps, generator=generator, dtype=torch.float64) * 0.6 + 0.02
    return torch.cat([betas.new_zeros(1), betas])


def forward_moments(x_0: float, t: int, betas: Tensor) -> tuple[float, float]:
    """Mean and variance of x_t given x_0, step by step."""
    mean, variance = x_0, 0.0
    for beta in betas.tolist()[1 : t + 1]:
        mean, variance = math.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
    return mean, variance


def forward_factors(betas: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
    """The factors of signal and noise at each time, from the recursion of `forward_moments`; float64."""
    factors = torch.tensor([forward_moments(1.0, int(t), betas) for t in times], dtype=torch.float64)
    return factors[:, 0], factors[:, 1].sqrt()


def noised(x_0: Tensor, t: int | Tensor, noise: Tensor, alphas_cumprod: Tensor) -> Tensor:
    """x_t for an int t or Long[B]."""
    a = alphas_cumprod[t].to(x_0.dtype).reshape(-1, *(1,) * (x_0.ndim - 1))
    return a.sqrt() * x_0 + (1 - a).sqrt() * noise


def posterior(x_t: float, x_0: float, t: int, betas: Tensor) -> tuple[float, float]:
    """Bayes' rule in precision form: precisions add up, and the mean is weighted by precision."""
    prior_mean, prior_variance = forward_moments(x_0, t - 1, betas)
    if prior_variance == 0:
        return prior_mean, 0.0
    beta = float(betas[t])
    # x_t = sqrt(1 - beta) x_{t-1} + N(0, beta). So the likelihood of x_{t-1} has the mean x_t / sqrt(1 - beta) and the
    # variance beta / (1 - beta).
    prior, likelihood = 1 / prior_variance, (1 - beta) / beta
    mean = (prior * prior_mean + likelihood * x_t / math.sqrt(1 - beta)) / (prior + likelihood)
    return mean, 1 / (prior + likelihood)


def posterior_all(x_t: Tensor, x_0: Tensor, times: list[int], betas: Tensor) -> tuple[Tensor, list[float]]:
    """The same for a batch with one time for each sample: the mean (float64) and the variances."""
    mean = torch.empty_like(x_t, dtype=torch.float64)
    for index in np.ndindex(*x_t.shape):
        mean[index] = posterior(float(x_t[index]), float(x_0[index]), times[index[0]], betas)[0]
    return mean, [posterior(0.0, 0.0, t, betas)[1] for t in times]


def gaussian_denoiser(alphas_cumprod: Tensor, mean: float, std: float) -> Callable[[Tensor, Tensor], Tensor]:
    """E[noise | x_t] when every dimension of the data is N(mean, std^2); std = 0 is a point mass."""

    def network(x_t: Tensor, t: Tensor) -> Tensor:
        a = alphas_cumprod[t].view(-1, *(1,) * (x_t.ndim - 1))
        eps_hat = (1 - a).sqrt() * (x_t.double() - a.sqrt() * mean) / (a * std**2 + 1 - a)
        return eps_hat.to(x_t.dtype)

    return network


def guess(x_t: float, t: int, alphas_cumprod: Tensor, mean: float, std: float) -> float:
    """E[x_0 | x_t] for the same data: the regression of x_0 on x_t."""
    a = float(alphas_cumprod[t])
    return mean + math.sqrt(a) * std**2 / (a * std**2 + 1 - a) * (x_t - math.sqrt(a) * mean)


def ddpm_transition(t: int, betas: Tensor, mean: float, std: float, variance: str = "posterior") -> Step:
    """One reverse step with the exact denoiser, as an affine map plus noise."""
    alphas_cumprod = cumulative_alphas(betas)

    def step(x: float) -> tuple[float, float]:
        return posterior(x, guess(x, t, alphas_cumprod, mean, std), t, betas)

    shift = step(0.0)[0]
    noise = float(betas[t]) if variance == "beta" else step(0.0)[1]
    return step(1.0)[0] - shift, shift, 0.0 if t == 1 else noise


def ddim_transition(t: int, t_prev: int, alphas_cumprod: Tensor, mean: float, std: float, eta: float) -> Step:
    """One strided reverse step with the exact denoiser, as an affine map plus noise."""
    a, a_prev = float(alphas_cumprod[t]), float(alphas_cumprod[t_prev])
    variance = eta**2 * (1 - a_prev) / (1 - a) * (1 - a / a_prev)

    def step(x: float) -> float:
        x_0 = guess(x, t, alphas_cumprod, mean, std)
        eps = (x - math.sqrt(a) * x_0) / math.sqrt(1 - a)
        return math.sqrt(a_prev) * x_0 + math.sqrt(max(1 - a_prev - variance, 0.0)) * eps

    return step(1.0) - step(0.0), step(0.0), variance


def moments_after(steps: list[Step]) -> tuple[float, float]:
    """Mean and variance after a chain of such steps that starts from N(0, 1)."""
    mean, variance = 0.0, 1.0
    for slope, shift, noise in steps:
        mean, variance = slope * mean + shift, slope**2 * variance + noise
    return mean, variance
