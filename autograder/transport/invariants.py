"""What holds for every call of a function of the submission, whatever the function computes.

A call changes no argument, returns nothing that shares memory with one, and leaves every global setting and every
network as it was. The submission's side watches settings and networks, the test's side looks at what comes back.
"""

import inspect
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import torch

from autograder.errors import WireError, WrongAnswer
from autograder.transport import global_state, module_state
from autograder.transport.identical import identical
from autograder.transport.wire import tensors

Arguments = tuple[tuple[Any, ...], Mapping[str, Any]]
"""The positional arguments and the keyword arguments of a call."""

_NAMES = (*global_state.NAMES, *module_state.NAMES)
_HINTS = {
    "the gradient mode": "A `with` block of `torch.no_grad` ends by itself; `torch.set_grad_enabled` does not.",
    "torch's default dtype": "Give `dtype=` to the functions that make tensors.",
    "torch's default device": "Give `device=` to the functions that make tensors.",
    global_state.TORCH_GENERATOR: "Random numbers come from `generator`; nothing else is seeded.",
    "NumPy's random generator": "Random numbers come from torch, by `generator`.",
    "Python's random generator": "Random numbers come from torch, by `generator`.",
    "the mode of the network (training or evaluation)": "The caller chooses the mode. Who needs another one?",
    "the hooks of the network": "A hook stays until its handle's `remove` is called.",
}
_HINT = "Its caller goes on with it. Is a change needed at all, and what puts it back?"


class Watch:
    """Notes during one call what it leaves changed, and puts global settings back.

    Args:
        function: that is called.
        args: by position.
        kwargs: by name.

    Attributes:
        left: the names of what has changed.
        drew: whether torch's global generator was advanced.
    """

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        self.left: list[str] = []
        self.drew = False
        self._networks = module_state.ModuleState((function, *args, *kwargs.values()))
        is_random = isinstance(function, type) or self._networks.is_training
        self._may_draw = is_random or _draws_from_the_global_generator(function, args, kwargs)

    def __enter__(self) -> "Watch":
        self._globals = global_state.GlobalState()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.left = [*self._globals.restore(), *self._networks.changed()]
        self.drew = global_state.TORCH_GENERATOR in self.left
        if self.drew and self._may_draw:
            self.left.remove(global_state.TORCH_GENERATOR)


def _draws_from_the_global_generator(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> bool:
    """Whether the function takes a generator and is given none."""
    try:
        signature = inspect.signature(function)
        given = signature.bind(*args, **kwargs)
    except (TypeError, ValueError):  # the call will raise, too
        return False
    given.apply_defaults()
    return given.arguments.get("generator", "none is taken") is None


def check(before: Arguments, after: Arguments, value: Any, left: Any) -> None:
    """Checks a call, and sets each generator among its arguments to the state in which the call left it.

    Args:
        before: the arguments of the call.
        after: the same after the call, as they came back together with the value.
        value: what was returned.
        left: the names of what the call has left changed, as the submission's side tells.

    Raises:
        WrongAnswer: something does not hold.
        WireError: no such thing can be left changed.
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
        if shares_memory(value, returned):
            raise WrongAnswer(
                f"the result shares memory with {name}: who writes into one of them changes the other",
                hint="Slices, `view`, `expand` and `x` itself share memory. When does the code return one of them?",
                failure="shares memory",
            )
    check_left(left)


def check_left(left: Any) -> None:
    """Checks what a call has left changed.

    Raises:
        WrongAnswer: it has changed something.
        WireError: no such thing can be left changed.
    """
    if not isinstance(left, list) or any(name not in _NAMES for name in left):
        raise WireError("something is left changed that cannot be")
    for name in left:
        raise WrongAnswer(
            f"the code changes {name}, and leaves it so for everything that runs afterwards",
            hint=_HINTS.get(name, _HINT),
            failure="global state",
        )


def shares_memory(a: Any, b: Any) -> bool:
    """Whether a tensor of one value is in the same storage as a tensor of another one."""
    mine, theirs = (
        {tensor.untyped_storage().data_ptr() for tensor in tensors(value) if tensor.numel()}
        for value in (a, b)
    )
    return not mine.isdisjoint(theirs)


def _restore_generator(sent: Any, returned: Any) -> None:
    """Gives a generator that the test passed the state in which the call left it."""
    if isinstance(sent, torch.Generator) and isinstance(returned, torch.Generator):
        sent.set_state(returned.get_state())


def _changed(sent: Any, returned: Any) -> bool:
    mine, theirs = tensors(sent), tensors(returned)
    return len(mine) != len(theirs) or any(not identical(a, b) for a, b in zip(mine, theirs, strict=True))
