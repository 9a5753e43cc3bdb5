"""The test's side: sends calls, answers callbacks, keeps the log. The same whatever lies behind `exchange`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from autograder.errors import Frame as StudentFrame
from autograder.errors import StudentError, WrongAnswer
from autograder.transport.wire import Decoder, Encoder, Frame, tensors, weighted_sum


@dataclass(frozen=True)
class Reply:
    """What came back of one call.

    Attributes:
        value: the returned value; its tensors have no graph.
        grads: gradient by argument name (None where nothing arrives; of a module, by parameter name).
        arguments: (args, kwargs) as they are after the call.
    """

    value: Any
    grads: Mapping[str, Any]
    arguments: tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Call:
    """One line of the call log: what was asked, and what came back (a reply or an error)."""

    target: str | dict[str, int]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    grad_of: tuple[str, ...]
    cotangent: Any
    seed: int
    reply: Reply | Exception


class Handle:
    """A module that lives on the submission's side, by its number there."""

    def __init__(self, number: int) -> None:
        self.number = number


class Session:
    """One conversation with one worker, in one test.

    Args:
        exchange: sends a frame to the worker and returns its answer.
        seed: every call's random state derives from it.
    """

    def __init__(self, exchange: Callable[[Frame], Frame], seed: int) -> None:
        self.exchange = exchange
        self.seed = seed
        self.log: list[Call] = []
        self.live_exception: Callable[[], BaseException | None] = lambda: None
        self._callbacks: list[Callable[..., Any]] = []
        self._graphs: dict[int, tuple[list[torch.Tensor], list[torch.Tensor]]] = {}
        self._calls = 0
        self._callback_error: BaseException | None = None

    def call(
        self,
        target: str | Handle,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        grad_of: tuple[str, ...] = (),
        cotangent: Any = None,
    ) -> Reply:
        """Calls a function of the submission by its path, or a module by its handle.

        Raises:
            StudentError: the submission's code raised.
            WrongAnswer: it returned something that is not plain data, or changed an argument in place.
        """
        kwargs = kwargs or {}
        place = {"handle": target.number} if isinstance(target, Handle) else target
        seed = self._next_seed()
        encode = Encoder(self._special_node)
        request = encode.frame(
            op="call",
            target=place,
            seed=seed,
            args=encode(args),
            kwargs=encode(kwargs),
            grad_of=list(grad_of),
            cotangent=encode(cotangent),
        )
        try:
            reply = self._reply(request, args, kwargs)
        except (StudentError, WrongAnswer) as error:
            self.log.append(Call(place, args, kwargs, grad_of, cotangent, seed, error))
            raise
        self.log.append(Call(place, args, kwargs, grad_of, cotangent, seed, reply))
        return reply

    def create(self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Handle:
        """Builds a module of the submission's and returns its handle."""
        encode = Encoder(self._special_node)
        request = encode.frame(
            op="create", target=target, seed=self._next_seed(), args=encode(args), kwargs=encode(kwargs)
        )
        reply = self._exchanged(request)
        handle = Decoder(reply, self._special_value)(reply.header["value"])
        if not isinstance(handle, Handle):
            raise WrongAnswer(f"`{target}` is not a torch module any more", failure="type")
        return handle

    def method(self, handle: Handle, name: str, *args: Any) -> Any:
        """`state_dict`, `load_state_dict`, `train` or `eval` of a module."""
        encode = Encoder(self._special_node)
        reply = self._exchanged(encode.frame(op="method", handle=handle.number, name=name, args=encode(args)))
        return Decoder(reply, self._special_value)(reply.header["value"])

    def override(self, target: str, substitute: Callable[..., Any]) -> None:
        """Lets `substitute`, on the test's side, answer for `target` from now on."""
        encode = Encoder(self._special_node)
        self._exchanged(encode.frame(op="override", target=target, callback=encode(substitute)))

    # -- replies ----------------------------------------------------------------------------------------------

    def _reply(self, request: Frame, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Reply:
        frame = self._exchanged(request)
        if "refused" in frame.header:
            raise WrongAnswer(
                f"the code returned {frame.header['refused']}",
                hint="Return what the docstring says: tensors, numbers or tuples of them.",
                failure="type",
            )
        decode = Decoder(frame, self._special_value)
        header = frame.header
        after = decode(header["arguments"]), decode(header["keywords"])
        names = [f"argument {i + 1}" for i in range(len(args))] + [f"`{name}`" for name in kwargs]
        pairs = zip(names, (*args, *kwargs.values()), (*after[0], *after[1].values()), strict=True)
        for name, before, now in pairs:
            _bring_home(before, now)
            if _changed(before, now):
                raise WrongAnswer(
                    f"the code changes {name} in place; its caller still needs the old values",
                    hint="Work on a new tensor: methods that end in `_`, `+=` and `x[...] = ` write into the old one.",
                    failure="argument changed in place",
                )
        return Reply(decode(header["value"]), decode(header["gradients"]), after)

    def _exchanged(self, request: Frame) -> Frame:
        """Sends a request; raises what the submission raised. A callback's own exception belongs to the test."""
        self._callback_error = None
        try:
            frame = self.exchange(request)
        finally:
            self._graphs.clear()
        if self._callback_error is not None:
            raise self._callback_error
        if "error" in frame.header:
            error = frame.header["error"]
            frames = tuple(StudentFrame(*row) for row in error["frames"])
            raise StudentError(
                error["kind"], error["message"], frames, missing=error["missing"]
            ) from self.live_exception()
        return frame

    def _next_seed(self) -> int:
        self._calls += 1
        return (self.seed + 7919 * self._calls) % 2**63

    # -- callbacks --------------------------------------------------------------------------------------------

    def answer(self, frame: Frame) -> Frame:
        """Answers a worker's request: run a callback, or the backward pass of one."""
        try:
            return self._callback(frame) if frame.header["op"] == "callback" else self._vjp(frame)
        except BaseException as error:
            self._callback_error = error
            raise

    def _callback(self, frame: Frame) -> Frame:
        decode, header = Decoder(frame, self._special_value), frame.header
        args, kwargs = decode(header["args"]), decode(header["kwargs"])
        flags = _flags([header["args"], header["kwargs"]])
        inputs = [tensor for tensor, flag in zip(tensors((args, kwargs)), flags, strict=True) if flag]
        for tensor in inputs:
            tensor.requires_grad_()
        with torch.set_grad_enabled(header["grad"]):
            value = self._callbacks[header["number"]](*args, **kwargs)
        outputs = tensors(value)
        call = len(self._graphs)
        self._graphs[call] = (inputs, outputs)
        encode = Encoder(self._special_node)
        return encode.frame(
            value=encode(value), call=call, tracked=[output.requires_grad for output in outputs]
        )

    def _vjp(self, frame: Frame) -> Frame:
        inputs, outputs = self._graphs[frame.header["call"]]
        gradients = Decoder(frame)(frame.header["gradients"])
        pairs = [(o, g) for o, g in zip(outputs, gradients, strict=True) if o.requires_grad and g is not None]
        before = [tensor.grad for tensor in inputs]
        for tensor in inputs:
            tensor.grad = None
        weighted_sum([o for o, _ in pairs], [g for _, g in pairs]).backward(  # type: ignore[no-untyped-call]
            retain_graph=True
        )
        answers = [tensor.grad for tensor in inputs]
        for tensor, old in zip(inputs, before, strict=True):
            tensor.grad = old
        encode = Encoder()
        return encode.frame(value=encode(answers))

    def _special_node(self, value: Any) -> Any:
        if isinstance(value, Handle):
            return {"handle": value.number}
        if callable(value) and not isinstance(value, torch.dtype | torch.Generator):
            if value not in self._callbacks:
                self._callbacks.append(value)
            return {"callback": self._callbacks.index(value)}
        return None

    def _special_value(self, node: dict[str, Any]) -> Any:
        match node:
            case {"handle": int(number)}:
                return Handle(number)
            case {"callback": int(number)} if 0 <= number < len(self._callbacks):
                return self._callbacks[number]
        return None


def _flags(node: Any) -> list[bool]:
    """The requires-grad flag of every tensor node, in the order of `tensors`."""
    if isinstance(node, list):
        return [flag for item in node for flag in _flags(item)]
    if isinstance(node, dict):
        if "tensor" in node:
            return [bool(node["tensor"]["grad"])]
        return (
            [flag for body in node.values() for flag in _flags(body)]
            if not {"array", "generator"} & set(node)
            else []
        )
    return []


def _bring_home(before: Any, now: Any) -> None:
    """A generator that the test passed comes back in the state that the call left it in."""
    if isinstance(before, torch.Generator) and isinstance(now, torch.Generator):
        before.set_state(now.get_state())


def _changed(before: Any, now: Any) -> bool:
    mine, theirs = tensors(before), tensors(now)
    return len(mine) != len(theirs) or any(not _same(a, b) for a, b in zip(mine, theirs, strict=True))


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Equal bit for bit in shape and values, NaN included."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    a = a.detach().cpu()
    return torch.equal(a.contiguous().view(-1).view(torch.uint8), b.contiguous().view(-1).view(torch.uint8))
