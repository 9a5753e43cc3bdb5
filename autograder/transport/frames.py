"""Frames on a stream of bytes, from one process to another. The reader checks everything before it uses it.

    "HWF1" | bytes of the header | number of storages | bytes of each storage | header (JSON) | storages

A frame begins with its size, so a reader knows how much memory it needs and may refuse it.
"""

import json
import struct
from collections.abc import Callable
from typing import Any, NoReturn

import torch

from autograder.errors import WireError
from autograder.transport.wire import Frame

MAGIC = b"HWF1"
MAX_HEADER = 4 * 2**20  # bytes; a list of a hundred thousand numbers needs 3 MB
MAX_STORAGES = 4096
MAX_BYTES = 64 * 2**20  # of all storages together: the machine that reads it may have only 768 MB of memory
_PREFIX = struct.Struct("<4sIH")

Fill = Callable[[memoryview], None]
"""Fills a buffer with the next bytes of the stream, or raises."""


def pack(frame: Frame) -> list[memoryview]:
    """The bytes of a frame, as pieces in order.

    Raises:
        WireError: the frame is larger than a reader accepts. Nothing has been sent then.
    """
    header = json.dumps(frame.header, allow_nan=False, separators=(",", ":")).encode()
    sizes = [storage.nbytes() for storage in frame.storages]
    _check_sizes(len(header), sizes)
    prefix = _PREFIX.pack(MAGIC, len(header), len(sizes)) + struct.pack(f"<{len(sizes)}Q", *sizes)
    return [
        memoryview(prefix + header),
        *(_bytes_of(storage) for storage in frame.storages if storage.nbytes()),
    ]


def unpack(fill: Fill) -> Frame:
    """The next frame of a stream.

    Args:
        fill: reads from the stream. It is called only for sizes that have been checked.

    Raises:
        WireError: the next bytes are not a frame, or the frame is larger than the limits.
    """
    magic, header_bytes, count = _PREFIX.unpack(_read(fill, _PREFIX.size))
    if magic != MAGIC:
        raise WireError("the bytes are not a frame")
    _check_sizes(header_bytes, [0] * count)
    sizes = struct.unpack(f"<{count}Q", _read(fill, 8 * count))
    _check_sizes(header_bytes, list(sizes))
    header = _header(_read(fill, header_bytes))
    storages = []
    for size in sizes:
        storage = torch.empty(size, dtype=torch.uint8).untyped_storage()
        if size:
            fill(_bytes_of(storage))
        storages.append(storage)
    return Frame(header, storages)


def _check_sizes(header_bytes: int, sizes: list[int]) -> None:
    if header_bytes > MAX_HEADER:
        raise WireError(f"{header_bytes} bytes of plain values; the limit is {MAX_HEADER}")
    if len(sizes) > MAX_STORAGES:
        raise WireError(f"{len(sizes)} tensors; the limit is {MAX_STORAGES}")
    if sum(sizes) > MAX_BYTES:
        raise WireError(f"{sum(sizes)} bytes of tensors; the limit is {MAX_BYTES}")


def _header(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data.decode(), parse_constant=_refuse)
    except (
        ValueError,
        RecursionError,
    ) as error:  # bad text, bad JSON, deep nesting, integers with too many digits
        raise WireError(f"a header that is not JSON: {type(error).__name__}") from error
    if not isinstance(header, dict):
        raise WireError("a header that is not an object")
    return header


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _read(fill: Fill, size: int) -> bytes:
    buffer = bytearray(size)
    if size:
        fill(memoryview(buffer))
    return bytes(buffer)


def _bytes_of(storage: torch.UntypedStorage) -> memoryview:
    array: Any = torch.empty(0, dtype=torch.uint8).set_(storage).numpy()
    return memoryview(array)
