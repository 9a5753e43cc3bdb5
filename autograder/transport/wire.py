"""Plain data: a JSON-like header and raw tensor storages. Nothing else crosses between test and submission.

A tensor travels as (storage, dtype, size, stride, offset), so that layout and aliasing are preserved.
Decoding checks everything before it builds a tensor. This module does not depend on tests or submissions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from autograder.errors import WireError
from autograder.transport.generators import generator_in

MAX_DEPTH = 32
MAX_NODES = 200_000  # in one value: lists that contain the same list several times can be exponentially large
MAX_LOGICAL = 64 * 2**20  # bytes of all tensors of a frame, as if no two elements shared memory
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128),
    )
}
Special = Callable[[Any], Any]


@dataclass
class Frame:
    """One message: `header` holds only None, bool, int, str, list and dict; tensors are in `storages`."""

    header: dict[str, Any]
    storages: list[torch.UntypedStorage] = field(default_factory=list)


class Encoder:
    """Turns values into header nodes, and collects their storages. A storage that several tensors share is sent once.

    Args:
        special: returns a node for objects that exist on one side only (callbacks, handles), or None.
    """

    def __init__(self, special: Special | None = None) -> None:
        self.storages: list[torch.UntypedStorage] = []
        self._index: dict[int, int] = {}
        self._originals: list[torch.UntypedStorage] = []
        self._special = special
        self._nodes = 0

    def frame(self, **header: Any) -> Frame:
        """A frame with the storages of all nodes so far."""
        return Frame(header, self.storages)

    def __call__(self, value: Any, depth: int = 0) -> Any:
        """The node of `value`.

        Raises:
            WireError: the value is not plain data.
        """
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise WireError(f"something nested more than {MAX_DEPTH} deep")
        if self._nodes > MAX_NODES:
            raise WireError(f"a value of more than {MAX_NODES} parts")
        if value is None or isinstance(value, bool) or type(value) in (int, str):
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
            self._originals.append(storage)  # keeps it alive, so that no other storage gets its address
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
        special: returns the object of a node that only this side can decode, or None.

    Attributes:
        tracked: every decoded tensor, in order, that required a gradient on the other side.
        logical: bytes of all decoded tensors, as if no two elements shared memory.
    """

    def __init__(self, frame: Frame, special: Special | None = None) -> None:
        self.tracked: list[torch.Tensor] = []
        self._storages = frame.storages
        self._copies: dict[int, torch.UntypedStorage] = {}
        self._special = special
        self.logical = 0

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
                return _float(body)
            case "tensor", dict():
                tensor = self._tensor(body)
                if body.get("grad") is True:
                    if not tensor.is_floating_point() and not tensor.is_complex():
                        raise WireError(f"a gradient for a tensor of dtype {tensor.dtype}")
                    self.tracked.append(tensor)
                return tensor
            case "array", dict() if body.get("dtype") != "bfloat16":
                return self._tensor(body).numpy()
            case "generator", dict():
                return generator_in(self._tensor(body))
            case "dtype", str() if body in DTYPES:
                return DTYPES[body]
            case "list", list():
                return [self(item, depth + 1) for item in body]
            case "tuple", list():
                return tuple(self(item, depth + 1) for item in body)
            case "dict", list() if all(_is_item(item) for item in body):
                return {key: self(item, depth + 1) for key, item in body}
        if self._special is not None and (value := self._special(node)) is not None:
            return value
        raise WireError(f"not a node: {kind!r}")

    def _tensor(self, body: dict[str, Any]) -> torch.Tensor:
        index, offset, dtype_name = (body.get(name) for name in ("storage", "offset", "dtype"))
        size, stride = body.get("size"), body.get("stride")
        if (
            not isinstance(size, list)
            or not isinstance(stride, list)
            or len(size) != len(stride)
            or len(size) > 64
        ):
            raise WireError("a tensor without a layout")
        if not all(type(number) is int and 0 <= number < 2**62 for number in (index, offset, *size, *stride)):
            raise WireError("a tensor whose layout does not consist of integers")
        assert isinstance(index, int) and isinstance(offset, int)
        if index >= len(self._storages) or not isinstance(dtype_name, str) or dtype_name not in DTYPES:
            raise WireError("a tensor without its storage or of an unknown dtype")
        dtype = DTYPES[dtype_name]
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if 0 not in size and (last + 1) * dtype.itemsize > self._storages[index].nbytes():
            raise WireError("a tensor that extends beyond its storage")
        # An empty tensor counts as if it had no empty axes: torch multiplies the other ones.
        self.logical += math.prod(n for n in size if n) * dtype.itemsize
        if self.logical > MAX_LOGICAL:
            raise WireError(f"tensors of {self.logical} bytes; the limit is {MAX_LOGICAL}")
        if index not in self._copies:
            self._copies[index] = _copy(self._storages[index])
        try:
            tensor = torch.empty(0, dtype=dtype).set_(self._copies[index], offset, size, stride)
        except RuntimeError as error:
            raise WireError("a tensor with a layout that torch does not accept") from error
        if dtype is torch.bool and bool((tensor.view(torch.uint8) > 1).any()):
            raise WireError("a tensor of booleans that are neither True nor False")
        return tensor


def _float(text: str) -> float:
    try:
        return float.fromhex(text)
    except (ValueError, OverflowError) as error:
        raise WireError("not a number") from error


def _is_item(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and isinstance(item[0], str)


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
