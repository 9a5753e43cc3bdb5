"""Which argument a submission's answers do not depend on: asked again with that one argument changed."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from autograder.diagnosis.heard import Heard, alike, alike_values, hear
from autograder.diagnosis.replay import (
    Conversation,
    Key,
    Special,
    Understudy,
    named_arguments,
    with_argument,
)
from autograder.errors import Stopped
from autograder.transport.session import Exchange, Session
from autograder.transport.wire import Frame, tensors

BASES = 3  # calls that are asked again
VALUES = 3  # values of an argument that are taken from other calls
TIMES = 2  # how often an answer has to stay where it should move
CLEAR = 0.01  # part of the largest value by which a right answer has to move to count


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
    stayed: Counter[Key] = Counter()  # how often the right answer did, and the submission's did not
    for conversation, number in _bases(calls):
        request = conversation.exchanges[number].request
        session = opened()
        try:
            ask = _asker(session, conversation, number)
            before = ask(request)
            for key, frame in _variants(request, seen):
                if key in moved or not _matters(reference(), conversation, number, frame):
                    continue
                if alike(before, ask(frame)):
                    stayed[key] += 1
                else:
                    moved.add(key)
        except Stopped:
            return ""
        finally:
            session.close()
    names = list(inspect.signature(function).parameters)
    keys = [key for key, times in stayed.items() if times >= TIMES and key not in moved]
    found = [
        names[key] if isinstance(key, int) else key for key in keys if key in names or isinstance(key, int)
    ]
    return min(found, key=names.index, default="")


def _bases(calls: Sequence[tuple[Conversation, int]]) -> Iterator[tuple[Conversation, int]]:
    """A few calls, each of another conversation as far as there are others."""
    firsts = {id(conversation): (conversation, number) for conversation, number in reversed(calls)}
    yield from list(reversed(firsts.values()))[:BASES]


def _asker(session: Session, conversation: Conversation, number: int) -> Callable[[Frame], Heard]:
    """Brings a fresh worker to where it was before an exchange, and asks it from there."""
    session.callbacks.functions = list(conversation.callbacks.functions)

    def ask(frame: Frame) -> Heard:
        try:
            reply = session.exchange(frame)
            return hear(Exchange(frame, reply, session.callbacks.asked()), conversation.stand_ins)
        finally:
            session.callbacks.forget()

    for exchange in conversation.exchanges[:number]:
        if exchange.request.header["op"] in ("create", "method"):
            session.exchange(exchange.request)
    return ask


def _matters(reference: Understudy, conversation: Conversation, number: int, frame: Frame) -> bool:
    """Whether the right answer is clearly another one if this is asked instead."""
    request = conversation.exchanges[number].request
    right, other = (hear(reference.ask(conversation, number, asked)) for asked in (request, frame))
    return not other.error and not right.error and _clearly_other(right.value, other.value)


def _clearly_other(a: Any, b: Any) -> bool:
    pairs = list(zip(tensors(a), tensors(b), strict=False))
    if not pairs or len(tensors(a)) != len(tensors(b)) or any(x.shape != y.shape for x, y in pairs):
        return not alike_values(a, b)
    wide = [(x.detach().to(torch.float64), y.detach().to(torch.float64)) for x, y in pairs if x.numel()]
    return any(bool(((x - y).abs() > CLEAR * x.abs().nan_to_num().max()).any()) for x, y in wide)


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
            for seed in range(1, 4):
                other = torch.Generator().manual_seed((value.initial_seed() + seed) % 2**63)
                yield key, with_argument(request, key, other)
            continue
        for other in (*_nearby(value), *seen.get(key, ())):
            fits = not isinstance(value, torch.Tensor) or (
                isinstance(other, torch.Tensor) and (other.shape, other.dtype) == (value.shape, value.dtype)
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
