"""A reply to one call as plain values, and whether two of them say the same."""

import math
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.diagnosis.replay import arguments, special_value
from autograder.errors import WireError
from autograder.transport.arguments import identical
from autograder.transport.generators import generators
from autograder.transport.session import Exchange
from autograder.transport.wire import Decoder, Frame, tensors

RELATIVE = {torch.float64: 1e-8, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 3e-2}
FLOOR = {torch.float64: 1e-12, torch.float32: 2e-6, torch.float16: 1e-3, torch.bfloat16: 1e-2}


@dataclass(frozen=True)
class Asked:
    """What was asked of a function: which one, with what kind of values, and a few numbers that sum them up."""

    kind: tuple[Any, ...]
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class Heard:
    """What came back of a call.

    Attributes:
        error: type and message of the exception that was raised, "" for none.
        refused: why the value is no plain data, "" where it is.
        value: the value.
        gradients: by argument name.
        disturbed: numbers of the argument tensors that are not what they were before the call.
        drew: whether a generator among the arguments moved on.
        asked: what was asked of functions among the arguments, in order.
    """

    error: str = ""
    refused: str = ""
    value: Any = None
    gradients: dict[str, Any] = field(default_factory=dict)
    disturbed: tuple[int, ...] = ()
    drew: bool = False
    asked: tuple[Asked, ...] = ()


def hear(exchange: Exchange, stand_ins: frozenset[int] = frozenset()) -> Heard:
    """Understands a reply to a call; one that nobody could understand is an error of its own kind.

    Args:
        exchange: the call.
        stand_ins: numbers of functions that nobody has to ask, because they answer for other tasks.
    """
    request, reply, header = exchange.request, exchange.reply, exchange.reply.header
    calls = [frame.header.get("number") for frame in exchange.asked if frame.header.get("op") == "callback"]
    asked = tuple(
        _asked(frame)
        for frame in exchange.asked
        if frame.header.get("number") not in stand_ins and _called(frame, calls) not in stand_ins
    )
    if "error" in header:
        error = header["error"] if isinstance(header["error"], dict) else {}
        return Heard(error=f"{error.get('kind')}: {error.get('message')}", asked=asked)
    if "refused" in header:
        return Heard(refused=str(header["refused"]), asked=asked)
    try:
        decode = Decoder(reply, special_value)
        if request.header["op"] != "call":
            return Heard(value=decode(header["value"]))
        after = decode(header["arguments"]), decode(header["keywords"])
        value, gradients = decode(header["value"]), decode(header["gradients"])
    except (WireError, KeyError) as error:
        return Heard(error=type(error).__name__)
    if not isinstance(gradients, dict):
        return Heard(error="no gradients by name")
    before = arguments(request)
    pairs = list(zip(tensors(before), tensors(after), strict=False))
    disturbed = tuple(number for number, (a, b) in enumerate(pairs) if not identical(a, b))
    drew = any(
        not torch.equal(a.get_state(), b.get_state())
        for a, b in zip(generators(before), generators(after), strict=False)
    )
    return Heard("", "", value, gradients, disturbed, drew, asked)


def alike(a: Heard, b: Heard) -> bool:
    """Whether both say the same, but for rounding."""
    if (a.error, a.refused) != (b.error, b.refused):
        return False
    return (
        len(a.asked) == len(b.asked)
        and all(map(_alike_asked, a.asked, b.asked))
        and a.disturbed == b.disturbed
        and a.drew == b.drew
        and alike_values(a.value, b.value)
        and alike_values(a.gradients, b.gradients)
    )


def alike_values(a: Any, b: Any) -> bool:
    """Whether two values are of the same type, shape and dtype and equal but for rounding."""
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and close(a, b)
    if isinstance(a, float):
        return math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-12) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike_values, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(alike_values, a.values(), b.values()))
    if isinstance(a, torch.Generator):
        return True
    return bool((a == b).all()) if hasattr(a, "shape") and a.shape == b.shape else _equal(a, b)


def close(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors of the same shape and dtype are equal but for rounding; NaN equals NaN."""
    if not a.is_floating_point():
        return torch.equal(a, b)
    a64, b64 = a.to(torch.float64), b.to(torch.float64)
    finite = b64[b64.isfinite()]
    scale = float(finite.abs().max()) if finite.numel() else 0.0
    floor = FLOOR[b.dtype] * (scale or 1.0)
    return torch.allclose(a64, b64, rtol=RELATIVE[b.dtype], atol=floor, equal_nan=True)


def _called(frame: Frame, calls: list[Any]) -> Any:
    """The number of the function whose backward pass is asked for; None where it is none."""
    call = frame.header.get("call")
    return calls[call] if type(call) is int and 0 <= call < len(calls) else None


def _asked(frame: Frame) -> Asked:
    header = frame.header
    try:
        decode = Decoder(frame, special_value)
        values = [decode(header[name]) for name in ("args", "kwargs", "gradients") if name in header]
    except WireError as error:
        return Asked((str(error),), ())
    found = tensors(values)
    kinds = tuple((tuple(tensor.shape), tensor.dtype) for tensor in found)
    return Asked(
        (header.get("op"), header.get("number"), kinds),
        (*(number for tensor in found for number in _summed_up(tensor)), *numbers(values)),
    )


def _summed_up(tensor: torch.Tensor) -> tuple[float, ...]:
    if not tensor.numel() or tensor.is_complex():
        return ()
    x = tensor.detach().to(torch.float64).reshape(-1).nan_to_num()
    plain = float(x.mean()), float(x.square().mean()), float((x * torch.arange(1, len(x) + 1)).mean())
    whole = tensor.dtype is torch.int64
    return (*plain, float(x.min()), float(x.max()), float(len(torch.unique(x)))) if whole else plain


def _alike_asked(a: Asked, b: Asked) -> bool:
    pairs = zip(a.numbers, b.numbers, strict=False)
    return a.kind == b.kind and all(math.isclose(x, y, rel_tol=1e-4, abs_tol=1e-5) for x, y in pairs)


def as_float(value: float) -> float:
    """A number of any size."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def numbers(value: Any) -> list[float]:
    """Every plain number in a nested value, in order."""
    if isinstance(value, int | float):
        return [as_float(value)]
    if isinstance(value, list | tuple):
        return [x for item in value for x in numbers(item)]
    if isinstance(value, dict):
        return [x for item in value.values() for x in numbers(item)]
    return []


def _equal(a: Any, b: Any) -> bool:
    return isinstance(a, int | str | bytes | torch.dtype | type(None)) and bool(a == b)
