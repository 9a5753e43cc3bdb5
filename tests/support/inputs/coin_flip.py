"""Inputs of question 1: pixels of -1 and +1, times, and probabilities of a flip from tiny to one half."""

import math

from torch import Tensor

from tests.support.cases import MANY_DRAWS, Arguments, Draw, Inputs
from tests.support.noise_predictors import column, denoiser

Y = {"y_t": 0, "y_0": 0, "t": 0}


def delta(draw: Draw) -> float:
    """A probability of a flip: tiny for tiny values, the largest for huge ones."""
    if draw.case.scale < 1:
        return 1e-9 * draw.number(1, 9)
    return 0.5 if draw.case.scale > 1000 else draw.number(0.01, 0.45)


def logits(y_t: Tensor, t: Tensor) -> Tensor:
    """A network without parameters."""
    return y_t * 0.4 - 0.1 * column(t, y_t)


def step(draw: Draw) -> Arguments:
    return {"y": draw.pixels(), "delta": draw.number(0.1, 0.5), "generator": None}


def replacement_probability(draw: Draw) -> Arguments:
    times = draw.integers(0, 10 ** draw.integer(1, 6), draw.batch)
    return {"t": times, "delta": delta(draw)}


def steps_to_mix(draw: Draw) -> Arguments:
    """A tolerance in the middle between two numbers of steps, so that no rounding can change the answer."""
    flip = delta(draw)
    log_kept = math.log1p(-2 * flip) if flip < 0.5 else -math.inf
    most = int(max(1, min(1e7, -600 / log_kept)))
    steps = most if draw.case.scale < 1 else draw.integer(1, most)
    return {"delta": flip, "tolerance": 0.3 if flip == 0.5 else math.exp((steps - 0.5) * log_kept)}


def q_sample(draw: Draw) -> Arguments:
    return {
        "y_0": draw.pixels(),
        "t": draw.integers(0, 9, draw.batch),
        "delta": delta(draw),
        "generator": None,
    }


def posterior(draw: Draw) -> Arguments:
    times = draw.integers(1, max(draw.length, 2), draw.batch)
    return {"y_t": draw.pixels(), "y_0": draw.pixels(), "t": times, "delta": delta(draw)}


def kl_loss(draw: Draw) -> Arguments:
    target = draw.uniform(0, 1, *draw.shape)
    first = target.reshape(-1)
    first[0], first[-1] = 0.0, 1.0
    return {"logits": draw.normal(), "target_prob": target.to(draw.case.dtype)}


def training_loss(draw: Draw) -> Arguments:
    return {"network": logits, "y_0": draw.pixels(), "num_steps": 9, "delta": 0.2, "generator": None}


def ancestral_step(draw: Draw) -> Arguments:
    return {"network": logits, "y_t": draw.pixels(), "t": draw.integer(1, 9), "generator": None}


def ancestral_sample(draw: Draw) -> Arguments:
    return {"network": logits, "shape": draw.shape, "num_steps": min(draw.length, 9), "generator": None}


INPUTS = {
    "diffusion.binary.flip_step": Inputs(step, is_smooth=False, takes_halves=True, cases=(MANY_DRAWS,)),
    "diffusion.binary.replace_step": Inputs(step, is_smooth=False, takes_halves=True, cases=(MANY_DRAWS,)),
    "diffusion.binary.replacement_probability": Inputs(replacement_probability, rows={"t": 0}),
    "diffusion.binary.steps_to_mix": Inputs(steps_to_mix),
    "diffusion.binary.q_sample": Inputs(q_sample, is_smooth=False, takes_halves=True, cases=(MANY_DRAWS,)),
    "diffusion.binary.posterior": Inputs(posterior, rows=Y, is_smooth=False),
    "diffusion.binary.kl_loss": Inputs(
        kl_loss,
        rows={"logits": 0, "target_prob": 0},
        whole="mean",
        differentiable=("logits",),
        constants=("target_prob",),
    ),
    "diffusion.binary.training_loss": Inputs(training_loss, network=denoiser, cases=(MANY_DRAWS,)),
    "diffusion.binary.ancestral_step": Inputs(
        ancestral_step, is_smooth=False, network=denoiser, is_graphless=True, cases=(MANY_DRAWS,)
    ),
    "diffusion.samplers.ancestral_sample": Inputs(
        ancestral_sample,
        network=denoiser,
        options={"return_all": True},
        is_graphless=True,
        cases=(MANY_DRAWS,),
    ),
    "diffusion.binary.bits_per_pixel": Inputs(
        training_loss, network=denoiser, is_graphless=True, cases=(MANY_DRAWS,)
    ),
}
