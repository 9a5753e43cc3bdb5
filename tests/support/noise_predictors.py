"""Test networks that replace a trained network. They check their arguments and record them."""

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.testing.homework import Homework
from tests.support.cases import Arguments, Draw
from tests.support.compare import assert_tensor, assert_true


class Recorder:
    """A noise predictor that checks and records its calls.

    Args:
        predict: maps x_t and t (Long[B]) to the predicted noise.
        last: T, the largest time.
    """

    def __init__(self, predict: Callable[[Tensor, Tensor], Tensor], last: int) -> None:
        self.predict = predict
        self.last = last
        self.inputs: list[Tensor] = []
        self.times: list[Tensor] = []

    def __call__(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Fails the test if t is not a valid time for each sample."""
        assert_tensor(x_t, finite=True, what="the network's x_t")
        hint = "The network gets one time for each sample: network(x_t, t) with t Long[B]."
        assert_tensor(t, shape=(len(x_t),), dtype=torch.int64, what="the network's t", hint=hint)
        inside = bool((t >= 1).all() and (t <= self.last).all())
        assert_true(
            inside,
            "the network is called with a time outside 1..T",
            hint="Times start at 1; time 0 is clean data.",
        )
        self.inputs.append(x_t.detach().clone())
        self.times.append(t.clone())
        return self.predict(x_t, t)


def column(values: Tensor, x: Tensor) -> Tensor:
    """Reshapes Float[B] to Float[B, 1, ...], so that it can be multiplied with x."""
    return values.view(-1, *(1,) * (x.ndim - 1)).to(x.dtype)


def denoiser(hw: Homework, draw: Draw) -> Arguments:
    """The given network, untrained, as the argument `network` for data of one axis after the batch."""
    return {"network": hw.module("given.networks.mlp.DenoisingMLP", draw.shape[1], 8, 1)}
