"""Gaussian diffusion: the forward process, its posterior, the noise-prediction loss and one reverse step.

Names in the whole module, unless a docstring says otherwise:

    x_0 x_t noise eps_hat    Float[B, ...], any number of axes after the batch; noise is standard normal
    t                        int or Long[B] (one for each sample), 1-based: 1..T
    betas alphas_cumprod     Float[T + 1] of schedules.py (float64), index 0 for clean data

Coefficients are computed in float64 and then cast: results have the dtype and device of the data, and are
differentiable in the data. An argument outside its range raises ValueError. Whole chains are in samplers.py.
Cited below: DDPM, Ho et al. 2020, arXiv:2006.11239, and DDIM, Song et al. 2021, arXiv:2010.02502.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from . import schedules

Network = Callable[[Tensor, Tensor], Tensor]  # (x_t: Float[B, ...], t: Long[B]) -> eps_hat: Float[B, ...]


def forward_step(x_prev: Tensor, t: int | Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """One step of the forward process: a draw of q(x_t | x_{t-1}), made from standard normal noise (DDPM, eq. 2).

        q(x_t | x_{t-1}) = N(sqrt(1 - betas[t]) x_{t-1}, betas[t] I)

    Returns:
        Float[B, ...], x_t.
    """
    schedules.check_time(t, betas)
    # TODO(q2a): your code here.
    # HINT: is betas[t] a variance or a standard deviation?
    raise NotImplementedError("TODO(q2a): diffusion.gaussian.forward_step")


def q_sample(x_0: Tensor, t: int | Tensor, alphas_cumprod: Tensor, noise: Tensor) -> Tensor:
    """A draw of q(x_t | x_0) without the steps between: t forward steps at once, from one normal draw (DDPM, eq. 4).

    Returns:
        Float[B, ...], x_t. Here t can also be 0: no noise has been added yet.
    """
    schedules.check_time(t, alphas_cumprod, first=0)
    # TODO(q2a): your code here.
    # HINT: write x_2 in terms of x_0. What is the distribution of the sum of the two noises?
    raise NotImplementedError("TODO(q2a): diffusion.gaussian.q_sample")


def prior_kl(x_0: Tensor, alphas_cumprod: Tensor) -> Tensor:
    """How far the forward process is from its limit at time T: KL(q(x_T | x_0) || N(0, I)) for each sample.

    It goes to 0 as T grows. A sampler starts from N(0, I), so this is the error of its starting point.

    Args:
        x_0: Float[B, ...], clean data.
        alphas_cumprod: Float[T + 1]; T is its last index.

    Returns:
        Float[B], nats: summed over the dimensions of a sample, not averaged.
    """
    # TODO(q2a): your code here.
    # HINT: the KL divergence of two normal distributions has a closed form; both have independent dimensions.
    raise NotImplementedError("TODO(q2a): diffusion.gaussian.prior_kl")


def posterior(
    x_t: Tensor, x_0: Tensor, t: int | Tensor, betas: Tensor, alphas_cumprod: Tensor
) -> tuple[Tensor, Tensor]:
    """Mean and variance of the normal distribution q(x_{t-1} | x_t, x_0).

    Args:
        x_t: Float[B, ...].
        x_0: Float[B, ...].
        t: int or Long[B], 1..T. At t = 1 the step before is x_0 itself, with certainty.
        betas: Float[T + 1].
        alphas_cumprod: Float[T + 1].

    Returns:
        The mean Float[B, ...], and the variance, which is the same for all dimensions of a sample and has the same
        dtype: Float[] if t is an int, Float[B, 1, ...] with as many axes as x_t if t is Long[B].
    """
    schedules.check_time(t, betas)
    # TODO(q2b): your code here.
    # HINT: Bayes' rule: which two normal densities are multiplied, as functions of x_{t-1}? Complete the square.
    raise NotImplementedError("TODO(q2b): diffusion.gaussian.posterior")


def predict_x_0(x_t: Tensor, eps_hat: Tensor, t: int | Tensor, alphas_cumprod: Tensor) -> Tensor:
    """The clean data from which `q_sample` makes x_t when its noise is eps_hat.

    Returns:
        Float[B, ...], x_0_hat.
    """
    schedules.check_time(t, alphas_cumprod)
    # TODO(q2c): your code here.
    # HINT: solve the equation of q_sample for another variable.
    raise NotImplementedError("TODO(q2c): diffusion.gaussian.predict_x_0")


def predict_noise(x_t: Tensor, x_0: Tensor, t: int | Tensor, alphas_cumprod: Tensor) -> Tensor:
    """The noise, Float[B, ...], with which `q_sample` makes x_t from x_0; the inverse of `predict_x_0`."""
    schedules.check_time(t, alphas_cumprod)
    # TODO(q2c): your code here.
    # HINT: use the same equation again.
    raise NotImplementedError("TODO(q2c): diffusion.gaussian.predict_noise")


def noise_prediction_loss(
    network: Network, x_0: Tensor, alphas_cumprod: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Squared error of the network's guess of the noise, at random times (DDPM, algorithm 1 and equation 14).

    Each sample has its own t, uniform on 1..T. The noise is standard normal, and x_t = q_sample(...).

    Args:
        network: network(x_t, t) with t Long[B] -> eps_hat Float[B, ...].
        x_0: Float[B, ...], clean data.
        alphas_cumprod: Float[T + 1].
        generator: draws everything random, on the device of x_0.

    Returns:
        Float[]: (noise - network(x_t, t))**2, mean over the batch and all dimensions. The gradient goes to the network.
    """
    # TODO(q2c): your code here.
    # HINT: which times do you draw? Can T itself be drawn? Can 0?
    raise NotImplementedError("TODO(q2c): diffusion.gaussian.noise_prediction_loss")


def ddpm_step(
    eps_hat: Tensor,
    x_t: Tensor,
    t: int,
    betas: Tensor,
    alphas_cumprod: Tensor,
    noise: Tensor | None = None,
    variance: Literal["posterior", "beta"] = "posterior",
    clip: float | None = None,
) -> Tensor:
    """One reverse step, a draw of p_theta(x_{t-1} | x_t): the posterior with the network's guess x_0_hat of x_0.

    Args:
        eps_hat: Float[B, ...], the network's guess of the noise in x_t.
        x_t: Float[B, ...].
        t: 1..T. The step at t = 1 adds no noise: it returns the mean, whatever `noise` and `variance` are.
        betas: Float[T + 1].
        alphas_cumprod: Float[T + 1].
        noise: Float[B, ...], standard normal; without it the mean is returned.
        variance: variance of the draw: that of the posterior, or betas[t], which is larger (DDPM, section 3.2).
        clip: if given, x_0_hat is first clamped to [-clip, clip], the range of the data.

    Returns:
        Float[B, ...], x_{t-1}. (DDPM, algorithm 2)
    """
    schedules.check_time(t, betas)
    if variance not in ("posterior", "beta"):
        raise ValueError(f'variance must be "posterior" or "beta", got {variance!r}')
    # TODO(q2c): your code here.
    # HINT: two functions of this module do most of the work.
    raise NotImplementedError("TODO(q2c): diffusion.gaussian.ddpm_step")


def ddim_step(
    eps_hat: Tensor,
    x_t: Tensor,
    t: int,
    t_prev: int,
    alphas_cumprod: Tensor,
    eta: float = 0.0,
    noise: Tensor | None = None,
    clip: float | None = None,
) -> Tensor:
    """One reverse step from t directly to an earlier time t_prev; eta sets the randomness (DDIM, equations 12, 16).

        a, a_prev = alphas_cumprod[t], alphas_cumprod[t_prev]
        sigma = eta * sqrt((1 - a_prev) / (1 - a) * (1 - a / a_prev))
        x_{t_prev} = sqrt(a_prev) * x_0_hat + sqrt(max(1 - a_prev - sigma**2, 0)) * eps_hat + sigma * noise

    Args:
        eps_hat: Float[B, ...], the network's guess of the noise in x_t.
        x_t: Float[B, ...].
        t: 1..T.
        t_prev: 0..t - 1; at 0 the step ends at x_0_hat.
        alphas_cumprod: Float[T + 1].
        eta: 0 for a deterministic step; 1 with t_prev = t - 1 gives the distribution of `ddpm_step`.
        noise: Float[B, ...], standard normal; without it the last term is left out.
        clip: if given, x_0_hat is first clamped to [-clip, clip]. The eps_hat of the formula is then the noise that
            belongs to the clamped x_0_hat, so that x_0_hat and eps_hat together still give x_t.

    Returns:
        Float[B, ...], x_{t_prev}.
    """
    schedules.check_time(t, alphas_cumprod)
    if not 0 <= t_prev < t:
        raise ValueError(f"t_prev must be in 0..{t - 1}, got {t_prev}")
    if eta < 0:
        raise ValueError(f"eta must be at least 0, got {eta}")
    # TODO(q2c): your code here.
    # HINT: with clip, does the equation between x_t, x_0_hat and eps_hat still hold? Fix it before the last line.
    raise NotImplementedError("TODO(q2c): diffusion.gaussian.ddim_step")
