"""The submission's side: it mounts the package and answers one frame with one frame. It does not know any test."""

import importlib
import random
import sys
import traceback
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from autograder.errors import Interrupted, TimeLimit, WireError
from autograder.transport.autograd import gradients
from autograder.transport.callback_proxy import CallbackProxy, Peer
from autograder.transport.global_state import surroundings
from autograder.transport.invariants import Watch
from autograder.transport.student_errors import LIMITS, MESSAGE_CAP
from autograder.transport.wire import Decoder, Encoder, Frame

Operation = Callable[[dict[str, Any], Decoder, Encoder], Frame]


class Worker:
    """Holds one mounted submission and its modules.

    Args:
        folder: the package's folder.
        package: the name it is mounted under.
        peer: sends a frame to the test's side and returns the answer (callbacks).
    """

    def __init__(self, folder: Path, package: str, peer: Peer) -> None:
        self.folder = folder.resolve()
        self.package = package
        self.peer = peer
        self.live_exception: BaseException | None = None
        self._handles: list[torch.nn.Module] = []
        self._mounted = False

    def handle(self, frame: Frame) -> Frame:
        """Answers one request. Everything that the submission raises becomes an error frame.

        TimeLimit and Interrupted, which come from outside, pass through.
        """
        self.live_exception = None
        encode = Encoder(self._special_node)
        try:
            operation: Operation = getattr(self, "_" + frame.header["op"])
            return operation(frame.header, Decoder(frame, self._special_value), encode)
        except (TimeLimit, Interrupted):
            raise
        except BaseException as error:  # a submission may raise anything, SystemExit included
            if isinstance(error, KeyboardInterrupt) and not self._frames(error):
                raise
            self.live_exception = error
            return Frame({"error": self._described(error)})

    # -- requests ---------------------------------------------------------------------------------------------

    def _call(self, header: dict[str, Any], decode: Decoder, encode: Encoder) -> Frame:
        self._seed(header["seed"])
        function = self._target(header["target"])
        args, kwargs = decode(header["args"]), decode(header["kwargs"])
        inputs = {name: self._differentiable(name, kwargs, function) for name in header["grad_of"]}
        with surroundings(decode(header["surroundings"])), Watch(function, args, kwargs) as watch:
            value = function(*args, **kwargs)
        found = gradients(value, inputs, decode(header["cotangent"])) if inputs else {}
        try:
            node = encode(value)
        except WireError as error:
            return Frame({"refused": str(error)})
        return encode.frame(
            value=node,
            gradients=encode(found),
            arguments=encode(args),
            keywords=encode(kwargs),
            left=watch.left,
            drew=watch.drew,
        )

    def _create(self, header: dict[str, Any], decode: Decoder, encode: Encoder) -> Frame:
        self._seed(header["seed"])
        network, args, kwargs = (
            self._resolve(header["target"]),
            decode(header["args"]),
            decode(header["kwargs"]),
        )
        with Watch(network, args, kwargs) as watch:
            module = network(*args, **kwargs)
        return encode.frame(value=encode(module), left=watch.left)

    def _method(self, header: dict[str, Any], decode: Decoder, encode: Encoder) -> Frame:
        module = self._handles[header["handle"]]
        match header["name"]:
            case "state_dict":
                return encode.frame(value=encode(dict(module.state_dict())))
            case "load_state_dict":
                module.load_state_dict(decode(header["args"])[0])
                return encode.frame(value=None)
            case "train" | "eval":
                module.get_submodule("".join(decode(header["args"]))).train(header["name"] == "train")
                return encode.frame(value=None)
        raise WireError(f"handles have no {header['name']!r}")

    def _override(self, header: dict[str, Any], decode: Decoder, encode: Encoder) -> Frame:
        """From now on, a function on the test's side answers one task."""
        self.replace(header["target"], decode(header["callback"]))
        return encode.frame(value=None)

    def replace(self, target: str, substitute: Any) -> None:
        """Replaces `target` in the package by `substitute`."""
        self._mount()
        module, _, name = target.rpartition(".")
        setattr(importlib.import_module(f"{self.package}.{module}"), name, substitute)

    # -- the package ------------------------------------------------------------------------------------------

    def _mount(self) -> None:
        """Imports the folder again under the package's name, independent of the folder's own path and name."""
        if self._mounted:
            return
        for name in [
            name for name in sys.modules if name == self.package or name.startswith(self.package + ".")
        ]:
            del sys.modules[name]
        entry = self.folder / "__init__.py"
        spec = spec_from_file_location(self.package, entry, submodule_search_locations=[str(self.folder)])
        assert spec is not None and spec.loader is not None
        module = module_from_spec(spec)
        sys.modules[self.package] = module
        if entry.exists():
            spec.loader.exec_module(module)
        importlib.invalidate_caches()
        self._mounted = True

    def _resolve(self, target: str) -> Any:
        self._mount()
        module_path, _, name = target.rpartition(".")
        module: ModuleType = importlib.import_module(f"{self.package}.{module_path}")
        if not hasattr(module, name):
            file = module_path.replace(".", "/") + ".py"
            raise AttributeError(f"{file} does not define `{name}`: the function must keep this name")
        return getattr(module, name)

    def _target(self, target: str | dict[str, int]) -> Callable[..., Any]:
        return self._handles[target["handle"]] if isinstance(target, dict) else self._resolve(target)

    def _seed(self, seed: int) -> None:
        # Not torch.manual_seed: until CUDA starts, it stores a stack trace for each call, which is slow.
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.manual_seed_all(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)

    # -- objects of this side only ----------------------------------------------------------------------------

    def _special_node(self, value: Any) -> Any:
        if isinstance(value, CallbackProxy):
            return {"callback": value.number}
        if isinstance(value, torch.nn.Module):
            if value not in self._handles:
                self._handles.append(value)
            return {"handle": self._handles.index(value)}
        return None

    def _special_value(self, node: dict[str, Any]) -> Any:
        match node:
            case {"callback": int(number)}:
                return CallbackProxy(number, self.peer, self._special_node, self._special_value)
            case {"handle": int(number)} if 0 <= number < len(self._handles):
                return self._handles[number]
        return None

    def _differentiable(self, name: str, kwargs: dict[str, Any], function: Any) -> Any:
        """What to differentiate with respect to: a leaf tensor, a module's named parameters, or a callback's anchor."""
        value = function if name == "self" else kwargs[name]
        if isinstance(value, torch.nn.Module):
            return dict(value.named_parameters())
        if isinstance(value, CallbackProxy):
            return value.anchor
        kwargs[name] = value.requires_grad_()
        return value

    def _described(self, error: BaseException) -> dict[str, Any]:
        return {
            "kind": type(error).__name__,
            "message": _text(error)[:MESSAGE_CAP],
            "frames": self._frames(error),
            "limit": _limit(error),
        }

    def _frames(self, error: BaseException) -> list[list[Any]]:
        """The submission's own frames: file relative to the package, line, function, text."""
        frames = []
        for frame in traceback.extract_tb(error.__traceback__):
            path = Path(frame.filename)
            if path.is_relative_to(self.folder):
                frames.append(
                    [str(path.relative_to(self.folder)), frame.lineno or 0, frame.name, frame.line or ""]
                )
        if (
            isinstance(error, SyntaxError)
            and error.filename
            and Path(error.filename).is_relative_to(self.folder)
        ):
            file = str(Path(error.filename).relative_to(self.folder))
            frames.append([file, error.lineno or 0, "<module>", (error.text or "").strip()])
        return frames


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as another:  # the submission may define the __str__ of its exception
        return f"(its text raises {type(another).__name__})"


def _limit(error: BaseException) -> str:
    """The limit that an error is about, or an empty string."""
    if isinstance(error, MemoryError) or "can't allocate memory" in _text(error):
        return "memory"
    if isinstance(error, OSError):
        return LIMITS.get(error.errno or 0, "")
    return "processes" if "can't start new thread" in _text(error) else ""
