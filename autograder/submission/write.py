"""Writes the staged package: the accepted files of the submission, and the staff's copy of every given file."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from autograder.assignment.manifest import Manifest

# Workers run as another user, so these modes do not depend on the submission or the umask.
FILE_MODE, FOLDER_MODE = 0o644, 0o755


def write_files(files: Mapping[str, bytes], package: Path) -> None:
    """Writes files by their path inside the package."""
    _folder(package)
    for path, data in files.items():
        _write(package, path, data)


def restore_given_files(manifest: Manifest, package: Path, digests: Mapping[str, str]) -> list[str]:
    """Writes the staff's copy of every given file and says which files of the submission were different.

    Args:
        manifest: the staff's; without a [staff] table there are no given files.
        package: the staged package.
        digests: SHA-256 of the files as they were handed in.
    """
    notes = []
    for path, source in given_files(manifest).items():
        data = source.read_bytes()
        if digests.get(path, "") not in ("", hashlib.sha256(data).hexdigest()):
            notes.append(f"{path} was changed; it is graded with the copy that was handed out")
        _write(package, path, data)
    return notes


def given_files(manifest: Manifest) -> dict[str, Path]:
    """The staff's copy of every given file, by its path inside the package."""
    if manifest.staff is None:
        return {}
    reference = manifest.root / manifest.staff.reference
    return {
        source.relative_to(reference).as_posix(): source
        for pattern in manifest.given
        for source in sorted(reference.glob(pattern))
        if source.is_file() and "__pycache__" not in source.parts
    }


def _write(package: Path, path: str, data: bytes) -> None:
    target = package / path
    _folder(target.parent)
    target.write_bytes(data)
    os.chmod(target, FILE_MODE)


def _folder(folder: Path) -> None:
    missing = [above for above in (folder, *folder.parents) if not above.exists()]
    for above in reversed(missing):
        above.mkdir()
        os.chmod(above, FOLDER_MODE)
