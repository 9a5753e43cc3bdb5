"""The entries of a tar, plain or compressed with gzip, bzip2 or xz; read once from start to end."""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from autograder.submission.reader.extract import (
    LINK,
    NOT_REGULAR,
    ArchiveEntry,
    BudgetedStream,
    Readable,
    Remark,
    UnpackBudget,
)

OPENERS: dict[str, Callable[[Path, str], Any]] = {
    "tar": open,
    "gzip": gzip.open,
    "bzip2": bz2.open,
    "xz": lzma.open,
}


class _Header(tarfile.TarInfo):
    """A header. A damaged one is always an error; `tarfile` treats one as the archive's end, unless it is the first."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> "_Header":
        try:
            return super().fromtarfile(tar)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # the regular end, two blocks of zeros
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error


def entries(path: Path, kind: str, ratio: float) -> Iterator[ArchiveEntry | Remark]:
    """Every file of the tar, in its own order; each must be read before the next is requested."""
    budget = UnpackBudget(path.stat().st_size, ratio)
    with OPENERS[kind](path, "rb") as packed:
        stream: Any = BudgetedStream(packed, budget)
        with tarfile.open(
            fileobj=stream, mode="r|", tarinfo=_Header, encoding="utf-8", errors="surrogateescape"
        ) as tar:
            while (info := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # it keeps every header
                if not info.isdir():
                    yield ArchiveEntry(info.name, info.size, partial(_open, tar, info), _odd(info))


def _odd(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return LINK
    if not info.isreg():
        return NOT_REGULAR
    if info.issparse():
        return "a sparse file; pack the tar without --sparse"
    return ""


@contextmanager
def _open(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[Readable]:
    stream = tar.extractfile(info)
    if stream is None:
        raise tarfile.ReadError("it has no data")
    with stream:
        yield stream
