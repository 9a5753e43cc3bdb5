"""The entries of a folder. Links are never followed, and only regular files are opened."""

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from autograder.submission.reader import machine, names
from autograder.submission.reader.extract import LINK, NOT_REGULAR, ArchiveEntry, Remark


def entries(root: Path) -> Iterator[ArchiveEntry | Remark]:
    """Every file below `root`, in the order of names. Folders that tools leave behind are skipped."""
    waiting: list[names.Parts] = [()]
    while waiting:
        parts = waiting.pop()
        try:
            with os.scandir(root.joinpath(*parts)) as scan:
                found = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            machine.check(error)
            yield _odd(
                parts or (root.name,), f"a folder that cannot be read ({error.strerror}); allow reading it"
            )
            continue
        below = []
        for entry in found:
            inside = (*parts, entry.name)
            if not entry.is_dir(follow_symlinks=False):
                yield _entry(entry, inside)
            elif len(inside) > names.DEPTH:
                yield _odd(inside, f"more than {names.DEPTH} folders deep; move it up")
            elif not names.is_noise(inside):
                below.append(inside)
        waiting += reversed(below)


def lone_file(root: Path) -> Path | None:
    """The only file in a folder, besides what tools leave behind; Gradescope delivers a tar or a log like that."""
    found: list[str] = []
    for entry in entries(root):
        if isinstance(entry, ArchiveEntry) and not names.is_noise(tuple(entry.name.split("/"))):
            if entry.odd or found:
                return None
            found.append(entry.name)
    return root / found[0] if found else None


def _entry(entry: os.DirEntry[str], parts: names.Parts) -> ArchiveEntry:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        machine.check(error)
        return _odd(parts, f"not readable ({error.strerror}); allow reading it")
    if stat.S_ISLNK(status.st_mode):
        return _odd(parts, LINK)
    if not stat.S_ISREG(status.st_mode):
        return _odd(parts, NOT_REGULAR)
    return ArchiveEntry("/".join(parts), status.st_size, partial(open_plain, Path(entry.path)))


def _odd(parts: names.Parts, why: str) -> ArchiveEntry:
    return ArchiveEntry("/".join(parts), 0, partial(open_plain, Path(os.devnull)), why)


def open_plain(path: Path) -> IO[bytes]:
    """Opens a file for reading. A link is refused, and a pipe does not block."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    return open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb")
