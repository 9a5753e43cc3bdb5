"""The submission's side: mounts the package, answers one frame with one frame, knows nothing of tests."""

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

from autograder.errors import TimeLimit, WireError
from autograder.transport.callback_proxy import CallbackProxy, Peer
from autograder.transport.student_errors import LIMITS, MESSAGE_CAP
from autograder.transport.wire import Decoder, Encoder, Frame, tensors, weighted_sum

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
        """Answers one request. Whatever the submission raises becomes an error frame, except its time limit."""
        self.live_exception = None
        encode = Encoder(self._special_node)
        try:
            operation: Operation = getattr(self, "_" + frame.header["op"])
            return operation(frame.header, Decoder(frame, self._special_value), encode)
        except TimeLimit:
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
        value = function(*args, **kwargs)
        gradients = _gradients(value, inputs, decode(header["cotangent"])) if inputs else {}
        try:
            node = encode(value)
        except WireError as error:
            return Frame({"refused": str(error)})
        return encode.frame(
            value=node, gradients=encode(gradients), arguments=encode(args), keywords=encode(kwargs)
        )

    def _create(self, header: dict[str, Any], decode: Decoder, encode: Encoder) -> Frame:
        self._seed(header["seed"])
        module = self._resolve(header["target"])(*decode(header["args"]), **decode(header["kwargs"]))
        return encode.frame(value=encode(module))

    def _method(self, header: dict[str, Any], decode: Decoder, encode: Encoder) -> Frame:
        module = self._handles[header["handle"]]
        match header["name"]:
            case "state_dict":
                return encode.frame(value=encode(dict(module.state_dict())))
            case "load_state_dict":
                module.load_state_dict(decode(header["args"])[0])
                return encode.frame(value=None)
            case "train" | "eval":
                module.train(header["name"] == "train")
                return encode.frame(value=None)
        raise WireError(f"handles have no {header['name']!r}")

    def _override(self, header: dict[str, Any], decode: Decoder, encode: Encoder) -> Frame:
        """Answers one task from the test's side from now on."""
        self.replace(header["target"], decode(header["callback"]))
        return encode.frame(value=None)

    def replace(self, target: str, substitute: Any) -> None:
        """Puts `substitute` where the package keeps `target`."""
        self._mount()
        module, _, name = target.rpartition(".")
        setattr(importlib.import_module(f"{self.package}.{module}"), name, substitute)

    # -- the package ------------------------------------------------------------------------------------------

    def _mount(self) -> None:
        """Imports the folder afresh under the package's name, wherever it lies and whatever it is called."""
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
            raise AttributeError(f"{file} does not define `{name}`: give the function back its name")
        return getattr(module, name)

    def _target(self, target: str | dict[str, int]) -> Callable[..., Any]:
        return self._handles[target["handle"]] if isinstance(target, dict) else self._resolve(target)

    def _seed(self, seed: int) -> None:
        # Not torch.manual_seed: it keeps a stack trace for each call until CUDA starts, which takes long.
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.manual_seed_all(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)

    # -- what only this side knows ----------------------------------------------------------------------------

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
        """What gradients are taken of: a leaf tensor, a module's named parameters, or a callback's anchor."""
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
    except BaseException as another:  # an exception may have a __str__ of the submission's own
        return f"(its text cannot be had: {type(another).__name__})"


def _limit(error: BaseException) -> str:
    """The limit that an error speaks of, or nothing."""
    if isinstance(error, MemoryError) or "can't allocate memory" in _text(error):
        return "memory"
    if isinstance(error, OSError):
        return LIMITS.get(error.errno or 0, "")
    return "processes" if "can't start new thread" in _text(error) else ""


def _gradients(value: Any, inputs: dict[str, Any], cotangent: Any) -> dict[str, Any]:
    """Gradient of sum(value * cotangent) to each input; None where nothing of it arrives."""
    outputs = tensors(value)
    weights = tensors(cotangent) if cotangent is not None else [torch.ones_like(output) for output in outputs]
    if [output.shape for output in outputs] != [weight.shape for weight in weights]:
        weights = outputs = []  # the value is not what is due, and its test will say so
    pairs = [(o, w) for o, w in zip(outputs, weights, strict=True) if o.requires_grad]
    leaves = tensors(inputs)
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    found: tuple[torch.Tensor | None, ...] = (None,) * len(wanted)
    if pairs and wanted:
        total = weighted_sum([output for output, _ in pairs], [weight for _, weight in pairs])
        found = torch.autograd.grad(total, wanted, allow_unused=True)
    by_id = {id(leaf): gradient for leaf, gradient in zip(wanted, found, strict=True)}

    def answer(item: Any) -> Any:
        if isinstance(item, dict):
            return {name: answer(part) for name, part in item.items()}
        return by_id.get(id(item))

    return {name: answer(item) for name, item in inputs.items()}
