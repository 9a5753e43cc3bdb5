"""Shows that an entry is not the right answer in other words: the first call in its tests that it answers otherwise.

The reference is asked the same, with the same random numbers. No test has a say in it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from autograder.diagnosis.heard import Heard, alike, alike_values, hear
from autograder.diagnosis.replay import (
    Conversation,
    Special,
    Understudy,
    changed,
    named_arguments,
    special_value,
)
from autograder.manifest import Manifest, Task
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.matrix import Look, Trial
from autograder.outcomes import Outcome
from autograder.transport.session import Exchange, Session
from autograder.transport.wire import Decoder

WIDTH = 200  # of one text
FIRST = 6  # values of a tensor that are shown
KEY = "difference"  # where it stands in what was seen of a trial


@dataclass(frozen=True)
class Difference:
    """One call that an entry answers otherwise than the reference.

    Attributes:
        session: which of the sessions it was in.
        call: what was called.
        arguments: with what, summed up.
        what: what differs: "exception", "value", "gradients", "arguments changed", ...
        right: the right answer, summed up.
        reply: the entry's.
        drawn: whether the right answer depends on random numbers; that the entry's law is another one as well is
            then for its tests to say.
    """

    session: int
    call: str
    arguments: str
    what: str
    right: str
    reply: str
    drawn: bool = False


def looking(manifest: Manifest) -> Look:
    """Looks for the difference of each wrong entry, for `matrix.try_all`."""

    def look(
        entry: Entry, task: Task, sessions: Sequence[Session], opened: Callable[[], Session]
    ) -> dict[str, Any]:
        found = first_difference(manifest, entry, sessions) if entry.is_wrong else None
        return {KEY: asdict(found)} if found else {}

    return look


def of(trial: Trial) -> dict[str, Any] | None:
    """What shows that a trial's entry is another answer, with the test that it is from; None where nothing does."""
    if KEY in trial.seen:
        found = dict(trial.seen[KEY])
        return {"test": trial.seen["tests"][found.pop("session")], **found}
    for test, result in trial.results.items():
        if result.outcome in (Outcome.TIMEOUT, Outcome.KILLED):
            known = {"call": trial.entry.task, "arguments": "", "drawn": False}
            return {"test": test, **known, "what": "time", "right": "an answer in time", "reply": "none"}
    return None


def first_difference(manifest: Manifest, entry: Entry, sessions: Sequence[Session]) -> Difference | None:
    """The first call or question in these sessions that was answered otherwise than the reference answers it."""
    for place, session in enumerate(sessions):
        conversation, understudy = Conversation(session.log, session.callbacks), Understudy(manifest, {})
        own = conversation.about(entry.task)
        for number, exchange in enumerate(conversation.exchanges):
            request = exchange.request
            if request.header["op"] == "method":
                parts = _states_part(exchange, understudy.ask(conversation, number, request))
                if parts is not None:
                    return Difference(place, request.header["name"], "", *parts)
            if request.header["op"] != "call":
                continue
            right = understudy.ask(conversation, number, request)
            parts = _part(exchange, right)
            if parts is not None:
                called = entry.task if number in own else str(request.header["target"])
                names = [name for name in entry.parameters if name != "self"] if number in own else []
                again = understudy.ask(conversation, number, changed(request, reseed=1))
                drawn = not alike(hear(right), hear(again))
                return Difference(place, called, _arguments(exchange, names), *parts, drawn=drawn)
    return None


def _part(mine: Exchange, right: Exchange) -> tuple[str, str, str] | None:
    """What differs, and both sides of it."""
    a, b = hear(mine), hear(right)
    if alike(a, b):
        return None
    if (a.error, a.refused) != (b.error, b.refused):
        return "exception" if a.error or b.error else "type", _end(b), _end(a)
    if not alike_values(a.value, b.value):
        return "value", *_both(b.value, a.value)
    if not alike_values(a.gradients, b.gradients):
        return "gradients", *_both(b.gradients, a.gradients)
    if a.disturbed != b.disturbed:
        return "arguments changed", f"those of numbers {b.disturbed}", f"those of numbers {a.disturbed}"
    if a.drew != b.drew:
        moves = {True: "it moves on", False: "it stays"}
        return "generator", moves[b.drew], moves[a.drew]
    return "calls of the test's functions", _asked(b), _asked(a)


def _states_part(mine: Exchange, right: Exchange) -> tuple[str, str, str] | None:
    """The same of a question about a module: its parameters and buffers."""
    a, b = (
        Decoder(exchange.reply, special_value)(exchange.reply.header.get("value"))
        for exchange in (mine, right)
    )
    return None if alike_values(a, b) else ("state", *_both(b, a))


def _end(heard: Heard) -> str:
    return cut(heard.error or heard.refused or summary(heard.value))


def _asked(heard: Heard) -> str:
    return cut(f"{len(heard.asked)} calls: " + "; ".join(str(asked.numbers) for asked in heard.asked[:FIRST]))


def _both(right: Any, reply: Any) -> tuple[str, str]:
    """Two values that differ, from the place on where they do."""
    if type(right) is type(reply):
        if isinstance(right, dict) and list(right) == list(reply):
            key = next(key for key in right if not alike_values(right[key], reply[key]))
            return _both_of(f"{key}: ", right[key], reply[key])
        if isinstance(right, list | tuple) and len(right) == len(reply):
            place = next(i for i in range(len(right)) if not alike_values(right[i], reply[i]))
            return _both_of(f"part {place}: ", right[place], reply[place])
        if isinstance(right, torch.Tensor) and (right.shape, right.dtype) == (reply.shape, reply.dtype):
            at = _farthest(right, reply)
            return _element(right, at), _element(reply, at)
    return summary(right), summary(reply)


def _element(tensor: torch.Tensor, at: tuple[int, ...]) -> str:
    return summary(tensor) + (f" ({list(at)}: {_number(tensor[at].item(), 12)})" if at else "")


def _both_of(name: str, right: Any, reply: Any) -> tuple[str, str]:
    a, b = _both(right, reply)
    return cut(name + a), cut(name + b)


def _farthest(a: torch.Tensor, b: torch.Tensor) -> tuple[int, ...]:
    """Where two tensors of one shape lie farthest apart."""
    if a.is_complex():
        a, b = torch.view_as_real(a), torch.view_as_real(b)
    a, b = a.detach().to(torch.float64), b.detach().to(torch.float64)
    apart = torch.where(a == b, 0.0, (a - b).abs()).nan_to_num(nan=math.inf)
    apart = torch.where(a.isnan() & b.isnan(), 0.0, apart)
    return tuple(int(i) for i in torch.unravel_index(apart.argmax(), apart.shape))


def _arguments(exchange: Exchange, names: Sequence[str]) -> str:
    known = dict(enumerate(names))
    return cut(
        ", ".join(
            f"{known.get(key, f'argument {key + 1}') if isinstance(key, int) else key}={summary(value, 4)}"
            for key, value in named_arguments(exchange.request)
        )
    )


def summary(value: Any, first: int = FIRST) -> str:
    """A value in a few words: type and shape of a tensor, and its first values."""
    match value:
        case torch.Tensor():
            values = [_number(x) for x in value.detach().reshape(-1)[:first].tolist()]
            more = ", ..." if value.numel() > first else ""
            dtype = str(value.dtype).removeprefix("torch.")
            return f"{dtype}{list(value.shape)} {', '.join(values)}{more}".rstrip()
        case torch.Generator():
            return "a generator"
        case Special():
            return f"{value.kind} {value.number}"
        case dict():
            return cut("{" + ", ".join(f"{key}: {summary(item, first)}" for key, item in value.items()) + "}")
        case list() | tuple():
            return cut(f"{type(value).__name__}({', '.join(summary(item, first) for item in value)})")
    return cut(_number(value) if isinstance(value, float) else repr(value))


def _number(value: Any, digits: int = 6) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def cut(text: str) -> str:
    """Not longer than `WIDTH`."""
    return text if len(text) <= WIDTH else text[: WIDTH - 4] + " ..."
