"""Settings that a process has once for all its code: which ones a call has changed, and putting them back."""

import ctypes
import decimal
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

TORCH_GENERATOR = "torch's random generator"
_WARNINGS = "the warnings filters"
_WORDS = 624  # of the state of a Mersenne twister


def _set_filters(filters: list[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]


def _set_decimal_precision(digits: int) -> None:
    decimal.getcontext().prec = digits


def _cudnn() -> tuple[bool, ...]:
    backend = torch.backends.cudnn
    return backend.enabled, backend.deterministic, backend.benchmark


def _set_cudnn(values: tuple[bool, ...]) -> None:
    backend = torch.backends.cudnn
    backend.enabled, backend.deterministic, backend.benchmark = values


def _deterministic() -> tuple[bool, bool]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


def _numpy_state() -> bytes:
    """The words and the position of the generator. NumPy's own function takes a hundred times longer."""
    return ctypes.string_at(np.random.mtrand._rand._bit_generator.ctypes.state_address, 4 * (_WORDS + 1))


def _set_numpy_state(state: bytes) -> None:
    *words, position = np.frombuffer(state, dtype=np.uint32)
    np.random.set_state(("MT19937", np.array(words, dtype=np.uint32), int(position), 0, 0.0))


def _default_device() -> str:
    return str(torch.get_default_device())


# By name: what reads a setting, and what sets it to a value that was read.
_SETTINGS: Mapping[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "the gradient mode": (torch.is_grad_enabled, torch.set_grad_enabled),
    "torch's default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "torch's default device": (_default_device, torch.set_default_device),
    "torch's number of threads": (torch.get_num_threads, torch.set_num_threads),
    "torch's deterministic mode": (
        _deterministic,
        lambda old: torch.use_deterministic_algorithms(old[0], warn_only=old[1]),
    ),
    "torch's settings of cuDNN": (_cudnn, _set_cudnn),
    "torch's precision of matrix products": (
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
    ),
    "autocast": (
        lambda: torch.is_autocast_enabled("cpu"),
        lambda old: torch.set_autocast_enabled("cpu", old),
    ),
    "torch's anomaly detection": (torch.is_anomaly_enabled, torch.set_anomaly_enabled),
    TORCH_GENERATOR: (
        lambda: torch.default_generator.get_state().numpy().tobytes(),
        lambda old: torch.default_generator.set_state(torch.frombuffer(bytearray(old), dtype=torch.uint8)),
    ),
    "NumPy's random generator": (_numpy_state, _set_numpy_state),
    "Python's random generator": (random.getstate, random.setstate),
    "NumPy's error settings": (np.geterr, lambda old: np.seterr(**old)),
    _WARNINGS: (lambda: list(warnings.filters), _set_filters),
    "the precision of `decimal`": (lambda: decimal.getcontext().prec, _set_decimal_precision),
    "Python's recursion limit": (sys.getrecursionlimit, sys.setrecursionlimit),
}
NAMES = tuple(_SETTINGS)


@contextmanager
def surroundings(values: Mapping[str, Any]) -> Iterator[None]:
    """Other values of some settings in the block, by name; afterwards they are as before."""
    old = {name: _SETTINGS[name][0]() for name in values}
    try:
        for name, value in values.items():
            _SETTINGS[name][1](value)
        yield
    finally:
        for name, value in old.items():
            _SETTINGS[name][1](value)


class GlobalState:
    """The settings as they were when this object was made."""

    def __init__(self) -> None:
        self._values = {name: read() for name, (read, _) in _SETTINGS.items()}
        self._modules = len(sys.modules)

    def restore(self) -> list[str]:
        """Puts back what has changed, and returns the names of it. A library may add warnings filters when imported."""
        except_for = (_WARNINGS,) if len(sys.modules) != self._modules else ()
        changed = []
        for name, (read, put) in _SETTINGS.items():
            if name not in except_for and read() != self._values[name]:
                put(self._values[name])
                changed.append(name)
        return changed
