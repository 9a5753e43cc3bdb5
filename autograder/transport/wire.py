"""Plain data: a JSON-like header and raw tensor storages. Nothing else ever crosses between test and submission.

A tensor travels as (storage, dtype, size, stride, offset), so that layout and aliasing arrive as they were sent.
Decoding checks everything before it builds a tensor. This module knows neither tests nor submissions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

MAX_DEPTH = 32
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128),
    )
}
Special = Callable[[Any], Any]


class WireError(TypeError):
    """A value that is not plain data, or a node that does not describe one."""


@dataclass
class Frame:
    """One message: `header` holds only None, bool, int, str, list and dict; tensors lie in `storages`."""

    header: dict[str, Any]
    storages: list[torch.UntypedStorage] = field(default_factory=list)


class Encoder:
    """Turns values into header nodes, collecting their storages; equal storages are sent once.

    Args:
        special: returns a node for objects that only one side knows (callbacks, handles), or None.
    """

    def __init__(self, special: Special | None = None) -> None:
        self.storages: list[torch.UntypedStorage] = []
        self._index: dict[int, int] = {}
        self._special = special

    def frame(self, **header: Any) -> Frame:
        """A frame of the nodes made so far."""
        return Frame(header, self.storages)

    def __call__(self, value: Any, depth: int = 0) -> Any:
        """The node of `value`.

        Raises:
            WireError: the value is not plain data.
        """
        if depth > MAX_DEPTH:
            raise WireError(f"nested more than {MAX_DEPTH} deep")
        if value is None or isinstance(value, bool | str) or type(value) is int:
            return value
        if isinstance(value, float) and not isinstance(value, np.generic):
            return {"float": value.hex()}
        if self._special is not None and (node := self._special(value)) is not None:
            return node
        if isinstance(value, torch.Tensor):
            return {"tensor": self._tensor(value)}
        if isinstance(value, np.ndarray | np.generic):
            return {"array": self._array(value)}
        if isinstance(value, torch.Generator):
            return {"generator": self._tensor(value.get_state())}
        if isinstance(value, torch.dtype) and value in DTYPES.values():
            return {"dtype": str(value).removeprefix("torch.")}
        if isinstance(value, list):
            return {"list": [self(item, depth + 1) for item in value]}
        if isinstance(value, tuple):
            return {"tuple": [self(item, depth + 1) for item in value]}
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {"dict": [[key, self(item, depth + 1)] for key, item in value.items()]}
        raise WireError(f"a {type(value).__module__}.{type(value).__qualname__} is not plain data")

    def _tensor(self, tensor: torch.Tensor) -> dict[str, Any]:
        if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
            raise WireError(
                f"a tensor of the subclass {type(tensor).__qualname__}; give a plain torch.Tensor"
            )
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.device.type == "meta":
            raise WireError("a tensor without dense values")
        dtype = str(tensor.dtype).removeprefix("torch.")
        if dtype not in DTYPES:
            raise WireError(f"a tensor of dtype {tensor.dtype}")
        plain = tensor.detach().resolve_conj().resolve_neg().cpu()
        storage = plain.untyped_storage()
        if storage._cdata not in self._index:
            self._index[storage._cdata] = len(self.storages)
            self.storages.append(_copy(storage))
        return {
            "storage": self._index[storage._cdata],
            "dtype": dtype,
            "size": list(plain.size()),
            "stride": list(plain.stride()),
            "offset": plain.storage_offset(),
            "grad": tensor.requires_grad,
        }

    def _array(self, array: np.ndarray[Any, Any] | np.generic) -> dict[str, Any]:
        try:
            return self._tensor(torch.tensor(np.asarray(array)))
        except TypeError as error:
            raise WireError(f"a NumPy array of dtype {array.dtype}") from error


class Decoder:
    """Turns nodes of one frame back into values, on copies of its storages.

    Args:
        frame: as received; it is not changed.
        special: returns the object of a node that only one side knows, or None.
    """

    def __init__(self, frame: Frame, special: Special | None = None) -> None:
        self._storages = frame.storages
        self._copies: dict[int, torch.UntypedStorage] = {}
        self._special = special

    def __call__(self, node: Any, depth: int = 0) -> Any:
        """The value of `node`.

        Raises:
            WireError: the node does not describe plain data.
        """
        if depth > MAX_DEPTH:
            raise WireError(f"nested more than {MAX_DEPTH} deep")
        if node is None or isinstance(node, bool | str | int):
            return node
        if not isinstance(node, dict) or len(node) != 1:
            raise WireError("not a node")
        ((kind, body),) = node.items()
        match kind, body:
            case "float", str():
                return float.fromhex(body)
            case "tensor", dict():
                return self._tensor(body)
            case "array", dict():
                return self._tensor(body).numpy()
            case "generator", dict():
                generator = torch.Generator()
                generator.set_state(self._tensor(body))
                return generator
            case "dtype", str() if body in DTYPES:
                return DTYPES[body]
            case "list", list():
                return [self(item, depth + 1) for item in body]
            case "tuple", list():
                return tuple(self(item, depth + 1) for item in body)
            case "dict", list():
                return {str(key): self(item, depth + 1) for key, item in body}
        if self._special is not None and (value := self._special(node)) is not None:
            return value
        raise WireError(f"not a node: {kind!r}")

    def _tensor(self, body: dict[str, Any]) -> torch.Tensor:
        index, size, stride, offset = body["storage"], body["size"], body["stride"], body["offset"]
        numbers = [index, offset, *size, *stride]
        if not all(type(number) is int and number >= 0 for number in numbers) or len(size) != len(stride):
            raise WireError("a tensor whose layout is not made of whole numbers")
        if index >= len(self._storages) or body["dtype"] not in DTYPES:
            raise WireError("a tensor without its storage or of an unknown dtype")
        dtype = DTYPES[body["dtype"]]
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if 0 not in size and (last + 1) * dtype.itemsize > self._storages[index].nbytes():
            raise WireError("a tensor that reaches past its storage")
        if index not in self._copies:
            self._copies[index] = _copy(self._storages[index])
        return torch.empty(0, dtype=dtype).set_(self._copies[index], offset, size, stride)


def _copy(storage: torch.UntypedStorage) -> torch.UntypedStorage:
    copy: torch.UntypedStorage = torch.empty(storage.nbytes(), dtype=torch.uint8).untyped_storage()
    copy.copy_(storage)
    return copy


def tensors(value: Any) -> list[torch.Tensor]:
    """Every tensor in a nested value, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in tensors(item)]
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in tensors(item)]
    return []


def weighted_sum(outputs: list[torch.Tensor], weights: list[torch.Tensor]) -> torch.Tensor:
    """The scalar whose gradient is the vector-Jacobian product of `outputs` with `weights`.

    Handing the weights to autograd itself would import a symbolic-shape library of hundreds of modules first.
    """
    with torch.enable_grad():  # a backward pass may ask for another one, and runs without
        parts = [
            (output * weight).sum().to(torch.float64) for output, weight in zip(outputs, weights, strict=True)
        ]
        return torch.stack(parts).sum()
