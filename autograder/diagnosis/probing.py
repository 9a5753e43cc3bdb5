"""Which argument a submission's answers do not depend on: asked again with that one argument changed."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from autograder.diagnosis.heard import alike, alike_values, hear
from autograder.diagnosis.replay import (
    Conversation,
    Key,
    Special,
    Understudy,
    named_arguments,
    with_argument,
)
from autograder.errors import Stopped
from autograder.transport.session import Session
from autograder.transport.wire import Frame

BASES = 3  # calls that are asked again
VALUES = 3  # values of an argument that are taken from other calls


def ignored_argument(
    calls: Sequence[tuple[Conversation, int]],
    reference: Callable[[], Understudy],
    opened: Callable[[], Session],
    function: Callable[..., Any],
) -> str:
    """The name of an argument that the right answer depends on and the submission's does not; "" for none.

    Args:
        calls: of one task: conversation and number of the exchange in it.
        reference: makes a stand-in that answers right.
        opened: opens a session with a fresh worker that holds the submission.
        function: the reference's, for the names of its parameters.
    """
    seen = _seen(calls)
    moved: set[Key] = set()  # the submission's answer moved with it
    stayed: set[Key] = set()  # the right answer did, and the submission's did not
    for conversation, number in _bases(calls):
        request = conversation.exchanges[number].request
        session = opened()
        try:
            ask = _asker(session, conversation, number)
            before = hear(request, ask(request))
            for key, frame in _variants(request, seen):
                if key in moved or not _matters(reference(), conversation, number, frame):
                    continue
                (stayed if alike(before, hear(frame, ask(frame))) else moved).add(key)
        except Stopped:
            return ""
        finally:
            session.close()
    names = list(inspect.signature(function).parameters)
    found = [
        key if isinstance(key, str) else names[key]
        for key in stayed - moved
        if isinstance(key, str) or key < len(names)
    ]
    return min(found, key=names.index, default="")


def _bases(calls: Sequence[tuple[Conversation, int]]) -> Iterator[tuple[Conversation, int]]:
    """A few calls, each of another conversation as far as there are others."""
    firsts = {id(conversation): (conversation, number) for conversation, number in reversed(calls)}
    yield from list(reversed(firsts.values()))[:BASES]


def _asker(session: Session, conversation: Conversation, number: int) -> Callable[[Frame], Frame]:
    """Brings a fresh worker to where it was before an exchange."""
    session.callbacks.functions = list(conversation.callbacks.functions)

    def ask(frame: Frame) -> Frame:
        try:
            return session.exchange(frame)
        finally:
            session.callbacks.forget()

    for exchange in conversation.exchanges[:number]:
        if exchange.request.header["op"] != "call":
            ask(exchange.request)
    return ask


def _matters(reference: Understudy, conversation: Conversation, number: int, frame: Frame) -> bool:
    """Whether the right answer is another one if this is asked instead."""
    request = conversation.exchanges[number].request
    right, other = (hear(asked, reference.ask(conversation, number, asked)) for asked in (request, frame))
    return not other.error and not right.error and not alike(right, other)


def _seen(calls: Sequence[tuple[Conversation, int]]) -> dict[Key, list[Any]]:
    """Different values of each argument, over all calls."""
    seen: dict[Key, list[Any]] = {}
    for conversation, number in calls[:200]:
        for key, value in named_arguments(conversation.exchanges[number].request):
            values = seen.setdefault(key, [])
            if len(values) < VALUES and not any(alike_values(value, other) for other in values):
                values.append(value)
    return seen


def _variants(request: Frame, seen: dict[Key, list[Any]]) -> Iterator[tuple[Key, Frame]]:
    """The same request with one argument in several ways for each."""
    for key, value in named_arguments(request):
        if isinstance(value, Special):
            continue
        if isinstance(value, torch.Generator):
            yield key, with_argument(request, key, torch.Generator().manual_seed(value.initial_seed() + 1))
            continue
        for other in (*_nearby(value), *seen.get(key, ())):
            fits = not isinstance(value, torch.Tensor) or (
                isinstance(other, torch.Tensor) and other.shape == value.shape
            )
            if fits and not isinstance(other, Special | torch.Generator):
                yield key, with_argument(request, key, other)


def _nearby(value: Any) -> list[Any]:
    """Other values of the same kind, of which some will be allowed."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [0.5 * value, 2 * value + 0.1]
    if isinstance(value, torch.Tensor) and value.dim():
        plain = value.detach()
        if plain.dtype is torch.bool:
            return [~plain, plain.flip(-1)]
        if plain.is_floating_point():
            return [plain.flip(-1), plain.roll(1, 0), 0.5 * plain, -plain]
        return [plain + 1, plain - 1, plain.flip(-1)]
    return []
