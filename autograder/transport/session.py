"""The test's side: sends calls, answers callbacks, keeps the log. The same whatever lies behind `exchange`."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from autograder.errors import Killed, WireError, WrongAnswer
from autograder.transport.callback_registry import CallbackRegistry
from autograder.transport.student_errors import MESSAGE_CAP, student_error
from autograder.transport.text import printable
from autograder.transport.wire import Decoder, Encoder, Frame, tensors


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
class Exchange:
    """One line of a conversation, as it crossed the seam.

    Attributes:
        request: what was asked.
        reply: what came back.
        asked: what the submission asked of the test's functions in between.
    """

    request: Frame
    reply: Frame
    asked: tuple[Frame, ...] = ()


class Handle:
    """A module that lives on the submission's side, by its number there."""

    def __init__(self, number: int) -> None:
        self.number = number


class Transport(Protocol):
    """Opens sessions with a submission, each with a worker that nothing else has used."""

    def open(
        self,
        seed: int,
        seconds: float,
        overrides: Mapping[str, Callable[..., Any]],
        *,
        memory_mb: int,
        gpu: bool,
    ) -> "Session":
        """A fresh import of the package, and a session with it.

        Args:
            seed: the test's.
            seconds: how long all calls of the session may take together.
            overrides: tasks that are answered by these functions (in process also classes) instead of the package's.
            memory_mb: how much memory they may take, where that can be bounded.
            gpu: whether they may use a GPU.
        """
        ...


class Session:
    """One conversation with one worker, in one test. What a worker says is checked before it is used.

    Args:
        exchange: sends a frame to the worker and returns its answer.
        seed: every call's random state derives from it.

    Attributes:
        log: every exchange, with what came back; what is asked and said in it does not change any more.
        live_exception: the exception itself that an error speaks of, where it lives in this process.
        printed: what the worker has printed, where pytest does not see it.
        close: ends the worker.
        limits: the worker's limits by name, in words; none where it has none.
        callbacks: the functions that the test has passed in.
        answered: whether the test has had an answer that it may be working with.
    """

    def __init__(self, exchange: Callable[[Frame], Frame], seed: int) -> None:
        self.exchange = exchange
        self.seed = seed
        self.log: list[Exchange] = []
        self.live_exception: Callable[[], BaseException | None] = lambda: None
        self.printed: Callable[[], str] = lambda: ""
        self.close: Callable[[], None] = lambda: None
        self.limits: dict[str, str] = {}
        self.callbacks = CallbackRegistry(self._special_node, self._special_value)
        self.answered = False
        self._calls = 0

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
        encode = Encoder(self._special_node)
        request = encode.frame(
            op="call",
            target=place,
            seed=self._next_seed(),
            args=encode(args),
            kwargs=encode(kwargs),
            grad_of=list(grad_of),
            cotangent=encode(cotangent),
        )
        return self._reply(request, args, kwargs)

    def create(self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Handle:
        """Builds a module of the submission's and returns its handle."""
        encode = Encoder(self._special_node)
        request = encode.frame(
            op="create", target=target, seed=self._next_seed(), args=encode(args), kwargs=encode(kwargs)
        )
        frame = self._send(request)
        with _protocol_errors():
            handle = Decoder(frame, self._special_value)(frame.header["value"])
        if not isinstance(handle, Handle):
            raise WrongAnswer(f"`{target}` is not a torch module any more", failure="type")
        return handle

    def method(self, handle: Handle, name: str, *args: Any) -> Any:
        """`state_dict`, `load_state_dict`, `train` or `eval` of a module."""
        encode = Encoder(self._special_node)
        request = encode.frame(op="method", handle=handle.number, name=name, args=encode(args))
        frame = self._send(request)
        with _protocol_errors():
            return Decoder(frame, self._special_value)(frame.header["value"])

    def override(self, target: str, substitute: Callable[..., Any]) -> None:
        """Lets `substitute`, on the test's side, answer for `target` from now on."""
        encode = Encoder(self._special_node)
        self._send(encode.frame(op="override", target=target, callback=encode(substitute)))

    # -- replies ----------------------------------------------------------------------------------------------

    def _reply(self, request: Frame, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Reply:
        frame = self._send(request)
        with _protocol_errors():
            header, decode = frame.header, Decoder(frame, self._special_value)
            if "refused" in header:
                refused = printable(str(header["refused"]), MESSAGE_CAP)
                raise WrongAnswer(
                    f"the code returned {refused}",
                    hint="Return what the docstring says: tensors, numbers or tuples of them.",
                    failure="type",
                )
            after = _expect(tuple, decode(header["arguments"])), _expect(dict, decode(header["keywords"]))
            reply = Reply(decode(header["value"]), _expect(dict, decode(header["gradients"])), after)
            if len(after[0]) != len(args) or list(after[1]) != list(kwargs):
                raise WireError("other arguments than those of the call")
        names = [f"argument {i + 1}" for i in range(len(args))] + [f"`{name}`" for name in kwargs]
        pairs = zip(names, (*args, *kwargs.values()), (*after[0], *after[1].values()), strict=True)
        for name, before, now in pairs:
            _restore_generator(before, now)
            if _changed(before, now):
                raise WrongAnswer(
                    f"the code changes {name} in place; its caller still needs the old values",
                    hint="Work on a new tensor: methods that end in `_`, `+=` and `x[...] = ` write into the old one.",
                    failure="argument changed in place",
                )
        return reply

    def _send(self, request: Frame) -> Frame:
        """Sends a request; raises what the submission raised. A callback's own exception belongs to the test."""
        self.callbacks.error = None
        try:
            frame = self.exchange(request)
        finally:
            self.callbacks.forget()
        self.log.append(Exchange(request, frame, self.callbacks.asked()))
        if self.callbacks.error is not None:
            raise self.callbacks.error
        if "error" not in frame.header:
            self.answered = True
            return frame
        with _protocol_errors():
            error = student_error(frame.header["error"])
        raise error from self.live_exception()

    def _next_seed(self) -> int:
        self._calls += 1
        return (self.seed + 7919 * self._calls) % 2**63

    def _special_node(self, value: Any) -> Any:
        if isinstance(value, Handle):
            return {"handle": value.number}
        if callable(value) and not isinstance(value, torch.dtype | torch.Generator):
            return {"callback": self.callbacks.number_of(value)}
        return None

    def _special_value(self, node: dict[str, Any]) -> Any:
        match node:
            case {"handle": int(number)}:
                return Handle(number)
            case {"callback": int(number)} if 0 <= number < len(self.callbacks.functions):
                return self.callbacks.functions[number]
        return None


@contextmanager
def _protocol_errors() -> Iterator[None]:
    """Ends the conversation with a worker whose words make no sense. No honest one comes here."""
    try:
        yield
    except (WireError, KeyError) as error:
        raise Killed("its process answered with something that is no answer") from error


def _expect(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise WireError(f"a {type(value).__name__} where a {kind.__name__} is due")
    return value


def _restore_generator(before: Any, now: Any) -> None:
    """A generator that the test passed comes back in the state that the call left it in."""
    if isinstance(before, torch.Generator) and isinstance(now, torch.Generator):
        before.set_state(now.get_state())


def _changed(before: Any, now: Any) -> bool:
    mine, theirs = tensors(before), tensors(now)
    return len(mine) != len(theirs) or any(not identical(a, b) for a, b in zip(mine, theirs, strict=True))


def identical(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors are equal bit for bit, in shape, dtype and values, NaN included."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    a = a.detach().cpu()
    return torch.equal(a.contiguous().view(-1).view(torch.uint8), b.contiguous().view(-1).view(torch.uint8))
