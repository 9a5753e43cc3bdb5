"""Replays the requests to a submission with other code: the same requests and random state, in the grader's process."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import Any

import torch

from autograder.assignment.manifest import Manifest
from autograder.errors import HarnessError
from autograder.transport.callback_registry import CallbackRegistry
from autograder.transport.exchange import Exchange
from autograder.transport.wire import Decoder, Encoder, Frame
from autograder.transport.worker import Worker

Change = Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]]]


@dataclass(frozen=True)
class RecordedSession:
    """All requests of one test to a submission with their replies, and the functions that the test passed in."""

    exchanges: Sequence[Exchange]
    callbacks: CallbackRegistry

    @cached_property
    def override_numbers(self) -> frozenset[int]:
        """Numbers of the functions that replace other tasks of the submission."""
        overrides = (e.request.header for e in self.exchanges if e.request.header["op"] == "override")
        return frozenset(header["callback"]["callback"] for header in overrides)

    def calls_of(self, task: str) -> list[int]:
        """Numbers of the exchanges that call the task: its function, or modules of its class.

        If the test reads a module's state after such a call, that exchange is included.
        """
        handles: dict[int, str] = {}
        found = []
        for number, exchange in enumerate(self.exchanges):
            header = exchange.request.header
            made = exchange.reply.header.get("value")
            if header["op"] == "create" and isinstance(made, dict) and type(made.get("handle")) is int:
                handles[made["handle"]] = header["target"]
            if header["op"] == "call":
                target = header["target"]
                if (handles.get(target["handle"]) if isinstance(target, dict) else target) == task:
                    found.append(number)
            if found and header["op"] == "method" and header["name"] == "state_dict":
                found.append(number)
        return found


@dataclass(frozen=True)
class RemoteObject:
    """An object that exists on one side only: a handle or a callback, by its number."""

    kind: str
    number: int


class ReplayWorker(Worker):
    """A worker in the grader's process that runs the reference, with other objects for some of its tasks.

    Args:
        manifest: the assignment.
        replacements: objects that are used instead of the reference's, by task.
    """

    def __init__(self, manifest: Manifest, replacements: Mapping[str, Any]) -> None:
        if manifest.staff is None:
            raise HarnessError("only staff have a reference: the manifest has no [staff] table")
        reference = manifest.staff.reference
        super().__init__(manifest.root / reference, reference, peer=lambda frame: self._ask(frame))
        self._mounted = True  # the package is imported as usual, and never again
        self._replacements = replacements
        self._ask: Callable[[Frame], Frame] = lambda frame: frame
        self._recorded: RecordedSession | None = None
        self._next = 0

    def ask(self, recorded: RecordedSession, number: int, request: Frame) -> Exchange:
        """Answers a request that takes the place of a recorded one.

        Earlier requests are replayed first if they can change the reply: those that create or use modules.
        """
        if recorded is not self._recorded or number < self._next:
            self._recorded, self._next = recorded, 0
            self._handles.clear()
            self._ask = recorded.callbacks.answer
        for earlier in recorded.exchanges[self._next : number]:
            if earlier.request.header["op"] != "override" and _involves_modules(earlier.request.header):
                self._answer(recorded, earlier.request)
        self._next = number + 1
        return self._answer(recorded, request)

    def _answer(self, recorded: RecordedSession, request: Frame) -> Exchange:
        try:
            with redirect_stdout(StringIO()):
                reply = self.handle(request)
            return Exchange(request, reply, recorded.callbacks.asked())
        finally:
            recorded.callbacks.forget()

    def _resolve(self, target: str) -> Any:
        if target in self._replacements:
            return self._replacements[target]
        module, _, name = target.rpartition(".")
        return getattr(importlib.import_module(f"{self.package}.{module}"), name)


def arguments(request: Frame) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call, by position and by name; handles and callbacks as `RemoteObject`."""
    if request.header["op"] != "call":
        return (), {}
    decode = Decoder(request, remote_object)
    args: tuple[Any, ...] = decode(request.header["args"])
    kwargs: dict[str, Any] = decode(request.header["kwargs"])
    return args, kwargs


def named_arguments(request: Frame, names: Sequence[str]) -> dict[str, Any]:
    """The arguments of a call by name; `names` are those of the function's parameters."""
    args, kwargs = arguments(request)
    return {**dict(zip(names, args, strict=False)), **kwargs}


def with_argument(request: Frame, names: Sequence[str], name: str, value: Any) -> Frame:
    """The same call with another value for one of its arguments."""

    def change(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if name in kwargs:
            return args, {**kwargs, name: value}
        place = list(names).index(name)
        return (*args[:place], value, *args[place + 1 :]), kwargs

    return changed(request, change)


def changed(
    request: Frame, change: Change = lambda args, kwargs: (args, kwargs), *, reseed: int = 0
) -> Frame:
    """The same call with other arguments, or with other random numbers where `reseed` is not 0."""
    if request.header["op"] != "call":
        return request
    decode = Decoder(request, remote_object)
    args, kwargs = change(decode(request.header["args"]), decode(request.header["kwargs"]))
    if reseed:
        args, kwargs = _reseeded(args, reseed), _reseeded(kwargs, reseed)
    encode = Encoder(remote_node)
    seed = (request.header["seed"] + 104_729 * reseed) % 2**63
    nodes = {"args": encode(args), "kwargs": encode(kwargs)}
    nodes["cotangent"] = encode(decode(request.header["cotangent"]))
    return encode.frame(**{**request.header, "seed": seed, **nodes})


def remote_object(node: dict[str, Any]) -> Any:
    """The `RemoteObject` of a node; None if the node is not one."""
    match node:
        case {"handle": int(number)}:
            return RemoteObject("handle", number)
        case {"callback": int(number)}:
            return RemoteObject("callback", number)
    return None


def remote_node(value: Any) -> Any:
    """The node of a `RemoteObject`."""
    return {value.kind: value.number} if isinstance(value, RemoteObject) else None


def _involves_modules(node: Any) -> bool:
    """Whether a request makes, changes or uses a module."""
    if isinstance(node, dict):
        return node.get("op") == "create" or "handle" in node or any(map(_involves_modules, node.values()))
    return isinstance(node, list) and any(map(_involves_modules, node))


def _reseeded(value: Any, reseed: int) -> Any:
    if isinstance(value, torch.Generator):
        value.manual_seed((int(value.initial_seed()) * 31 + _fingerprint(value) + 104_729 * reseed) % 2**63)
        return value
    if isinstance(value, list | tuple):
        return type(value)(_reseeded(item, reseed) for item in value)
    if isinstance(value, dict):
        return {key: _reseeded(item, reseed) for key, item in value.items()}
    return value


def _fingerprint(generator: torch.Generator) -> int:
    """A number that follows from a generator's state, so that two states get two new seeds."""
    return int(generator.get_state()[:64].to(torch.int64).mul(torch.arange(1, 65)).sum())
