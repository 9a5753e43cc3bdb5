"""Finds an argument that a submission ignores: calls are repeated with one argument changed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import torch

from autograder.diagnosis.call_result import CallResult, read_result, same_result, same_value
from autograder.diagnosis.replay import (
    RecordedSession,
    RemoteObject,
    ReplayWorker,
    named_arguments,
    with_argument,
)
from autograder.errors import Killed
from autograder.transport.exchange import Exchange
from autograder.transport.session import Session
from autograder.transport.wire import Frame, tensors

Answer = TypeVar("Answer")

BASE_CALLS = 6  # calls that are repeated
OTHER_VALUES = 3  # values of an argument that are taken from other calls
REQUIRED = 2  # how often a result must stay the same although it should change
MORE_CALLS = 12  # calls in which an argument must not be used, before it is said
GENTLE = 0.01  # the largest element of a small change
CLEAR_CHANGE = 0.01  # a right result has changed if it differs by more than this part of its largest value


def ignored_argument(
    calls: Sequence[tuple[RecordedSession, int]],
    reference: ReplayWorker,
    open_session: Callable[[], Session],
    names: Sequence[str],
) -> str:
    """The name of an argument that the right result depends on and the submission's does not; "" for none.

    Args:
        calls: those of one task: a recorded session and the number of the exchange in it.
        reference: a worker with the reference.
        open_session: opens a session with a fresh worker that holds the submission.
        names: those of the function's parameters.
    """
    values = _observed_values(calls, names)
    moved: set[str] = set()  # the submission's result changed with it
    stayed: Counter[str] = Counter()  # how often only the right result changed
    for recorded, number in _base_calls(calls, names):
        exchange = recorded.exchanges[number]
        right = read_result(reference.ask(recorded, number, exchange.request))
        with restored_session(open_session, recorded, number) as call:
            before = call(exchange.request)
            if before.error or not same_result(before, read_result(exchange, recorded.override_numbers)):
                continue  # the submission gives another result now: a comparison would say nothing
            for name, frame in _variants(exchange.request, names, values):
                if name in moved or not _moves(right, read_result(reference.ask(recorded, number, frame))):
                    continue
                after = call(frame)
                if _same_outcome(before, after):
                    stayed[name] += 1
                else:
                    moved.add(name)
    for name in names:
        if (
            stayed[name] >= REQUIRED
            and name not in moved
            and not _is_used(calls, open_session, names, name, values)
        ):
            return name
    return ""


def _is_used(
    calls: Sequence[tuple[RecordedSession, int]],
    open_session: Callable[[], Session],
    names: Sequence[str],
    name: str,
    values: dict[str, list[Any]],
) -> bool:
    """Whether the submission's result changes with an argument in any of many calls, if only by a small change.

    Where the right result changes, that of another formula may be at a limit, such as a ratio that is clipped.
    """
    for recorded, number in calls[:MORE_CALLS]:
        request = recorded.exchanges[number].request
        frames = [frame for other, frame in _variants(request, names, values) if other == name]
        value = named_arguments(request, names).get(name)
        if isinstance(value, torch.Tensor) and value.is_floating_point() and value.numel():
            ramp = torch.linspace(GENTLE / 2, GENTLE, value.numel(), dtype=value.dtype).reshape(value.shape)
            moved = (value.detach() + ramp, value.detach() - ramp)
            frames += [with_argument(request, names, name, other) for other in moved]
        with restored_session(open_session, recorded, number) as call:
            before = call(request)
            for frame in frames:
                after = call(frame)
                if not after.error and not _same_outcome(
                    before, after
                ):  # a check of arguments, given to students, may raise
                    return True
    return False


def _same_outcome(before: CallResult, after: CallResult) -> bool:
    """Whether two results are the same; the state of a generator does not count."""
    return same_result(replace(before, generator_moved=after.generator_moved), after)


def _base_calls(
    calls: Sequence[tuple[RecordedSession, int]], names: Sequence[str]
) -> Iterator[tuple[RecordedSession, int]]:
    """A few calls in which each argument is given at least twice, as far as there are such calls."""
    counts: Counter[str] = Counter()
    bases = 0
    for recorded, number in calls:
        given = named_arguments(recorded.exchanges[number].request, names)
        if bases < BASE_CALLS and any(counts[name] < REQUIRED for name in given):
            counts.update(given.keys())
            bases += 1
            yield recorded, number


@contextmanager
def restored_session(
    open_session: Callable[[], Session], recorded: RecordedSession, number: int
) -> Iterator[Callable[[Frame], CallResult]]:
    """Restores a fresh worker to its state before an exchange, and yields a function that sends it requests."""
    session = open_session()
    session.callbacks.functions = list(recorded.callbacks.functions)

    def call(frame: Frame) -> CallResult:
        try:
            reply = session.exchange(frame)
            return read_result(Exchange(frame, reply, session.callbacks.asked()), recorded.override_numbers)
        finally:
            session.callbacks.forget()

    try:
        for exchange in recorded.exchanges[:number]:
            if exchange.request.header["op"] in ("create", "method"):
                session.exchange(exchange.request)
        yield call
    finally:
        session.close()


def asked_twice(ask: Callable[[], Answer]) -> Answer:
    """What `ask` returns. It asks again if the submission's process was ended, perhaps by something else."""
    try:
        return ask()
    except Killed as error:
        if error.is_explained:
            raise
        return ask()


def _moves(right: CallResult, other: CallResult) -> bool:
    """Whether the right result clearly changes with the other argument."""
    return not other.error and not right.error and _clearly_different(right.value, other.value)


def _clearly_different(a: Any, b: Any) -> bool:
    pairs = list(zip(tensors(a), tensors(b), strict=False))
    if not pairs or len(tensors(a)) != len(tensors(b)) or any(x.shape != y.shape for x, y in pairs):
        return not same_value(a, b)
    wide = [(x.detach().to(torch.float64), y.detach().to(torch.float64)) for x, y in pairs if x.numel()]
    return any(bool(((x - y).abs() > CLEAR_CHANGE * x.abs().nan_to_num().max()).any()) for x, y in wide)


def _observed_values(
    calls: Sequence[tuple[RecordedSession, int]], names: Sequence[str]
) -> dict[str, list[Any]]:
    """Different values of each argument, over all calls."""
    values: dict[str, list[Any]] = {}
    for recorded, number in calls[:200]:
        for name, value in named_arguments(recorded.exchanges[number].request, names).items():
            found = values.setdefault(name, [])
            if len(found) < OTHER_VALUES and not any(same_value(value, other) for other in found):
                found.append(value)
    return values


def _variants(
    request: Frame, names: Sequence[str], values: dict[str, list[Any]]
) -> Iterator[tuple[str, Frame]]:
    """The same request with one argument changed, in several ways for each."""
    for name, value in named_arguments(request, names).items():
        if isinstance(value, RemoteObject):
            continue
        others: list[Any] = [*_nearby(value), *values.get(name, ())]
        if isinstance(value, torch.Generator):
            seeds = (value.initial_seed() + step for step in (1, 2, 3))
            others = [torch.Generator().manual_seed(seed % 2**63) for seed in seeds]
        for other in others:
            fits = not isinstance(value, torch.Tensor) or (
                isinstance(other, torch.Tensor) and (other.shape, other.dtype) == (value.shape, value.dtype)
            )
            unusable = isinstance(other, RemoteObject) or (
                isinstance(other, torch.Generator) and not isinstance(value, torch.Generator)
            )
            if fits and not unusable:
                yield name, with_argument(request, names, name, other)


def _nearby(value: Any) -> list[Any]:
    """Other values of the same kind; some of them are valid arguments."""
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
