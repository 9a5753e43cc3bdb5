"""The test's end of the functions that it passes to a submission: answers the calls that come back across the seam."""

from collections.abc import Callable
from typing import Any

import torch

from autograder.errors import CallbackError, WireError
from autograder.transport.generators import generators
from autograder.transport.wire import Decoder, Encoder, Frame, Special, tensors, weighted_sum

MAX_GRAPHS = 100_000  # calls of one exchange whose backward pass may still be asked for
MAX_HELD = 256 * 2**20  # bytes of tensors that those calls may hold until then
MAX_ASKED, MAX_ASKED_BYTES = 200, 4 * 2**20  # requests of one exchange that are kept, and their bytes


class CallbackRegistry:
    """The functions of one session, by number, and the graphs of their calls in the exchange that is going on.

    Args:
        node_of: encodes what only the test's side knows.
        value_of: decodes it.
    """

    def __init__(self, node_of: Special, value_of: Special) -> None:
        self.functions: list[Callable[..., Any]] = []
        self.error: BaseException | None = None
        self._node_of = node_of
        self._value_of = value_of
        self._graphs: list[tuple[list[torch.Tensor], list[torch.Tensor]]] = []
        self._held = 0
        self._asked: list[Frame] = []
        self._asked_bytes = 0

    def asked(self) -> tuple[Frame, ...]:
        """The requests since the last time, the first ones of them where they were many."""
        asked = tuple(self._asked)
        self._asked.clear()
        self._asked_bytes = 0
        return asked

    def number_of(self, function: Callable[..., Any]) -> int:
        """Its number, the same at every call."""
        if function not in self.functions:
            self.functions.append(function)
        return self.functions.index(function)

    def forget(self) -> None:
        """Ends an exchange: no backward pass can be asked for any more."""
        self._graphs.clear()
        self._held = 0

    def answer(self, frame: Frame) -> Frame:
        """Answers a request of the submission's side: run a function, or the backward pass of one.

        Raises:
            WireError: it is no such request.
            CallbackError: the function raised; what it raised belongs to the test and is kept in `error`.
        """
        self._asked_bytes += sum(storage.nbytes() for storage in frame.storages)
        if len(self._asked) < MAX_ASKED and self._asked_bytes <= MAX_ASKED_BYTES:
            self._asked.append(frame)
        match frame.header:
            case {
                "op": "callback",
                "number": int(number),
                "grad": bool(grad),
                "args": args,
                "kwargs": kwargs,
            }:
                return self._call(number, grad, args, kwargs, Decoder(frame, self._value_of))
            case {"op": "vjp", "call": int(call), "gradients": gradients}:
                return self._vjp(call, Decoder(frame)(gradients))
        raise WireError("a request that is none")

    def _call(self, number: int, grad: bool, args_node: Any, kwargs_node: Any, decode: Decoder) -> Frame:
        args, kwargs = decode(args_node), decode(kwargs_node)
        known = 0 <= number < len(self.functions) and isinstance(args, tuple) and isinstance(kwargs, dict)
        if not known or len(self._graphs) >= MAX_GRAPHS:
            raise WireError("a call of a function that the test never passed, or too many calls")
        inputs = decode.tracked
        for tensor in inputs:
            tensor.requires_grad_()
        try:
            with torch.set_grad_enabled(grad):
                value = self.functions[number](*args, **kwargs)
        except BaseException as error:
            self.error = error
            raise CallbackError(str(error)) from error
        outputs = tensors(value)
        tracked = [output.requires_grad for output in outputs]
        self._graphs.append((inputs, outputs) if any(tracked) else ([], []))
        self._held += decode.logical + sum(output.nbytes for output in outputs) if any(tracked) else 0
        if self._held > MAX_HELD:
            raise WireError("calls that hold more memory than an exchange may")
        encode = Encoder(self._node_of)
        moved = encode(generators((args, kwargs)))
        return encode.frame(
            value=encode(value), generators=moved, call=len(self._graphs) - 1, tracked=tracked
        )

    def _vjp(self, call: int, gradients: Any) -> Frame:
        if not 0 <= call < len(self._graphs) or not isinstance(gradients, list):
            raise WireError("a backward pass of a call that never was")
        inputs, outputs = self._graphs[call]
        if len(gradients) != len(outputs) or not all(map(_fits, outputs, gradients)):
            raise WireError("gradients that do not fit what they are gradients of")
        pairs = [(o, g) for o, g in zip(outputs, gradients, strict=True) if o.requires_grad and g is not None]
        if not pairs:
            raise WireError("a backward pass of nothing")
        before = [tensor.grad for tensor in inputs]
        for tensor in inputs:
            tensor.grad = None
        total = weighted_sum([o for o, _ in pairs], [g for _, g in pairs])
        try:
            total.backward(retain_graph=True)  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            self.error = error
            raise CallbackError(str(error)) from error
        answers = [tensor.grad for tensor in inputs]
        for tensor, old in zip(inputs, before, strict=True):
            tensor.grad = old
        encode = Encoder()
        return encode.frame(value=encode(answers))


def _fits(output: torch.Tensor, gradient: Any) -> bool:
    if gradient is None:
        return True
    return (
        isinstance(gradient, torch.Tensor)
        and gradient.shape == output.shape
        and gradient.dtype == output.dtype
    )
