"""Inputs of question 2: schedules with steps of every size, data of every scale."""

import torch
from torch import Tensor

from tests.support.cases import MANY_DRAWS, SMALL, Arguments, Draw, Inputs
from tests.support.noise_predictors import column, denoiser


def guess(x_t: Tensor, t: Tensor) -> Tensor:
    """A noise predictor without parameters."""
    return 0.3 * x_t + 0.01 * column(t, x_t)


def schedule(draw: Draw, *, extreme: bool = False) -> tuple[Tensor, Tensor]:
    """Betas and cumulative alphas, both Float64[T + 1]."""
    betas = draw.betas(extreme=extreme)
    return betas, torch.cumprod(1 - betas, dim=0)


def times(draw: Draw, low: int = 1) -> Tensor | int:
    """A time for each sample, or the first one for all of them."""
    return draw.choice(low, *(draw.integers(low, max(draw.length, 2), draw.batch),) * 3)


def forward_step(draw: Draw) -> Arguments:
    betas, _ = schedule(draw)
    return {"x_prev": draw.normal(), "t": times(draw), "betas": betas, "noise": draw.normal()}


def q_sample(draw: Draw) -> Arguments:
    _, signal = schedule(draw, extreme=draw.case.scale > 1)
    return {"x_0": draw.normal(), "t": times(draw, 0), "alphas_cumprod": signal, "noise": draw.normal()}


def prior_kl(draw: Draw) -> Arguments:
    return {
        "x_0": draw.normal(),
        "alphas_cumprod": schedule(draw, extreme=draw.case.dtype == torch.float32)[1],
    }


def posterior(draw: Draw) -> Arguments:
    betas, signal = schedule(draw)
    data = {"x_t": draw.normal(), "x_0": draw.normal(), "t": times(draw)}
    return {**data, "betas": betas, "alphas_cumprod": signal}


def predict_x_0(draw: Draw) -> Arguments:
    data = {"x_t": draw.normal(), "eps_hat": draw.normal(), "t": times(draw)}
    return {**data, "alphas_cumprod": schedule(draw, extreme=draw.case.scale > 1)[1]}


def predict_noise(draw: Draw) -> Arguments:
    data = {"x_t": draw.normal(), "x_0": draw.normal(), "t": times(draw)}
    extreme = draw.case.scale > 1 or draw.case.dtype == torch.float32
    return {**data, "alphas_cumprod": schedule(draw, extreme=extreme)[1]}


def noise_prediction_loss(draw: Draw) -> Arguments:
    return {"network": guess, "x_0": draw.normal(), "alphas_cumprod": schedule(draw)[1], "generator": None}


def clip(draw: Draw) -> float | None:
    """A limit among the values, for the smallest case; 0 in the bare one, and none or a limit for others."""
    limit = 0.7 * draw.case.scale
    return 0.0 if draw.is_bare else limit if draw.case is SMALL[0] else draw.choice(None, limit)


def ddpm_step(draw: Draw) -> Arguments:
    betas, signal = schedule(draw, extreme=draw.case.scale > 1)
    return {
        "eps_hat": draw.normal(),
        "x_t": draw.normal(),
        "t": draw.integer(1 if draw.is_bare else 2, len(betas) - 1),
        "betas": betas,
        "alphas_cumprod": signal,
        "noise": None if draw.is_bare else draw.normal(),
        "variance": draw.choice("posterior", "beta"),
        "clip": clip(draw),
    }


def ddim_step(draw: Draw) -> Arguments:
    """To time 0, without noise, in the bare case."""
    _, signal = schedule(draw, extreme=draw.case.scale > 1)
    t = draw.integer(1 if draw.is_bare else 2, len(signal) - 1)
    return {
        "eps_hat": draw.normal(),
        "x_t": draw.normal(),
        "t": t,
        "t_prev": draw.integer(0 if draw.is_bare else 1, t - 1),
        "alphas_cumprod": signal,
        "eta": 0.0 if draw.is_bare else draw.choice(0.6, 1.0),
        "noise": None if draw.is_bare else draw.normal(),
        "clip": clip(draw),
    }


def linear_betas(draw: Draw) -> Arguments:
    steps = draw.choice(1, 2, 7, 1000, 3000)
    return {"num_steps": steps, "beta_start": draw.number(1e-5, 1e-3), "beta_end": draw.number(0.01, 0.05)}


def cosine_betas(draw: Draw) -> Arguments:
    steps = draw.choice(1, 2, 7, 1000, 3000)
    return {"num_steps": steps, "s": draw.number(0, 0.05), "max_beta": draw.choice(0.5, 0.999, 1.0)}


def cumulative_alphas(draw: Draw) -> Arguments:
    betas = draw.uniform(0.01, 0.5, draw.length + 1)
    betas[0] = 0.0
    return {"betas": betas.to(draw.case.dtype)}


def ddpm_sample(draw: Draw) -> Arguments:
    return {"network": guess, "shape": draw.shape, "betas": draw.betas(), "generator": None}


def ddim_sample(draw: Draw) -> Arguments:
    eta = draw.choice(0.0, 0.7)
    rest = {"betas": draw.betas(), "num_sampling_steps": 2, "eta": eta}
    return {"network": guess, "shape": draw.shape, **rest, "generator": None}


X = {"x_prev": 0, "x_0": 0, "x_t": 0, "eps_hat": 0, "noise": 0, "t": 0}
INPUTS = {
    "diffusion.schedules.linear_betas": Inputs(linear_betas),
    "diffusion.schedules.cosine_betas": Inputs(cosine_betas),
    "diffusion.schedules.cumulative_alphas": Inputs(cumulative_alphas, schedules=()),
    "diffusion.gaussian.forward_step": Inputs(
        forward_step, rows=X, linear=("x_prev", "noise"), differentiable=("x_prev", "noise")
    ),
    "diffusion.gaussian.q_sample": Inputs(
        q_sample, rows=X, linear=("x_0", "noise"), differentiable=("x_0", "noise")
    ),
    "diffusion.gaussian.prior_kl": Inputs(prior_kl, rows=X, differentiable=("x_0",)),
    "diffusion.gaussian.posterior": Inputs(posterior, rows=X, differentiable=("x_t", "x_0")),
    "diffusion.gaussian.predict_x_0": Inputs(
        predict_x_0, rows=X, linear=("x_t", "eps_hat"), differentiable=("x_t", "eps_hat")
    ),
    "diffusion.gaussian.predict_noise": Inputs(
        predict_noise, rows=X, linear=("x_t", "x_0"), differentiable=("x_t", "x_0")
    ),
    "diffusion.gaussian.noise_prediction_loss": Inputs(
        noise_prediction_loss, network=denoiser, cases=(MANY_DRAWS,)
    ),
    "diffusion.gaussian.ddpm_step": Inputs(ddpm_step, rows=X, differentiable=("x_t",)),
    "diffusion.gaussian.ddim_step": Inputs(ddim_step, rows=X, differentiable=("x_t",)),
    "diffusion.samplers.ddpm_sample": Inputs(
        ddpm_sample,
        network=denoiser,
        options={"return_all": True},
        is_graphless=True,
        cases=(MANY_DRAWS,),
    ),
    "diffusion.samplers.ddim_sample": Inputs(
        ddim_sample,
        network=denoiser,
        options={"return_all": True},
        is_graphless=True,
        cases=(MANY_DRAWS,),
    ),
}
