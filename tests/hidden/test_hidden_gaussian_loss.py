"""Gaussian diffusion, question 2c: the predictions and the loss."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

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
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_predict_x_0_undoes_the_noise(hw, dtype):
    """At every time, for images with any memory layout; both arguments get gradients."""
    t = torch.arange(1, LAST + 1)
    x_0, noise = normal(hw, LAST, 3, 2, dtype=dtype).transpose(1, 2), normal(hw, LAST, 2, 3, dtype=dtype)
    ask = hw("diffusion.gaussian.predict_x_0").ask
    x_t = oracle.noised(x_0, t, noise, ALPHAS_CUMPROD)
    reply = ask(x_t=x_t, eps_hat=noise, t=t, alphas_cumprod=ALPHAS_CUMPROD, grad_of=("x_t", "eps_hat"))
    assert_close(reply.value, x_0, atol=1e-5 if dtype == torch.float32 else None, hint="Solve for x_0.")
    slope = column(1 / ALPHAS_CUMPROD[t].sqrt(), x_0).expand_as(x_0)
    assert_gradient(reply.grads["x_t"], slope, hint="The result is linear in x_t.")
    hint = "The result is linear in eps_hat."
    assert_gradient(reply.grads["eps_hat"], -slope * column((1 - ALPHAS_CUMPROD[t]).sqrt(), x_0), hint=hint)


@pytest.mark.task("diffusion.gaussian.predict_x_0")
def test_predict_x_0_at_one_time(hw):
    """With an int t, for data with any number of axes."""
    predict = hw("diffusion.gaussian.predict_x_0")
    for shape in ((3,), (2, 5), (2, 3, 5, 7)):
        x_0, noise = normal(hw, *shape), normal(hw, *shape)
        hint = "Solve for x_0."
        assert_close(
            predict(oracle.noised(x_0, LAST, noise, ALPHAS_CUMPROD), noise, LAST, ALPHAS_CUMPROD),
            x_0,
            hint=hint,
        )


@pytest.mark.task("diffusion.gaussian.predict_x_0")
def test_predict_x_0_after_tiny_steps(hw):
    """Tiny amounts of noise stay precise for single-precision data."""
    alphas_cumprod = oracle.cumulative_alphas(torch.tensor([0, 1e-6, 3e-6], dtype=torch.float64))
    t, noise = torch.tensor([1, 2]), normal(hw, 2, 5, dtype=torch.float32)
    got = hw("diffusion.gaussian.predict_x_0")(torch.zeros(2, 5), noise, t, alphas_cumprod)
    expected = -column(((1 - alphas_cumprod[t]) / alphas_cumprod[t]).sqrt(), noise.double()) * noise
    hint = "At first 1 - alphas_cumprod is tiny. In which dtype do you compute it?"
    assert_close(got, expected.float(), hint=hint)


@pytest.mark.task("diffusion.gaussian.predict_noise")
def test_predict_noise_after_tiny_steps(hw):
    """Tiny amounts of noise stay precise for single-precision data."""
    alphas_cumprod = oracle.cumulative_alphas(torch.tensor([0, 1e-6, 3e-6], dtype=torch.float64))
    t, noise = torch.tensor([1, 2]), normal(hw, 2, 5, dtype=torch.float32)
    x_t = (column((1 - alphas_cumprod[t]).sqrt(), noise.double()) * noise).float()
    got = hw("diffusion.gaussian.predict_noise")(x_t, torch.zeros(2, 5), t, alphas_cumprod)
    hint = "At first 1 - alphas_cumprod is tiny. In which dtype do you compute it?"
    assert_close(got, noise, hint=hint)


@pytest.mark.task("diffusion.gaussian.predict_noise")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_predict_noise_undoes_the_data(hw, dtype):
    """At every time, for images with any memory layout; both arguments get gradients."""
    t = torch.arange(1, LAST + 1)
    x_0, noise = normal(hw, LAST, 3, 2, dtype=dtype).transpose(1, 2), normal(hw, LAST, 2, 3, dtype=dtype)
    ask = hw("diffusion.gaussian.predict_noise").ask
    reply = ask(
        x_t=oracle.noised(x_0, t, noise, ALPHAS_CUMPROD),
        x_0=x_0,
        t=t,
        alphas_cumprod=ALPHAS_CUMPROD,
        grad_of=("x_t", "x_0"),
    )
    assert_close(
        reply.value, noise, atol=1e-5 if dtype == torch.float32 else None, hint="Solve for the noise."
    )
    slope = column(1 / (1 - ALPHAS_CUMPROD[t]).sqrt(), x_0).expand_as(x_0)
    assert_gradient(reply.grads["x_t"], slope, hint="The result is linear in x_t.")
    hint = "The result is linear in x_0."
    assert_gradient(reply.grads["x_0"], -slope * column(ALPHAS_CUMPROD[t].sqrt(), x_0), hint=hint)


@pytest.mark.task("diffusion.gaussian.predict_noise")
def test_predictions_are_each_other_s_inverse(hw):
    """For any data, noise and time, the result is the noise in x_t."""

    @given(st.integers(1, LAST), st.floats(-5, 5), st.floats(-5, 5))
    def check(t, data, noise):
        x_0, eps = (
            torch.full((2, 1), data, dtype=torch.float64),
            torch.full((2, 1), noise, dtype=torch.float64),
        )
        got = hw("diffusion.gaussian.predict_noise")(
            oracle.noised(x_0, t, eps, ALPHAS_CUMPROD), x_0, t, ALPHAS_CUMPROD
        )
        assert_close(got, eps, atol=1e-9, hint="Solve for the noise.")

    check()


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_loss_and_its_gradient(hw, dtype):
    """The value and the gradient for a network with one weight, for every draw."""

    class Scaled(torch.nn.Module):
        """eps_hat = weight * x_t. Records its inputs; the test computes the noise from them."""

        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor(0.3, dtype=dtype))
            self.recorder = Recorder(lambda x, t: self.weight * x, LAST)

        def forward(self, x, t):
            return self.recorder(x, t)

    network, x_0 = Scaled(), normal(hw, 4, 3, 2, dtype=dtype)
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
    assert_tensor(network.recorder.inputs[0], shape=(4, 3, 2), dtype=dtype, what="the network's x_t")
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


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
def test_noise_of_the_loss_is_standard_normal(hw):
    """The noise has mean 0 and variance 1, and is independent between dimensions and samples and of the time."""
    t, noise = draws(hw)
    hint = "Draw standard normal noise with the shape of the data."
    assert_mean(noise, 0.0, 1.0, hint=hint, what="the mean of the noise")
    assert_mean(noise**2, 1.0, math.sqrt(2), hint=hint, what="the variance of the noise")
    assert_mean(noise[:, 0] * noise[:, 1], 0.0, 1.0, hint=hint, what="the covariance of two dimensions")
    assert_mean(noise[0::2] * noise[1::2], 0.0, 1.0, hint=hint, what="the covariance of two samples")
    early = (t <= 2).double()[:, None] - 0.4  # mean 0, standard deviation sqrt(.4 * .6)
    assert_mean(noise * early, 0.0, math.sqrt(0.24), hint=hint, what="the covariance of noise and time")


@pytest.mark.task("diffusion.gaussian.noise_prediction_loss")
def test_loss_follows_its_generator(hw):
    """The same seed gives the same draw, another seed another one, and the generator state advances."""
    (t, noise), (same_t, same_noise), (_, other) = draws(hw, 1), draws(hw, 1), draws(hw, 2)
    hint = "Pass the generator to every function that draws, and do not set a seed yourself."
    assert_true(torch.equal(t, same_t), "the same seed gives other times", hint=hint)
    assert_true(torch.equal(noise, same_noise), "the same seed gives other noise", hint=hint)
    assert_true(not torch.allclose(noise, other), "another seed gives the same noise", hint=hint)
    generator, network = hw.generator(), Recorder(lambda x, t: torch.zeros_like(x), LAST)
    for _ in range(2):
        hw("diffusion.gaussian.noise_prediction_loss")(
            network, torch.zeros(50, 3), ALPHAS_CUMPROD, generator=generator
        )
    first, second = (
        x / column((1 - ALPHAS_CUMPROD[t]).sqrt(), x)
        for x, t in zip(network.inputs, network.times, strict=True)
    )
    assert_true(not torch.allclose(first, second), "two batches in a row have the same noise", hint=hint)
    assert_true(not torch.equal(*network.times), "two batches in a row have the same times", hint=hint)
