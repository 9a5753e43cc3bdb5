"""The entries of a zip."""

import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

from autograder.submission.reader.extract import (
    LINK,
    NOT_REGULAR,
    ArchiveEntry,
    BudgetedStream,
    Readable,
    Remark,
    UnpackBudget,
)

ENCRYPTED = 0x1
LOCAL_HEADER = 30  # the least number of bytes between an entry's offset and its data


def entries(path: Path, ratio: float) -> Iterator[ArchiveEntry | Remark]:
    """Every file of the zip, in its own order."""
    budget = UnpackBudget(path.stat().st_size, ratio)
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        overlapping = _overlapping(infos)
        for info in infos:
            name = info.orig_filename  # `filename` ends at the first NUL
            if not name.replace("\\", "/").endswith("/"):
                odd = _odd(info, overlapping)
                yield ArchiveEntry(name, info.file_size, partial(_open, archive, info, budget), odd)


def _odd(info: zipfile.ZipInfo, overlapping: set[int]) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return LINK
    if kind not in (0, stat.S_IFREG):
        return NOT_REGULAR
    if info.flag_bits & ENCRYPTED:
        return "encrypted; pack the zip without a password"
    if info.header_offset in overlapping:
        return "shares its bytes with another entry; pack the zip again with your system's own tool"
    return ""


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """The offsets of all entries that overlap with another entry."""
    found: set[int] = set()
    in_order = sorted(infos, key=lambda info: info.header_offset)
    for one, other in pairwise(in_order):
        if one.header_offset + LOCAL_HEADER + one.compress_size > other.header_offset:
            found |= {one.header_offset, other.header_offset}
    return found


@contextmanager
def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: UnpackBudget) -> Iterator[Readable]:
    with archive.open(info) as stream:
        yield BudgetedStream(stream, budget)
