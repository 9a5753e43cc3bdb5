"""Which argument a submission's answers do not depend on: asked again with that one argument changed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch

from autograder.diagnosis.heard import Heard, alike, alike_values, hear
from autograder.diagnosis.replay import Conversation, Special, Understudy, named_arguments, with_argument
from autograder.transport.session import Exchange, Session
from autograder.transport.wire import Frame, tensors

BASES = 6  # calls that are asked again
VALUES = 3  # values of an argument that are taken from other calls
TIMES = 2  # how often an answer has to stay where it should move
CLEAR = 0.01  # part of the largest value by which a right answer has to move to count


def ignored_argument(
    calls: Sequence[tuple[Conversation, int]],
    reference: Understudy,
    opened: Callable[[], Session],
    names: Sequence[str],
) -> str:
    """The name of an argument that the right answer depends on and the submission's does not; "" for none.

    Args:
        calls: of one task: conversation and number of the exchange in it.
        reference: a stand-in that answers right.
        opened: opens a session with a fresh worker that holds the submission.
        names: of the function's parameters.
    """
    seen = _seen(calls, names)
    moved: set[str] = set()  # the submission's answer moved with it
    stayed: Counter[str] = Counter()  # how often the right answer did, and the submission's did not
    for conversation, number in _bases(calls, names):
        exchange = conversation.exchanges[number]
        right = hear(reference.ask(conversation, number, exchange.request))
        with asking(opened, conversation, number) as ask:
            before = ask(exchange.request)
            if before.error or not alike(before, hear(exchange, conversation.stand_ins)):
                continue  # who answers otherwise now tells nothing by staying or moving
            for name, frame in _variants(exchange.request, names, seen):
                if name in moved or not _moves(right, hear(reference.ask(conversation, number, frame))):
                    continue
                after = ask(frame)
                # The answer counts, not how far a generator moves.
                if alike(replace(before, drew=after.drew), after):
                    stayed[name] += 1
                else:
                    moved.add(name)
    found = [name for name in names if stayed[name] >= TIMES and name not in moved]
    return found[0] if found else ""


def _bases(
    calls: Sequence[tuple[Conversation, int]], names: Sequence[str]
) -> Iterator[tuple[Conversation, int]]:
    """A few calls in which each argument is given twice, if there are such."""
    counts: Counter[str] = Counter()
    bases = 0
    for conversation, number in calls:
        given = named_arguments(conversation.exchanges[number].request, names)
        if bases < BASES and any(counts[name] < TIMES for name in given):
            counts.update(given.keys())
            bases += 1
            yield conversation, number


@contextmanager
def asking(
    opened: Callable[[], Session], conversation: Conversation, number: int
) -> Iterator[Callable[[Frame], Heard]]:
    """Brings a fresh worker to where it was before an exchange, and gives a function that asks it from there."""
    session = opened()
    session.callbacks.functions = list(conversation.callbacks.functions)

    def ask(frame: Frame) -> Heard:
        try:
            reply = session.exchange(frame)
            return hear(Exchange(frame, reply, session.callbacks.asked()), conversation.stand_ins)
        finally:
            session.callbacks.forget()

    try:
        for exchange in conversation.exchanges[:number]:
            if exchange.request.header["op"] in ("create", "method"):
                session.exchange(exchange.request)
        yield ask
    finally:
        session.close()


def _moves(right: Heard, other: Heard) -> bool:
    """Whether the right answer is clearly another one where something else is asked."""
    return not other.error and not right.error and _clearly_other(right.value, other.value)


def _clearly_other(a: Any, b: Any) -> bool:
    pairs = list(zip(tensors(a), tensors(b), strict=False))
    if not pairs or len(tensors(a)) != len(tensors(b)) or any(x.shape != y.shape for x, y in pairs):
        return not alike_values(a, b)
    wide = [(x.detach().to(torch.float64), y.detach().to(torch.float64)) for x, y in pairs if x.numel()]
    return any(bool(((x - y).abs() > CLEAR * x.abs().nan_to_num().max()).any()) for x, y in wide)


def _seen(calls: Sequence[tuple[Conversation, int]], names: Sequence[str]) -> dict[str, list[Any]]:
    """Different values of each argument, over all calls."""
    seen: dict[str, list[Any]] = {}
    for conversation, number in calls[:200]:
        for name, value in named_arguments(conversation.exchanges[number].request, names).items():
            values = seen.setdefault(name, [])
            if len(values) < VALUES and not any(alike_values(value, other) for other in values):
                values.append(value)
    return seen


def _variants(
    request: Frame, names: Sequence[str], seen: dict[str, list[Any]]
) -> Iterator[tuple[str, Frame]]:
    """The same request with one argument changed, in several ways for each."""
    for name, value in named_arguments(request, names).items():
        if isinstance(value, Special):
            continue
        others: list[Any] = [*_nearby(value), *seen.get(name, ())]
        if isinstance(value, torch.Generator):
            seeds = (value.initial_seed() + step for step in (1, 2, 3))
            others = [torch.Generator().manual_seed(seed % 2**63) for seed in seeds]
        for other in others:
            fits = not isinstance(value, torch.Tensor) or (
                isinstance(other, torch.Tensor) and (other.shape, other.dtype) == (value.shape, value.dtype)
            )
            odd = isinstance(other, Special) or (
                isinstance(other, torch.Generator) and not isinstance(value, torch.Generator)
            )
            if fits and not odd:
                yield name, with_argument(request, names, name, other)


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
