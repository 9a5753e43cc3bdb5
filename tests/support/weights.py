"""Weights that a training run has returned: looked at before they are put to use."""

from typing import Any

import torch
from torch import nn

from tests.support.compare import assert_true


def load_weights(network: nn.Module, weights: Any, *, hint: str = "") -> None:
    """Puts returned weights into a network of the test's own; fails the test if they do not fit or are not finite."""
    __tracebackhide__ = True
    plain = isinstance(weights, dict) and all(isinstance(value, torch.Tensor) for value in weights.values())
    assert_true(plain, "the training run returned no dictionary of tensors", hint=hint, failure="type")
    due = {name: (value.shape, value.dtype) for name, value in network.state_dict().items()}
    found = {name: (value.shape, value.dtype) for name, value in weights.items()}
    text = "the weights have other names, shapes or dtypes than the network of the homework"
    assert_true(found == due, text, hint=hint, failure="shape")
    finite = all(bool(torch.isfinite(value).all()) for value in weights.values())
    assert_true(finite, "the trained weights are not all finite", hint=hint, failure="not finite")
    network.load_state_dict(weights)
