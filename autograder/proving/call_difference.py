"""How two results of one call differ, with a short summary of both."""

import math
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import torch

from autograder.diagnosis.call_result import CallbackCall, CallResult, read_result, same_result, same_value
from autograder.diagnosis.replay import RemoteObject, arguments, remote_object
from autograder.transport.exchange import Exchange
from autograder.transport.generators import generators
from autograder.transport.wire import Decoder, Frame, tensors

WIDTH = 200  # characters of one text
FIRST = 6  # values of a tensor that are shown
SMALL = 0.01  # relative difference that counts, however small the numbers are

Texts = tuple[str, str, str]  # what differs; a summary of the right result, and one of the other result
Find = Callable[[Exchange, Exchange], Texts | None]


def find_difference(mine: Exchange, right: Exchange) -> Texts | None:
    """A difference that is not rounding."""
    a, b = read_result(mine), read_result(right)
    if same_result(a, b):
        return None
    if (a.error, a.refused) != (b.error, b.refused):
        return "exception" if a.error or b.error else "type", _outcome(b), _outcome(a)
    if not same_value(a.value, b.value):
        return "value", *_both(b.value, a.value)
    if not same_value(a.gradients, b.gradients):
        return "gradients", *_both(b.gradients, a.gradients)
    if a.changed_arguments != b.changed_arguments:
        return (
            "arguments changed",
            f"arguments with numbers {b.changed_arguments}",
            f"arguments with numbers {a.changed_arguments}",
        )
    if a.generator_moved != b.generator_moved:
        moves = {True: "its state changes", False: "its state stays the same"}
        return "generator", moves[b.generator_moved], moves[a.generator_moved]
    if (a.shares_memory, a.left) != (b.shares_memory, b.left):
        return "what outlasts the call", _traces(b), _traces(a)
    return "calls of the test's functions", *_calls(b, a)


def find_small_difference(mine: Exchange, right: Exchange) -> Texts | None:
    """A difference that same_result ignores: in the state of a generator, or in very small numbers."""
    a, b = read_result(mine), read_result(right)
    moved = [[state.get_state() for state in _generators(exchange)] for exchange in (mine, right)]
    if not all(map(torch.equal, *moved)):
        return "generator", "a final state", "another final state"
    for value, reply in zip(tensors([b.value, b.gradients]), tensors([a.value, a.gradients]), strict=False):
        if value.is_complex():
            continue
        x, y = value.detach().to(torch.float64), reply.detach().to(torch.float64)
        apart = (x - y).abs() > SMALL * torch.maximum(x.abs(), y.abs())
        if apart.any():
            at = tuple(int(i) for i in apart.nonzero()[0])
            return "small values", _element(value, at), _element(reply, at)
    return None


def find_state_difference(mine: Exchange, right: Exchange) -> Texts | None:
    """A difference in the state of a module: its parameters and buffers."""
    a, b = (
        Decoder(exchange.reply, remote_object)(exchange.reply.header.get("value"))
        for exchange in (mine, right)
    )
    return None if same_value(a, b) else ("state", *_both(b, a))


def arguments_in_words(request: Frame, names: Sequence[str]) -> str:
    """A summary of a call's arguments; positional ones get these names, as far as there are names."""
    args, kwargs = arguments(request)
    named = [*zip_longest(names[: len(args)], args, fillvalue=""), *kwargs.items()]
    return shorten(", ".join((f"{name}=" if name else "") + summary(value, 4) for name, value in named))


def _generators(exchange: Exchange) -> list[torch.Generator]:
    header, decode = exchange.reply.header, Decoder(exchange.reply, remote_object)
    return generators([decode(header[name]) for name in ("arguments", "keywords") if name in header])


def _outcome(result: CallResult) -> str:
    return shorten(result.error or result.refused or summary(result.value))


def _traces(result: CallResult) -> str:
    memory = ["a result in the memory of an argument"] if result.shares_memory else []
    return shorten(", ".join([*memory, *(f"changed: {name}" for name in result.left)]) or "nothing")


def _calls(right: CallResult, reply: CallResult) -> tuple[str, str]:
    """How calls of the test's functions differ: in their number, or the first call that differs."""
    if len(right.callback_calls) != len(reply.callback_calls):
        return f"{len(right.callback_calls)} calls", f"{len(reply.callback_calls)} calls"
    number = next(
        i for i, (a, b) in enumerate(zip(right.callback_calls, reply.callback_calls, strict=True)) if a != b
    )
    return shorten(f"call {number + 1}: {_question(right.callback_calls[number])}"), shorten(
        f"{_question(reply.callback_calls[number])}"
    )


def _question(call: CallbackCall) -> str:
    if len(call.kind) == 1:
        return str(call.kind[0])  # a call that could not be decoded
    operation, function, kinds = call.kind
    shapes = ", ".join(f"{dtype}{list(shape)}".removeprefix("torch.") for shape, dtype in kinds)
    return f"{operation} {function} of {shapes}, with summary {', '.join(map(_number, call.numbers))}"


def _both(right: Any, reply: Any) -> tuple[str, str]:
    """Summaries of two different values, from the place where they differ."""
    if type(right) is type(reply):
        if isinstance(right, dict) and list(right) == list(reply):
            key = next(key for key in right if not same_value(right[key], reply[key]))
            return _both_of(f"{key}: ", right[key], reply[key])
        if isinstance(right, list | tuple) and len(right) == len(reply):
            place = next(i for i in range(len(right)) if not same_value(right[i], reply[i]))
            return _both_of(f"part {place}: ", right[place], reply[place])
        if isinstance(right, torch.Tensor) and (right.shape, right.dtype) == (reply.shape, reply.dtype):
            at = _largest_difference(right, reply)
            return _element(right, at), _element(reply, at)
    return summary(right), summary(reply)


def _element(tensor: torch.Tensor, at: tuple[int, ...]) -> str:
    return summary(tensor) + (f" ({list(at)}: {_number(tensor[at].item(), 12)})" if at else "")


def _both_of(name: str, right: Any, reply: Any) -> tuple[str, str]:
    a, b = _both(right, reply)
    return shorten(name + a), shorten(name + b)


def _largest_difference(a: torch.Tensor, b: torch.Tensor) -> tuple[int, ...]:
    """The index with the largest difference between two tensors of one shape."""
    if a.is_complex():
        a, b = torch.view_as_real(a), torch.view_as_real(b)
    a, b = a.detach().to(torch.float64), b.detach().to(torch.float64)
    apart = torch.where(a == b, 0.0, (a - b).abs()).nan_to_num(nan=math.inf)
    apart = torch.where(a.isnan() & b.isnan(), 0.0, apart)
    return tuple(int(i) for i in torch.unravel_index(apart.argmax(), apart.shape))


def summary(value: Any, first: int = FIRST) -> str:
    """A short text for a value: of a tensor its dtype, shape and first values."""
    match value:
        case torch.Tensor():
            values = [_number(x) for x in value.detach().reshape(-1)[:first].tolist()]
            more = ", ..." if value.numel() > first else ""
            dtype = str(value.dtype).removeprefix("torch.")
            return f"{dtype}{list(value.shape)} {', '.join(values)}{more}".rstrip()
        case torch.Generator():
            return "a generator"
        case RemoteObject():
            return f"{value.kind} {value.number}"
        case dict():
            return shorten(
                "{" + ", ".join(f"{key}: {summary(item, first)}" for key, item in value.items()) + "}"
            )
        case list() | tuple():
            return shorten(f"{type(value).__name__}({', '.join(summary(item, first) for item in value)})")
    return shorten(_number(value) if isinstance(value, float) else repr(value))


def _number(value: Any, digits: int = 6) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def shorten(text: str) -> str:
    """The text, cut to at most `WIDTH` characters."""
    return text if len(text) <= WIDTH else text[: WIDTH - 4] + " ..."
