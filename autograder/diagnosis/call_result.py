"""The result of one call as plain values, and whether two results are the same except for rounding."""

import math
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.diagnosis.replay import arguments, remote_object
from autograder.errors import WireError
from autograder.testing.tolerance import FLOOR, RELATIVE
from autograder.transport.exchange import Exchange
from autograder.transport.generators import generators
from autograder.transport.identical import identical
from autograder.transport.invariants import shares_memory
from autograder.transport.nested import numbers
from autograder.transport.wire import Decoder, Frame, tensors


@dataclass(frozen=True)
class CallbackCall:
    """A call of a function that the test passed in: its number, shapes and dtypes, and a summary in numbers."""

    kind: tuple[Any, ...]
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class CallResult:
    """What a call returned or raised.

    Attributes:
        error: type and message of the exception, "" if none was raised.
        refused: why the value is not plain data, "" if it is.
        value: the value.
        gradients: by argument name.
        changed_arguments: numbers of the argument tensors that the call changed in place.
        shares_memory: whether the value shares memory with an argument.
        left: the names of global settings, and of what belongs to a network, that the call has left changed.
        generator_moved: whether a generator among the arguments, or torch's global one, was advanced.
        callback_calls: the calls of functions among the arguments, in order.
    """

    error: str = ""
    refused: str = ""
    value: Any = None
    gradients: dict[str, Any] = field(default_factory=dict)
    changed_arguments: tuple[int, ...] = ()
    shares_memory: bool = False
    left: tuple[str, ...] = ()
    generator_moved: bool = False
    callback_calls: tuple[CallbackCall, ...] = ()


def read_result(exchange: Exchange, override_numbers: frozenset[int] = frozenset()) -> CallResult:
    """Decodes the reply to a call. A reply that cannot be decoded becomes an error of its own kind.

    Args:
        exchange: the call.
        override_numbers: numbers of the functions that replace other tasks; how they are called does not count.
    """
    request, reply, header = exchange.request, exchange.reply, exchange.reply.header
    calls = [frame.header.get("number") for frame in exchange.asked if frame.header.get("op") == "callback"]
    callback_calls = tuple(
        _callback_call(frame)
        for frame in exchange.asked
        if frame.header.get("number") not in override_numbers
        and _function_of_backward(frame, calls) not in override_numbers
    )
    if "error" in header:
        error = header["error"] if isinstance(header["error"], dict) else {}
        return CallResult(error=f"{error.get('kind')}: {error.get('message')}", callback_calls=callback_calls)
    if "refused" in header:
        return CallResult(refused=str(header["refused"]), callback_calls=callback_calls)
    try:
        decode = Decoder(reply, remote_object)
        if request.header["op"] != "call":
            return CallResult(value=decode(header["value"]))
        after = decode(header["arguments"]), decode(header["keywords"])
        value, gradients = decode(header["value"]), decode(header["gradients"])
    except (WireError, KeyError) as error:
        return CallResult(error=type(error).__name__)
    if not isinstance(gradients, dict):
        return CallResult(error="no gradients by name")
    before = arguments(request)
    pairs = list(zip(tensors(before), tensors(after), strict=False))
    changed_arguments = tuple(number for number, (a, b) in enumerate(pairs) if not identical(a, b))
    generator_moved = any(
        not torch.equal(a.get_state(), b.get_state())
        for a, b in zip(generators(before), generators(after), strict=False)
    )
    return CallResult(
        value=value,
        gradients=gradients,
        changed_arguments=changed_arguments,
        shares_memory=shares_memory(value, after),
        left=tuple(map(str, header.get("left") or ())),
        generator_moved=generator_moved or header.get("drew") is True,
        callback_calls=callback_calls,
    )


def same_result(a: CallResult, b: CallResult) -> bool:
    """Whether both are the same except for rounding."""
    if (a.error, a.refused) != (b.error, b.refused):
        return False
    return (
        len(a.callback_calls) == len(b.callback_calls)
        and all(map(_same_callback_call, a.callback_calls, b.callback_calls))
        and (a.changed_arguments, a.shares_memory, a.left) == (b.changed_arguments, b.shares_memory, b.left)
        and a.generator_moved == b.generator_moved
        and same_value(a.value, b.value)
        and same_value(a.gradients, b.gradients)
    )


def same_value(a: Any, b: Any) -> bool:
    """Whether two values are of the same type, shape and dtype and equal except for rounding."""
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and close(a, b)
    if isinstance(a, float):
        return math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-12) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same_value, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same_value, a.values(), b.values()))
    if isinstance(a, torch.Generator):
        return True
    return bool((a == b).all()) if hasattr(a, "shape") and a.shape == b.shape else _equal_plain(a, b)


def close(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors of the same shape and dtype are equal except for rounding; NaN equals NaN."""
    if not a.is_floating_point():
        return torch.equal(a, b)
    a64, b64 = a.to(torch.float64), b.to(torch.float64)
    finite = b64[b64.isfinite()]
    scale = float(finite.abs().max()) if finite.numel() else 0.0
    floor = FLOOR[b.dtype] * (scale or 1.0)
    return torch.allclose(a64, b64, rtol=RELATIVE[b.dtype], atol=floor, equal_nan=True)


def _function_of_backward(frame: Frame, calls: list[Any]) -> Any:
    """The number of the function whose backward pass is requested; None if the frame requests none."""
    call = frame.header.get("call")
    return calls[call] if type(call) is int and 0 <= call < len(calls) else None


def _callback_call(frame: Frame) -> CallbackCall:
    header = frame.header
    try:
        decode = Decoder(frame, remote_object)
        values = [decode(header[name]) for name in ("args", "kwargs", "gradients") if name in header]
    except WireError as error:
        return CallbackCall((str(error),), ())
    found = tensors(values)
    kinds = tuple((tuple(tensor.shape), tensor.dtype) for tensor in found)
    return CallbackCall(
        (header.get("op"), header.get("number"), kinds),
        (*(number for tensor in found for number in _summary(tensor)), *numbers(values)),
    )


def _summary(tensor: torch.Tensor) -> tuple[float, ...]:
    if not tensor.numel() or tensor.is_complex():
        return ()
    x = tensor.detach().to(torch.float64).reshape(-1).nan_to_num()
    plain = float(x.mean()), float(x.square().mean()), float((x * torch.arange(1, len(x) + 1)).mean())
    is_integer = tensor.dtype is torch.int64
    return (*plain, float(x.min()), float(x.max()), float(len(torch.unique(x)))) if is_integer else plain


def _same_callback_call(a: CallbackCall, b: CallbackCall) -> bool:
    pairs = zip(a.numbers, b.numbers, strict=False)
    return a.kind == b.kind and all(math.isclose(x, y, rel_tol=1e-4, abs_tol=1e-5) for x, y in pairs)


def _equal_plain(a: Any, b: Any) -> bool:
    return isinstance(a, int | str | bytes | torch.dtype | type(None)) and bool(a == b)
