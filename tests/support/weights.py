"""Checks the weights that a training run returned, before they are used."""

from typing import Any

import torch
from torch import nn

from tests.support.compare import assert_true


def load_weights(network: nn.Module, weights: Any, *, hint: str = "") -> None:
    """Loads returned weights into a network of the test. Fails the test if they do not fit or are not finite."""
    __tracebackhide__ = True
    plain = isinstance(weights, dict) and all(isinstance(value, torch.Tensor) for value in weights.values())
    assert_true(plain, "the training run did not return a dictionary of tensors", hint=hint, failure="type")
    expected = {name: (value.shape, value.dtype) for name, value in network.state_dict().items()}
    found = {name: (value.shape, value.dtype) for name, value in weights.items()}
    text = "the names, shapes or dtypes of the weights differ from those of the network of the homework"
    assert_true(found == expected, text, hint=hint, failure="shape")
    finite = all(bool(torch.isfinite(value).all()) for value in weights.values())
    assert_true(finite, "the trained weights are not all finite", hint=hint, failure="not finite")
    network.load_state_dict(weights)
