"""Gradients that cross between test and submission: vector-Jacobian products of plain values."""

from typing import Any

import torch

from autograder.transport.wire import tensors


def weighted_sum(outputs: list[torch.Tensor], weights: list[torch.Tensor]) -> torch.Tensor:
    """The scalar whose gradient is the vector-Jacobian product of `outputs` with `weights`.

    If autograd itself got the weights, it would first import a symbolic-shape library of hundreds of modules.
    """
    with torch.enable_grad():  # a backward pass runs without gradients, and may start another one
        parts = [
            (output * weight).sum().to(torch.float64) for output, weight in zip(outputs, weights, strict=True)
        ]
        return torch.stack(parts).sum()


def gradients(value: Any, inputs: dict[str, Any], cotangent: Any) -> dict[str, Any]:
    """The gradient of sum(value * cotangent) with respect to each input; None if the value does not depend on it."""
    outputs = tensors(value)
    weights = tensors(cotangent) if cotangent is not None else [torch.ones_like(output) for output in outputs]
    if [output.shape for output in outputs] != [weight.shape for weight in weights]:
        weights = outputs = []  # the value is not what the test expects, and the test will report it
    pairs = [(o, w) for o, w in zip(outputs, weights, strict=True) if o.requires_grad]
    leaves = tensors(inputs)
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    found: tuple[torch.Tensor | None, ...] = (None,) * len(wanted)
    if pairs and wanted:
        total = weighted_sum([output for output, _ in pairs], [weight for _, weight in pairs])
        found = torch.autograd.grad(total, wanted, allow_unused=True)
    by_id = {id(leaf): gradient for leaf, gradient in zip(wanted, found, strict=True)}

    def answer(item: Any) -> Any:
        if isinstance(item, dict):
            return {name: answer(part) for name, part in item.items()}
        return by_id.get(id(item))

    return {name: answer(item) for name, item in inputs.items()}
