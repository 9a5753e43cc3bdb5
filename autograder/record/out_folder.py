"""The folder of results: made, tried, and held by one command at a time."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder import scratch
from autograder.errors import InputError


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Makes the folder if necessary, and locks it until the end of the block.

    Raises:
        InputError: it cannot be made or written, or another command holds it; the message names it.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is a file: give a folder for the results")
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        lock = scratch.lock(folder)
    except BlockingIOError as error:
        raise InputError(
            f"{folder} is in use by another grade: wait until that one has ended, or give another folder"
        ) from error
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made or written ({error.strerror}): make room for it there, allow writing,"
            " or give another folder"
        ) from error
    try:
        yield
    finally:
        scratch.unlock(lock)
