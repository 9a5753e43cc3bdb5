"""Compares the arguments of a call before and after it: no function of the submission may change one in place."""

from collections.abc import Mapping
from typing import Any

import torch

from autograder.errors import WrongAnswer
from autograder.transport.wire import tensors

Arguments = tuple[tuple[Any, ...], Mapping[str, Any]]
"""The positional arguments and the keyword arguments of a call."""


def check_unchanged(before: Arguments, after: Arguments) -> None:
    """Checks the arguments of a call, and sets each generator to the state in which the call left it.

    Raises:
        WrongAnswer: the call changed an argument in place.
    """
    names = [f"argument {i + 1}" for i in range(len(before[0]))] + [f"`{name}`" for name in before[1]]
    pairs = zip(names, (*before[0], *before[1].values()), (*after[0], *after[1].values()), strict=True)
    for name, sent, returned in pairs:
        _restore_generator(sent, returned)
        if _changed(sent, returned):
            raise WrongAnswer(
                f"the code changes {name} in place; its caller still needs the old values",
                hint="Work on a new tensor: methods that end in `_`, `+=` and `x[...] = ` write into the old one.",
                failure="argument changed in place",
            )


def _restore_generator(sent: Any, returned: Any) -> None:
    """Gives a generator that the test passed the state in which the call left it."""
    if isinstance(sent, torch.Generator) and isinstance(returned, torch.Generator):
        sent.set_state(returned.get_state())


def _changed(sent: Any, returned: Any) -> bool:
    mine, theirs = tensors(sent), tensors(returned)
    return len(mine) != len(theirs) or any(not identical(a, b) for a, b in zip(mine, theirs, strict=True))


def identical(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors are equal bit for bit, in shape, dtype and values, NaN included."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    a = a.detach().cpu()
    return torch.equal(a.contiguous().view(-1).view(torch.uint8), b.contiguous().view(-1).view(torch.uint8))
