"""What a call gives to its test, and what of it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.transport.wire import Frame


@dataclass(frozen=True)
class Reply:
    """The result of one call.

    Attributes:
        value: the returned value; its tensors have no graph.
        grads: gradient by argument name (of a module, by parameter name); None if the value does not depend on it.
        arguments: (args, kwargs) as they are after the call.
        drew: whether torch's global generator was advanced.
    """

    value: Any
    grads: Mapping[str, Any]
    arguments: tuple[tuple[Any, ...], dict[str, Any]]
    drew: bool


@dataclass(frozen=True)
class Exchange:
    """One request and its reply, as they crossed between the two sides.

    Attributes:
        request: what the test's side sent.
        reply: what came back.
        asked: the requests that the submission sent to the test's functions in between.
    """

    request: Frame
    reply: Frame
    asked: tuple[Frame, ...] = ()


class Handle:
    """A module on the submission's side, by its number there."""

    def __init__(self, number: int) -> None:
        self.number = number
