"""By what a submission was graded: the grader's version, and digests of everything of staff's that decides a score.

The same tree has the same digests on every machine: only names and contents count, and a line may end in either way.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from autograder.assignment.files import files_below, test_paths
from autograder.assignment.manifest import Manifest
from autograder.submission.write import given_files

PACKAGE = Path(__file__).parents[1]


def graded_by(manifest: Manifest) -> dict[str, str]:
    """The `version` of the grader, and a SHA-256 each of `grader`, `tests`, `bank`, `manifest` and `given`.

    What does not exist is left out: a student's copy has no bank and no given files, and its digests of the grader, the
    tests and the manifest are those of the parts that students get.
    """
    grader = [path for kind in ("*.py", "*.schema.json") for path in PACKAGE.rglob(kind)]
    staff = manifest.staff
    bank = staff.misconceptions.replace(".", "/") if staff else ""
    parts = {
        "grader": {path.relative_to(PACKAGE).as_posix(): path for path in grader},
        "tests": _below(manifest.root, test_paths(manifest)),
        "bank": _below(manifest.root, [bank] if bank else []),
        "manifest": {manifest.path.name: manifest.path},
        "given": given_files(manifest),
    }
    digests = {name: _digest(files) for name, files in parts.items() if files}
    return ({"version": _version()} if _version() else {}) | digests


def _below(root: Path, names: Iterable[str]) -> dict[str, Path]:
    return {file.as_posix(): root / file for name in names for file in files_below(root, Path(name))}


def _digest(files: Mapping[str, Path]) -> str:
    """SHA-256 of the names and contents of files. A file is text if it has no NUL, as Git decides as well."""
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        data = path.read_bytes()
        if b"\0" not in data:
            data = data.replace(b"\r\n", b"\n")
        total.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    return total.hexdigest()


@cache
def _version() -> str:
    """Of the installed distribution that brings the command `autograder`; "" if it runs without being installed."""
    installed = entry_points(group="console_scripts", name=PACKAGE.name)
    return next((point.dist.version for point in installed if point.dist is not None), "")
