"""Extracts files from a folder, an archive or a log: the wanted entries are read one by one, within all limits."""

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from autograder.assignment.limits import MB, IntakeLimits
from autograder.submission.reader import machine, names

PIECE = 1 << 16
LINK = "a link; hand in the file itself"
NOT_REGULAR = "not a regular file; delete it"
# The first line is for bugs in the libraries.
DAMAGE_ERRORS = (
    *(OSError, EOFError, ValueError, ArithmeticError, LookupError, RuntimeError),
    *(struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError),
)


class Readable(Protocol):
    """A stream; nothing but `read` is used."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class ArchiveEntry:
    """One entry as its container describes it; `odd` says why it is not a regular file, and what to do."""

    name: str
    size: int
    open: Callable[[], AbstractContextManager[Readable]]
    odd: str = ""


@dataclass(frozen=True)
class File:
    """A file that was read whole."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Skipped:
    """A file that was left out; `why` with what to do, or "" if it is just not graded."""

    name: str
    why: str = ""


@dataclass(frozen=True)
class Remark:
    """A remark about the submission as a whole."""

    text: str


@dataclass(frozen=True)
class Log(File):
    """A `submission_log.json` in a submission that contains nothing else to grade."""


Event = File | Skipped | Remark


class LimitReached(Exception):
    """Reading ends here; the message names the limit."""


class UnpackBudget:
    """How many bytes an archive may unpack to: a multiple of its size, plus one MB."""

    def __init__(self, packed: int, ratio: float) -> None:
        self._left = packed * ratio + MB
        self._ratio = ratio

    def spend(self, size: int) -> None:
        """Counts `size` bytes.

        Raises:
            LimitReached: the budget is used up.
        """
        self._left -= size
        if self._left < 0:
            raise LimitReached(f"unpacks to more than {self._ratio:g} times its size")


class BudgetedStream:
    """A stream of unpacked bytes that are counted against a budget."""

    def __init__(self, stream: Readable, budget: UnpackBudget) -> None:
        self._stream, self._budget = stream, budget

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._budget.spend(len(data))
        return data


def extract(
    container: str, entries: Iterator[ArchiveEntry | Remark], limits: IntakeLimits
) -> Iterator[Event]:
    """Reads the entries. Raises no exception, whatever they contain; a remark names `container` if they end early."""
    extractor, last, skipped = _Extractor(limits), "its start", 0
    try:
        for entry in entries:
            event = entry if isinstance(entry, Remark) else extractor.extract(entry)
            if isinstance(entry, ArchiveEntry) and event is not None:
                last = names.shown(entry.name)
            skipped += isinstance(event, Skipped)
            if event is not None and not (isinstance(event, Skipped) and skipped > limits.entries):
                yield event
    except LimitReached as limit:
        yield Remark(f"{container} {limit}: it was read up to {last}; hand in only the folder of the package")
    except DAMAGE_ERRORS as error:
        machine.check(error)
        yield Remark(f"{container} is damaged after {last} ({_describe(error)}): pack and upload it again")
    if skipped > limits.entries:
        yield Remark(f"{skipped - limits.entries} more entries of {container} were left out")
    if extractor.log is not None:
        yield Skipped(extractor.log.name) if extractor.count else extractor.log


class _Extractor:
    """Reads or skips each entry; `log` is kept in case that there is nothing else."""

    def __init__(self, limits: IntakeLimits) -> None:
        self._limits = limits
        self._bytes = 0
        self.count = 0
        self.log: Log | None = None

    def extract(self, entry: ArchiveEntry) -> File | Skipped | None:
        """The file, or why it is left out; None for noise and for the log.

        Raises:
            LimitReached: nothing more is read.
        """
        limits = self._limits
        try:
            parts = names.split(entry.name)
        except names.BadName as why:
            return Skipped(entry.name, str(why))
        if names.is_noise(parts):
            return None
        name = "/".join(parts)
        if entry.odd:
            return Skipped(name, entry.odd)
        if names.is_log(parts):
            return self._keep_log(entry, name)
        if not names.is_wanted(parts, limits.accept):
            nested = parts[-1].lower().endswith(names.ARCHIVES)
            return Skipped(name, "an archive inside is not opened; hand in its content" if nested else "")
        if self.count >= limits.entries:
            raise LimitReached(f"contains more than {limits.entries} files to grade")
        data = _read(entry, name, limits.file_mb)
        if isinstance(data, Skipped):
            return data
        if self._bytes + len(data) > limits.total_mb * MB:
            most = f"all files together may have {limits.total_mb:g} MB"
            return Skipped(name, f"{most}; hand in only the folder of the package")
        self.count, self._bytes = self.count + 1, self._bytes + len(data)
        return File(name, data)

    def _keep_log(self, entry: ArchiveEntry, name: str) -> Skipped | None:
        if self.log is not None:
            return Skipped(name, "a second log; hand in only one")
        data = _read(entry, name, self._limits.log_mb)
        if isinstance(data, Skipped):
            return data
        self.log = Log(name, data)
        return None


def _read(entry: ArchiveEntry, name: str, limit_mb: float) -> bytes | Skipped:
    limit = int(limit_mb * MB)
    too_large = Skipped(name, f"larger than {limit_mb:g} MB, the limit for one such file")
    if entry.size > limit:
        return too_large
    data = bytearray()
    try:
        with entry.open() as stream:
            while piece := stream.read(PIECE):
                data += piece
                if len(data) > limit:
                    return too_large
    except DAMAGE_ERRORS as error:
        machine.check(error)
        return Skipped(name, f"damaged or not readable ({_describe(error)}); save or pack it again")
    return bytes(data)


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return names.shown(str(error)) or type(error).__name__
