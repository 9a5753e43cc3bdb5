"""The test's side: it sends calls, answers callbacks and keeps the log. It is the same for every transport."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Protocol

import torch

from autograder.errors import Killed, WireError, WrongAnswer
from autograder.transport.callback_registry import CallbackRegistry
from autograder.transport.exchange import Exchange, Handle, Reply
from autograder.transport.invariants import check, check_left
from autograder.transport.student_errors import MESSAGE_CAP, student_error
from autograder.transport.text import printable
from autograder.transport.wire import Decoder, Encoder, Frame


class Transport(Protocol):
    """Opens sessions with a submission, each with a new worker.

    Attributes:
        slowness: of this machine, at least 1; limits of time are multiplied by it.
    """

    slowness: float

    def restart_if_dead(self) -> None:
        """Makes new sessions possible again if something that they need has ended."""
        ...

    def open(
        self,
        seed: int,
        seconds: float,
        overrides: Mapping[str, Callable[..., Any]],
        *,
        memory_mb: int,
        gpu: bool,
    ) -> "Session":
        """Imports the package again and opens a session with it.

        Args:
            seed: of the test.
            seconds: how much of its own time (see `own_time`) the worker may take for all calls of the session.
            overrides: tasks that are answered by these functions (in process also classes) instead of the package's.
            memory_mb: how much memory they may use, where that can be limited.
            gpu: whether they may use a GPU.
        """
        ...


class Session:
    """One session with one worker, in one test. Everything that a worker sends is checked before it is used.

    Args:
        exchange: sends a frame to the worker and returns its answer.
        seed: the random state of every call derives from it.

    Attributes:
        log: every exchange. Its frames never change afterwards.
        live_exception: returns the exception object of the last error, if it was raised in this process.
        printed: returns what the worker has printed, if pytest does not capture it.
        close: ends the worker.
        limits: the worker's limits by name, in words; empty if it has none.
        charged: returns the seconds of its own time that the worker has used up.
        callbacks: the functions that the test has passed in.
        answered: whether the test has received an answer, so that it may work with a value of the submission.
    """

    def __init__(self, exchange: Callable[[Frame], Frame], seed: int) -> None:
        self.exchange = exchange
        self.seed = seed
        self.log: list[Exchange] = []
        self.live_exception: Callable[[], BaseException | None] = lambda: None
        self.printed: Callable[[], str] = lambda: ""
        self.close: Callable[[], None] = lambda: None
        self.limits: dict[str, str] = {}
        self.charged: Callable[[], float] = lambda: 0.0
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
        seed: int | None = None,
        surroundings: Mapping[str, Any] = MappingProxyType({}),
    ) -> Reply:
        """Calls a function of the submission by its path, or a module by its handle.

        Args:
            target: the path or the handle.
            args: by position.
            kwargs: by name.
            grad_of: names of keyword arguments to which the gradient of sum(value * cotangent) is wanted.
            cotangent: of the shape of the value; default ones.
            seed: of the global generators; by default one that follows from the session's.
            surroundings: other values of global settings during the call, by their names in `global_state`.

        Raises:
            StudentError: the submission's code raised.
            WrongAnswer: the code returned something that is not plain data, or changed an argument in place.
        """
        kwargs = kwargs or {}
        target_node = {"handle": target.number} if isinstance(target, Handle) else target
        encode = Encoder(self._special_node)
        request = encode.frame(
            op="call",
            target=target_node,
            seed=self._next_seed() if seed is None else seed,
            args=encode(args),
            kwargs=encode(kwargs),
            grad_of=list(grad_of),
            cotangent=encode(cotangent),
            surroundings=encode(dict(surroundings)),
        )
        return self._reply(request, args, kwargs)

    def create(self, target: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Handle:
        """Creates a module of the submission and returns its handle."""
        encode = Encoder(self._special_node)
        request = encode.frame(
            op="create", target=target, seed=self._next_seed(), args=encode(args), kwargs=encode(kwargs)
        )
        frame = self._send(request)
        with _protocol_errors():
            handle = Decoder(frame, self._special_value)(frame.header["value"])
            check_left(frame.header["left"])
        if not isinstance(handle, Handle):
            raise WrongAnswer(f"`{target}` is no longer a torch module", failure="type")
        return handle

    def method(self, handle: Handle, name: str, *args: Any) -> Any:
        """`state_dict`, `load_state_dict`, `train` or `eval` of a module."""
        encode = Encoder(self._special_node)
        request = encode.frame(op="method", handle=handle.number, name=name, args=encode(args))
        frame = self._send(request)
        with _protocol_errors():
            return Decoder(frame, self._special_value)(frame.header["value"])

    def override(self, target: str, substitute: Callable[..., Any]) -> None:
        """From now on, `substitute` on the test's side answers for `target`."""
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
            found = _expect(dict, decode(header["gradients"]))
            reply = Reply(decode(header["value"]), found, after, bool(header["drew"]))
            if len(after[0]) != len(args) or list(after[1]) != list(kwargs):
                raise WireError("the arguments are not those of the call")
            check((args, kwargs), after, reply.value, header["left"])
        return reply

    def _send(self, request: Frame) -> Frame:
        """Sends a request and raises what the submission raised. An exception of a callback belongs to the test."""
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
    """Ends the session with a worker that breaks the protocol. An honest worker never does."""
    try:
        yield
    except (WireError, KeyError) as error:
        raise Killed("its process answered with something that is not an answer") from error


def _expect(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise WireError(f"a {type(value).__name__} instead of a {kind.__name__}")
    return value
