"""Coin-flip diffusion, question 1e: the loss and its random draws, compared with enumeration."""

import math

import pytest
import torch

from tests.oracles import coin_flip as oracle
from tests.support.coins import assert_independent, assert_pixels, coins
from tests.support.compare import (
    assert_close,
    assert_frequency,
    assert_gradient,
    assert_tensor,
    assert_true,
)
from tests.support.noise_predictors import Recorder


class ParametricNetwork(torch.nn.Module):
    """A network for images of one shape [B, ...]: one logit for each time and pixel, and one weight for its input."""

    def __init__(self, num_steps, shape, generator):
        super().__init__()
        self.shape = shape
        self.table = torch.nn.Parameter(torch.randn(num_steps, math.prod(shape[1:]), generator=generator))
        self.slope = torch.nn.Parameter(torch.tensor(0.3))
        self.seen = []

    def forward(self, y_t, t):
        assert_tensor(y_t, shape=self.shape, what="the input of the network")
        hint = "The network gets one time in 1..T for each image."
        assert_tensor(t, shape=self.shape[:1], dtype=torch.int64, what="the network's t", hint=hint)
        inside = bool(((t >= 1) & (t <= len(self.table))).all())
        assert_true(inside, "the network is called with a time outside 1..T", hint=hint)
        self.seen.append((y_t.detach().clone(), t.clone()))
        return self.table[t - 1].view_as(y_t) + self.slope * y_t


@pytest.mark.task("diffusion.binary.kl_loss")
def test_kl_is_zero_at_its_target_only(hw):
    """The loss is 0 if Q = P, and grows with the square of a small difference."""
    p = torch.tensor([[0.1, 0.5, 0.8]], dtype=torch.float64)
    right = torch.log(p / (1 - p))
    kl_loss = hw("diffusion.binary.kl_loss")
    assert_close(kl_loss(right, p), torch.tensor(0.0, dtype=torch.float64), atol=1e-12)
    near = right + 0.01
    expected = torch.tensor(oracle.kl_loss(near, p), dtype=torch.float64)
    assert_close(
        kl_loss(near, p), expected, rtol=1e-6, hint="KL is not the cross-entropy. What must be subtracted?"
    )


@pytest.mark.task("diffusion.binary.training_loss")
@pytest.mark.parametrize(
    ("delta", "dtype", "shape"), [(0.05, torch.float32, (7, 2, 3)), (0.3, torch.float64, (205, 1, 103))]
)
def test_training_loss_of_what_the_network_saw(hw, delta, dtype, shape):
    """The loss and its gradient belong to the noisy images and times that the network gets."""
    y_0 = coins(shape, hw.generator(), dtype)
    network = ParametricNetwork(5, shape, hw.generator()).to(dtype)
    reply = hw("diffusion.binary.training_loss").ask(
        network=network,
        y_0=y_0,
        num_steps=5,
        delta=delta,
        generator=hw.generator(),
        grad_of=("network",),
    )
    assert_true(len(network.seen) == 1, "the network is not called exactly once")
    y_t, t = network.seen[0]
    assert_pixels(y_t, y_0, what="the input of the network")
    target = oracle.posterior(y_t, y_0, t, delta)
    logits = (network.table[t - 1].view_as(y_t) + network.slope * y_t).detach()
    hint = "The target needs the same Y_t and the same t as the network."
    assert_close(reply.value, torch.tensor(oracle.kl_loss(logits, target), dtype=dtype), hint=hint)
    off = (torch.sigmoid(logits) - target) / len(y_0)
    table = torch.zeros_like(network.table).index_add_(0, t - 1, off.flatten(1))
    assert_gradient(network.table.grad, table, what="the gradient of the network", atol=1e-6)
    assert_gradient(network.slope.grad, (off * y_t).sum(), what="the gradient of the network", atol=1e-6)


@pytest.mark.task("diffusion.binary.training_loss")
def test_training_noise_has_the_law_of_its_time(hw):
    """Images flip as often as their time requires. Every pixel of every image has its own coins."""
    network = Recorder(lambda y_t, t: y_t, last=3)
    y_0 = torch.cat([torch.ones(3000, 4), -torch.ones(3000, 4)])[
        torch.randperm(6000, generator=hw.generator())
    ]
    hw("diffusion.binary.training_loss")(network, y_0, 3, 0.15, generator=hw.generator())
    assert_true(len(network.times) == 1, "the network is not called exactly once")
    y_t, t = network.inputs[0], network.times[0]
    assert_pixels(y_t, y_0, what="the input of the network")
    assert_frequency(t.bincount(minlength=4)[1:], 6000, 1 / 3, what="how often a time is drawn")
    for step in (1, 2, 3):
        flips = (y_t != y_0)[t == step]
        expected = oracle.flip_probability(step, 0.15)
        hint = "The network gets Y_t, not Y_1 and not Y_0."
        assert_frequency(flips.sum(), flips.numel(), expected, hint=hint, what="flips")
        assert_independent(flips[: len(flips) // 2 * 2], expected)
    same = t[0::2] == t[1::2]
    hint = "Draw one time for each image."
    assert_frequency(same.sum(), 3000, 1 / 3, hint=hint, what="how often two images share a time")
