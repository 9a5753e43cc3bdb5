"""Grids of gray images as PNG data, without an image library."""

import base64
import binascii
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from autograder.render.report.values import NAME, text

PIXELS = 1_000_000  # of one picture
COUNT = 400  # images in it
GAP = 128  # gray level of the lines between images
SHOWN = 480  # pixels; small pictures are enlarged to it by an integer factor, since a printer would blur them


@dataclass(frozen=True)
class Grid:
    """One picture; if it cannot be shown, `data` is empty and `description` says why."""

    title: str
    description: str
    data: str = ""
    width: int = 0
    height: int = 0


def grid(picture: dict[str, Any]) -> Grid:
    """Puts images side by side, row by row.

    Args:
        picture: a row of `pictures` in a record's training.

    Returns:
        The PNG in base64, its size on a page, and a description.
    """
    title = text(picture["title"], NAME)
    height, width, columns = picture["height"], picture["width"], picture["columns"]
    try:
        levels = base64.b64decode(picture["pixels"], validate=True)
    except (binascii.Error, ValueError):
        return Grid(title, "This picture cannot be shown: its pixels are not base64.")
    count, rest = divmod(len(levels), height * width)
    if rest or not 0 < len(levels) <= PIXELS:
        return Grid(
            title,
            "This picture cannot be shown: the number of its pixels does not fit the image size, or is too large.",
        )
    shown = min(count, COUNT)
    columns = min(columns, shown)
    across, down = columns * (width + 1) - 1, -(-shown // columns) * (height + 1) - 1
    canvas = bytearray([GAP]) * (across * down)
    for place in range(shown * height):
        image, line = divmod(place, height)
        row, column = divmod(image, columns)
        start = (row * (height + 1) + line) * across + column * (width + 1)
        canvas[start : start + width] = levels[place * width : (place + 1) * width]
    scale = max(1, SHOWN // across)
    lines = (canvas[start : start + across] for start in range(0, len(canvas), across))
    large = b"".join(b"".join(bytes([level]) * scale for level in line) * scale for line in lines)
    description = f"{shown} gray images of {height} by {width} pixels, {columns} in a row"
    description += f"; {count - shown} more are left out" if count > shown else ""
    return Grid(
        title,
        description,
        base64.b64encode(png(large, across * scale)).decode(),
        across * scale,
        down * scale,
    )


def png(levels: bytes, width: int) -> bytes:
    """A gray PNG of 8 bits, from its levels row by row."""
    height = len(levels) // width
    lines = b"".join(b"\0" + levels[row * width : (row + 1) * width] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
