"""Temporary folders, each locked while its run lives, so that the next run can remove what a killed one left behind.

A lock ends with the process that holds it, however that ends. It is the kernel's (flock): no file stands for it.
Windows and some network file systems have no such locks. There nothing is locked, and no other run's folder is removed.
"""

import errno
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import InputError

if sys.platform != "win32":
    import fcntl

PREFIX = "autograder-run-"
_NO_LOCKS_HERE = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def folder() -> Iterator[Path]:
    """A new temporary folder, removed at the end of the block. First it removes those of runs that were killed.

    Other users may pass through it, and see only what is inside and open to them.

    Raises:
        InputError: as `base`.
    """
    place = base()
    _remove_leftovers(place)
    made, held = _make(place)
    try:
        os.chmod(made.name, 0o711)
        yield Path(os.path.realpath(made.name))
    finally:
        made.cleanup()
        unlock(held)


def base() -> Path:
    """The folder for temporary files.

    Raises:
        InputError: TMPDIR, TEMP or TMP names one that cannot be used. Python would take another one and not say so.
    """
    for name in ("TMPDIR", "TEMP", "TMP"):  # in the order in which Python asks
        if given := os.environ.get(name):
            try:
                tempfile.TemporaryFile(dir=given).close()
            except OSError as error:
                raise InputError(
                    f"{name} is {given}, which cannot be used for temporary files ({error.strerror}):"
                    f" make it a folder that can be written, or unset {name}"
                ) from error
            break
    return Path(tempfile.gettempdir())


def lock(place: Path) -> int | None:
    """Locks a folder until `unlock`, or until this process and those that it has forked have ended.

    Returns:
        The descriptor that holds the lock; None where there are no locks.

    Raises:
        BlockingIOError: another process has locked it.
        OSError: it cannot be opened.
    """
    if sys.platform == "win32":
        return None
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in _NO_LOCKS_HERE:
            return None
        raise
    return descriptor


def unlock(descriptor: int | None) -> None:
    """Gives back what `lock` returned."""
    if sys.platform != "win32" and descriptor is not None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a forked process may still have it open
        os.close(descriptor)


def _make(place: Path) -> tuple["tempfile.TemporaryDirectory[str]", int | None]:
    """A new folder and its lock.

    Until it is locked, a run that starts at the same moment may take it for a leftover: then the next one is made.
    """
    while True:
        made = tempfile.TemporaryDirectory(prefix=PREFIX, dir=place)
        try:
            held = lock(Path(made.name))
        except (BlockingIOError, FileNotFoundError):
            made.cleanup()
            continue
        if held is None or os.path.exists(made.name):  # not removed between opening and locking
            return made, held
        unlock(held)


def _remove_leftovers(place: Path) -> None:
    """Removes the folders of this user's runs whose lock is free."""
    if sys.platform == "win32":
        return
    for left in place.glob(f"{PREFIX}*"):
        try:
            found = left.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            held = lock(left)
        except (BlockingIOError, FileNotFoundError):  # its run lives, or has just ended
            continue
        if held is not None:
            # It may be nested deeper than Python can follow. What cannot be removed is named on standard error.
            subprocess.run(["rm", "-rf", "--", left], check=False, stdin=subprocess.DEVNULL)
        unlock(held)
