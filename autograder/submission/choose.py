"""Chooses the files of a submission that are graded, and says which ones are not."""

import unicodedata
from dataclasses import dataclass
from itertools import accumulate

from autograder.assignment.manifest import Manifest
from autograder.submission.gather import Gathered
from autograder.submission.reader.names import Parts, fits, listed
from autograder.submission.write import given_files

ALIKE = (
    "the name differs only in case, or in how its letters are encoded, from one that is expected or already there;"
    " rename it"
)
CLASH = "a file and a folder have the same name; rename one"


@dataclass(frozen=True)
class Chosen:
    """The files by their path inside the package, and notes about the other files."""

    files: dict[str, bytes]
    notes: list[str]


def choose(root: Parts | None, found: Gathered, manifest: Manifest) -> Chosen:
    """The accepted files below `root`. If two cannot exist together, a file of a task or a given file is preferred."""
    given = given_files(manifest).keys()
    known = {*given, *(task.file for task in manifest.tasks.values())}
    skipped = {why: list(names) for why, names in found.skipped.items()}
    inside: dict[str, str] = {}  # path in the submission, by path in the package
    for name in found.files:
        path = _below(root, name)
        if path is not None and any(fits(path.split("/"), pattern) for pattern in manifest.intake.accept):
            inside[path] = name
        else:
            skipped.setdefault("", []).append(name)
    files: dict[str, bytes] = {}
    alike = {_folded(path): path for path in known}
    folders = {folder for path in given for folder in _folders(path)}
    for path in sorted(inside, key=lambda path: (path not in known, path)):
        if alike.setdefault(_folded(path), path) != path:
            skipped.setdefault(ALIKE, []).append(inside[path])
        elif path in folders or any(folder in files or folder in given for folder in _folders(path)):
            skipped.setdefault(CLASH, []).append(inside[path])
        else:
            files[path] = found.files[inside[path]]
            folders.update(_folders(path))
    return Chosen(files, _notes(root, skipped, manifest))


def _below(root: Parts | None, name: str) -> str | None:
    """The path inside the package of a path in the submission, if it is there."""
    parts = tuple(name.split("/"))
    if root is None or parts[: len(root)] != root or len(parts) == len(root):
        return None
    return "/".join(parts[len(root) :])


def _folders(path: str) -> list[str]:
    """Every folder above a path: "a/b/c.py" has "a" and "a/b"."""
    return list(accumulate(path.split("/")[:-1], lambda above, name: f"{above}/{name}"))


def _folded(path: str) -> str:
    """A form that is equal for two names which are the same file on some systems."""
    return unicodedata.normalize("NFKC", path).casefold()


def _notes(root: Parts | None, skipped: dict[str, list[str]], manifest: Manifest) -> list[str]:
    notes = []
    for why, names in skipped.items():
        if not why:  # every submission contains given files whose kinds are not accepted
            below = {name: _below(root, name) or "" for name in names}
            names = [
                name for name in names if not any(fits(below[name].split("/"), p) for p in manifest.given)
            ]
        if names:
            notes.append(f"left out: {listed(names)}: {why or 'not among the files that are graded'}")
    return notes
