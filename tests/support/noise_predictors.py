"""Stand-ins for a trained network: they check how they are called and keep what they were called with."""

from collections.abc import Callable

import torch
from torch import Tensor

from tests.support.compare import assert_tensor, assert_true


class Watched:
    """A noise predictor that is watched.

    Args:
        predict: maps x_t and t (Long[B]) to the predicted noise.
        last: T, the largest time there is.
    """

    def __init__(self, predict: Callable[[Tensor, Tensor], Tensor], last: int) -> None:
        self.predict = predict
        self.last = last
        self.inputs: list[Tensor] = []
        self.times: list[Tensor] = []

    def __call__(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Refuses a t that no network could use."""
        assert_tensor(x_t, finite=True, what="what the network is given to denoise")
        hint = "The network is told one time for each sample: network(x_t, t) with t Long[B]."
        assert_tensor(t, shape=(len(x_t),), dtype=torch.int64, what="the network's t", hint=hint)
        inside = bool((t >= 1).all() and (t <= self.last).all())
        assert_true(
            inside, "the network is asked for a time outside 1..T", hint="Time is 1-based; 0 is clean data."
        )
        self.inputs.append(x_t.detach().clone())
        self.times.append(t.clone())
        return self.predict(x_t, t)


def column(values: Tensor, x: Tensor) -> Tensor:
    """Float[B] as Float[B, 1, ...], to be multiplied with x."""
    return values.view(-1, *(1,) * (x.ndim - 1)).to(x.dtype)
