"""Gaussian diffusion, question 2c: the predictions and the loss."""

import pytest
import torch

from tests.oracles import gaussian as oracle
from tests.support.compare import (
    assert_close,
    assert_frequency,
    assert_gradient,
    assert_mean,
    assert_tensor,
    assert_true,
)
from tests.support.noise_predictors import Recorder, column

BETAS = torch.tensor([0.0, 0.3, 0.05, 0.5, 0.2, 0.4], dtype=torch.float64)
ALPHAS_CUMPROD = oracle.cumulative_alphas(BETAS)
LAST = 5


def normal(hw, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=hw.generator(), dtype=dtype)


@pytest.mark.task("diffusion.gaussian.predict_x_0")
def test_predict_x_0_after_tiny_steps(hw):
    """Tiny amounts of noise stay precise for single-precision data."""
    alphas_cumprod = oracle.cumulative_alphas(torch.tensor([0, 1e-6, 3e-6], dtype=torch.float64))
    t, noise = torch.tensor([1, 2]), normal(hw, 2, 5, dtype=torch.float32)
    got = hw("diffusion.gaussian.predict_x_0")(torch.zeros(2, 5), noise, t, alphas_cumprod)
    expected = -column(((1 - alphas_cumprod[t]) / alphas_cumprod[t]).sqrt(), noise.double()) * noise
    hint = "At first 1 - alphas_cumprod is tiny. In which dtype do you compute it?"
    assert_close(got, expected.float(), hint=hint)


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
@pytest.mark.parametrize(
    ("dtype", "shape", "scale"), [(torch.float64, (210, 1, 105), 100.0), (torch.float32, (4, 3, 2), 1.0)]
)
def test_loss_and_its_gradient(hw, dtype, shape, scale):
    """The value and the gradient for a network with one weight, for every draw, and for many large samples."""

    class Scaled(torch.nn.Module):
        """eps_hat = weight * x_t. Records its inputs; the test computes the noise from them."""

        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor(0.3, dtype=dtype))
            self.recorder = Recorder(lambda x, t: self.weight * x, LAST)

        def forward(self, x, t):
            return self.recorder(x, t)

    network, x_0 = Scaled(), scale * normal(hw, *shape, dtype=dtype)
    ask = hw("diffusion.gaussian.noise_prediction_loss").ask
    reply = ask(
        network=network,
        x_0=x_0,
        alphas_cumprod=ALPHAS_CUMPROD,
        generator=hw.generator(),
        grad_of=("network",),
    )
    hint = "One batch needs one call."
    assert_true(len(network.recorder.times) == 1, "the network is not called exactly once", hint=hint)
    x_t, t = network.recorder.inputs[0].double(), network.recorder.times[0]
    assert_tensor(network.recorder.inputs[0], shape=shape, dtype=dtype, what="the network's x_t")
    noise = (x_t - column(ALPHAS_CUMPROD[t].sqrt(), x_t) * x_0.double()) / column(
        (1 - ALPHAS_CUMPROD[t]).sqrt(), x_t
    )
    error = 0.3 * x_t - noise
    precise = {"rtol": 1e-8 if dtype == torch.float64 else 1e-4}
    hint = "Take the mean of the squares over all elements."
    assert_close(reply.value, error.square().mean().to(dtype), hint=hint, **precise)
    expected = (2 * error * x_t).mean().to(dtype)
    assert_gradient(network.weight.grad, expected, hint="Do not detach anything here.", **precise)


def draws(hw, seed_of=None):
    """x_t, t and the noise of one large batch of a two-dimensional data set."""
    network, x_0 = (
        Recorder(lambda x, t: torch.zeros_like(x), LAST),
        torch.tensor([[1.0, -2.0]]).double().expand(4000, 2),
    )
    generator = hw.generator() if seed_of is None else torch.Generator().manual_seed(seed_of)
    hw("diffusion.gaussian.noise_prediction_loss")(
        network, x_0.contiguous(), ALPHAS_CUMPROD, generator=generator
    )
    assert_true(
        len(network.times) == 1, "the network is not called exactly once", hint="One batch needs one call."
    )
    x_t, t = network.inputs[0], network.times[0]
    return t, (x_t - column(ALPHAS_CUMPROD[t].sqrt(), x_t) * x_0) / column(
        (1 - ALPHAS_CUMPROD[t]).sqrt(), x_t
    )


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
def test_times_of_the_loss_are_uniform(hw):
    """Every time from 1 to T is equally likely, independently for each sample."""
    t, _ = draws(hw)
    hint = "The time is uniform on 1..T, both ends included, with one draw for each sample."
    assert_frequency(
        t.bincount(minlength=LAST + 1)[1:], len(t), 1 / LAST, hint=hint, what="the share of a time"
    )
    equal = (t[0::2] == t[1::2]).sum()
    assert_frequency(equal, len(t) // 2, 1 / LAST, hint=hint, what="the share of neighbours with equal times")
    centred, half = t.double() - 3, len(t) // 2  # mean 0, variance 2
    mirrored = {
        "neighbours": centred[0::2] * centred[1::2],
        "a sample and the one half a batch later": centred[:half] * centred[half:],
        "a sample and the one after that": centred[: half - 1] * centred[half + 1 :],
    }
    for name, products in mirrored.items():
        assert_mean(products, 0.0, 2.0, hint=hint, what=f"the covariance of the times of {name}")
