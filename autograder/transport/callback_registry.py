"""The test's side of the functions that it passes to a submission: it answers the calls that the submission makes."""

from collections.abc import Callable
from typing import Any

import torch

from autograder.errors import CallbackError, WireError
from autograder.transport.autograd import weighted_sum
from autograder.transport.generators import generators
from autograder.transport.wire import Decoder, Encoder, Frame, Special, tensors

MAX_GRAPHS = 100_000  # calls of one exchange whose backward pass may still be requested
MAX_HELD = 256 * 2**20  # bytes of tensors that those calls may keep until then
MAX_ASKED, MAX_ASKED_BYTES = 200, 4 * 2**20  # number and bytes of the requests that are kept of one exchange


class CallbackRegistry:
    """The functions of one session, by number, and the graphs of their calls in the current exchange.

    Args:
        node_of: encodes the objects that exist on the test's side only.
        value_of: decodes them.
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
        """The requests since the last call of this method, up to a limit of number and size."""
        asked = tuple(self._asked)
        self._asked.clear()
        self._asked_bytes = 0
        return asked

    def number_of(self, function: Callable[..., Any]) -> int:
        """The number of a function; the same at every call."""
        if function not in self.functions:
            self.functions.append(function)
        return self.functions.index(function)

    def forget(self) -> None:
        """Ends an exchange: after it, no backward pass can be requested."""
        self._graphs.clear()
        self._held = 0

    def answer(self, frame: Frame) -> Frame:
        """Answers a request of the submission's side: to run a function, or the backward pass of one.

        Raises:
            WireError: it is not such a request.
            CallbackError: the function raised. Its exception belongs to the test and is kept in `error`.
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
        raise WireError("not a request")

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
            raise WireError("calls that keep more memory than an exchange may")
        encode = Encoder(self._node_of)
        moved = encode(generators((args, kwargs)))
        return encode.frame(
            value=encode(value), generators=moved, call=len(self._graphs) - 1, tracked=tracked
        )

    def _vjp(self, call: int, gradients: Any) -> Frame:
        if not 0 <= call < len(self._graphs) or not isinstance(gradients, list):
            raise WireError("a backward pass of a call that was never made")
        inputs, outputs = self._graphs[call]
        if len(gradients) != len(outputs) or not all(map(_matches, outputs, gradients)):
            raise WireError("gradients that do not fit the outputs of the call")
        pairs = [(o, g) for o, g in zip(outputs, gradients, strict=True) if o.requires_grad and g is not None]
        if not pairs:
            raise WireError("a backward pass without gradients")
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


def _matches(output: torch.Tensor, gradient: Any) -> bool:
    if gradient is None:
        return True
    return (
        isinstance(gradient, torch.Tensor)
        and gradient.shape == output.shape
        and gradient.dtype == output.dtype
    )
