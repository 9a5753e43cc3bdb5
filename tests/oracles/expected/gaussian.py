"""Question 2 by its definitions: factors of each time in float64, one row at a time."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import torch
from torch import Tensor

from tests.oracles import gaussian


def _rows(t: Tensor | int, like: Tensor) -> list[int]:
    return torch.as_tensor(t).expand(len(like)).tolist()


def _each(like: Tensor, t: Tensor | int, row: Callable[[int, int], Tensor]) -> Tensor:
    """Row by row: `row(b, time)`."""
    return torch.stack([row(b, time) for b, time in enumerate(_rows(t, like))]).to(like.dtype)


def forward_step(x_prev: Tensor, t: Tensor | int, betas: Tensor, noise: Tensor) -> Tensor:
    def row(b: int, time: int) -> Tensor:
        beta = float(betas[time])
        return math.sqrt(1 - beta) * x_prev[b].double() + math.sqrt(beta) * noise[b].double()

    return _each(x_prev, t, row)


def q_sample(x_0: Tensor, t: Tensor | int, alphas_cumprod: Tensor, noise: Tensor) -> Tensor:
    def row(b: int, time: int) -> Tensor:
        a = float(alphas_cumprod[time])
        return math.sqrt(a) * x_0[b].double() + math.sqrt(1 - a) * noise[b].double()

    return _each(x_0, t, row)


def predict_x_0(x_t: Tensor, eps_hat: Tensor, t: Tensor | int, alphas_cumprod: Tensor) -> Tensor:
    def row(b: int, time: int) -> Tensor:
        a = float(alphas_cumprod[time])
        return (x_t[b].double() - math.sqrt(1 - a) * eps_hat[b].double()) / math.sqrt(a)

    return _each(x_t, t, row)


def predict_noise(x_t: Tensor, x_0: Tensor, t: Tensor | int, alphas_cumprod: Tensor) -> Tensor:
    def row(b: int, time: int) -> Tensor:
        a = float(alphas_cumprod[time])
        return (x_t[b].double() - math.sqrt(a) * x_0[b].double()) / math.sqrt(1 - a)

    return _each(x_t, t, row)


def prior_kl(x_0: Tensor, alphas_cumprod: Tensor) -> Tensor:
    """E[log q - log p] of two normal distributions, with the part that cancels in decimals."""
    a = float(alphas_cumprod[-1])
    with localcontext(prec=60):
        spread = float((-Decimal(a) - (1 - Decimal(a)).ln()) / 2)  # of the variance 1 - a against 1
    pixels = x_0.double().reshape(len(x_0), -1)
    return (a * pixels.square().sum(1) / 2 + spread * pixels.shape[1]).to(x_0.dtype)


def _posterior(x_t: Tensor, x_0: Tensor, time: int, betas: Tensor, signal: Tensor) -> tuple[Tensor, float]:
    """Bayes' rule in precision form for one row, from the moments of x_{t-1} and x_t given it."""
    before, beta = float(signal[time - 1]), float(betas[time])
    if time == 1:
        return x_0.double(), 0.0
    prior, likelihood = 1 / (1 - before), (1 - beta) / beta
    weighted = prior * math.sqrt(before) * x_0.double() + likelihood * x_t.double() / math.sqrt(1 - beta)
    return weighted / (prior + likelihood), 1 / (prior + likelihood)


def posterior(
    x_t: Tensor, x_0: Tensor, t: Tensor | int, betas: Tensor, alphas_cumprod: Tensor
) -> tuple[Tensor, Tensor]:
    rows = [_posterior(x_t[b], x_0[b], time, betas, alphas_cumprod) for b, time in enumerate(_rows(t, x_t))]
    shape = () if isinstance(t, int) else (-1, *(1,) * (x_t.ndim - 1))
    variance = torch.tensor([row[1] for row in rows[: 1 if isinstance(t, int) else None]]).reshape(shape)
    return torch.stack([row[0] for row in rows]).to(x_t.dtype), variance.to(x_t.dtype)


def _guess(eps_hat: Tensor, x_t: Tensor, a: float, clip: float | None) -> Tensor:
    x_0 = (x_t.double() - math.sqrt(1 - a) * eps_hat.double()) / math.sqrt(a)
    return x_0 if clip is None else torch.minimum(torch.maximum(x_0, torch.tensor(-clip)), torch.tensor(clip))


def ddpm_step(
    eps_hat: Tensor,
    x_t: Tensor,
    t: int,
    betas: Tensor,
    alphas_cumprod: Tensor,
    noise: Tensor | None,
    variance: str,
    clip: float | None,
) -> Tensor:
    x_0 = _guess(eps_hat, x_t, float(alphas_cumprod[t]), clip)
    mean, own = _posterior(x_t, x_0, t, betas, alphas_cumprod)
    spread = math.sqrt(own if variance == "posterior" else float(betas[t]))
    return (mean if noise is None or t == 1 else mean + spread * noise.double()).to(x_t.dtype)


def ddim_step(
    eps_hat: Tensor,
    x_t: Tensor,
    t: int,
    t_prev: int,
    alphas_cumprod: Tensor,
    eta: float,
    noise: Tensor | None,
    clip: float | None,
) -> Tensor:
    a, before = float(alphas_cumprod[t]), float(alphas_cumprod[t_prev])
    x_0 = _guess(eps_hat, x_t, a, clip)
    eps = (x_t.double() - math.sqrt(a) * x_0) / math.sqrt(1 - a)
    sigma = eta * math.sqrt((1 - before) / (1 - a) * (1 - a / before))
    mean = math.sqrt(before) * x_0 + math.sqrt(max(1 - before - sigma**2, 0.0)) * eps
    return (mean if noise is None else mean + sigma * noise.double()).to(x_t.dtype)


EXPECTED: dict[str, Callable[..., Any]] = {
    "diffusion.schedules.linear_betas": lambda num_steps, beta_start, beta_end: gaussian.linear_betas(
        num_steps, beta_start, beta_end
    ),
    "diffusion.schedules.cosine_betas": lambda num_steps, s, max_beta: gaussian.cosine_betas(
        num_steps, s, max_beta
    ),
    "diffusion.schedules.cumulative_alphas": lambda betas: gaussian.cumulative_alphas(betas).to(betas.dtype),
    "diffusion.gaussian.forward_step": forward_step,
    "diffusion.gaussian.q_sample": q_sample,
    "diffusion.gaussian.prior_kl": prior_kl,
    "diffusion.gaussian.posterior": posterior,
    "diffusion.gaussian.predict_x_0": predict_x_0,
    "diffusion.gaussian.predict_noise": predict_noise,
    "diffusion.gaussian.ddpm_step": ddpm_step,
    "diffusion.gaussian.ddim_step": ddim_step,
}
