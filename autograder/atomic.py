"""Writes files and folders atomically: at any moment the old content is there or the new one, never a part of it."""

import os
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_text(path: Path, text: str) -> None:
    """Writes a text as UTF-8, as `write_bytes` does."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file that everybody may read, and makes its folder if necessary.

    Raises:
        OSError: it cannot be written; an old file stays.
    """
    with _replaced(path) as file:
        file.write(content)


def write_zip(
    path: Path, files: Mapping[str, bytes], *, executable: Collection[str] = (), compressed: bool = True
) -> None:
    """Writes a zip. The same files give the same bytes on every machine at any time.

    Args:
        path: of the zip.
        files: content by name. In the zip they are sorted, dated 1980 and plain files of mode 644.
        executable: the names of those that get mode 755.
        compressed: whether they are compressed.

    Raises:
        OSError: it cannot be written; an old file stays.
    """
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with _replaced(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name)
            info.create_system = 3  # Unix, on every system
            info.external_attr = (0o100755 if name in executable else 0o100644) << 16
            archive.writestr(info, files[name], method, 9)


def write_folder(folder: Path, files: Mapping[str, bytes], *, keep: Collection[str] = ()) -> None:
    """Makes a folder that contains these files only.

    Args:
        folder: it replaces an older one of this name.
        files: content by path inside the folder.
        keep: names directly inside the older folder that are moved to the new one.

    Raises:
        OSError: it cannot be written; an old folder stays.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        for name, content in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(content)
        kept = [name for name in keep if (folder / name).exists()]
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        for name in kept:
            (old / name).rename(folder / name)


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file beside `path`, which takes its place at the end; after an error the old file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)  # the system names no file when a write fails
        raise
