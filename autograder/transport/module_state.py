"""What a call may not change in a network that it was given: its weights, mode, hooks, and what gets a gradient."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from autograder.transport.identical import identical

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def _tensors(values: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    return [value.detach().clone() for value in values]


def _buffers(module: nn.Module) -> list[torch.Tensor]:
    """Buffers of the parts in evaluation mode: BatchNorm updates its own in training mode."""
    return _tensors(
        buffer for part in module.modules() if not part.training for buffer in part.buffers(recurse=False)
    )


_FACTS: Mapping[str, Callable[[nn.Module], Any]] = {
    "the mode of the network (training or evaluation)": lambda m: [part.training for part in m.modules()],
    "the `requires_grad` of the network's parameters": lambda m: [p.requires_grad for p in m.parameters()],
    "the `grad` of the network's parameters": lambda m: [p.grad is None for p in m.parameters()],
    "the hooks of the network": lambda m: [
        len(getattr(part, kind)) for part in m.modules() for kind in _HOOKS
    ],
    "the parameters of the network": lambda m: _tensors(m.parameters()),
    "the buffers of the network": _buffers,
}
NAMES = tuple(_FACTS)


class ModuleState:
    """The networks among the arguments of a call as they were when this object was made."""

    def __init__(self, values: Iterable[Any]) -> None:
        self._modules = [value for value in values if isinstance(value, nn.Module)]
        self._before = self._facts()

    @property
    def is_training(self) -> bool:
        """Whether a part of a network is in training mode, in which dropout may draw random numbers."""
        return any(part.training for module in self._modules for part in module.modules())

    def changed(self) -> list[str]:
        """The names of what has changed."""
        return [
            name
            for name, facts in self._facts().items()
            if not all(map(_equal, facts, self._before[name])) or len(facts) != len(self._before[name])
        ]

    def _facts(self) -> dict[str, list[Any]]:
        return {
            name: [fact for module in self._modules for fact in read(module)] for name, read in _FACTS.items()
        }


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return identical(a, b)
    return bool(a == b)
