"""Finds the package in what was handed in and stages a copy of it, given files replaced by the staff's own."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import InputError
from autograder.manifest import Manifest

SKIPPED = ("__pycache__", "artifacts", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Submission:
    """A staged submission: `package` is the copy that is graded; `notes` say in words what was odd."""

    package: Path
    digests: dict[str, str]
    notes: tuple[str, ...]


def find_package(submission: Path, manifest: Manifest) -> Path | None:
    """The package's folder: the submission itself, a folder of the package's name in it, or the same one deeper.

    Raises:
        InputError: the path is not there, or is no folder.
    """
    if not submission.exists():
        raise InputError(f"{submission} is not there: give the path of a submission's folder")
    if not submission.is_dir():
        raise InputError(f"{submission} is a file; unpack it first and give the folder")
    modules = {task.file.split("/")[0] for task in manifest.tasks.values() if task.kind == "code"}
    inside = sorted(path for path in submission.iterdir() if path.is_dir())
    candidates = [submission / manifest.package, submission]
    candidates += [path / manifest.package for path in inside]
    for folder in candidates:
        if any((folder / module).exists() for module in modules):
            return folder
    return None


def stage(submission: Path, manifest: Manifest, scratch: Path) -> Submission:
    """Copies the package into `scratch`, Python sources and the answer form only.

    Args:
        submission: a folder.
        manifest: the staff's; its [staff] table names the given files.
        scratch: an empty folder for the copy.

    Raises:
        InputError: the path is not there, or is no folder.
    """
    package = scratch / manifest.package
    package.mkdir(parents=True)
    found = find_package(submission, manifest)
    notes: list[str] = []
    if found is None:
        modules = sorted({task.file.split("/")[0] for task in manifest.tasks.values() if task.kind == "code"})
        names = ", ".join(f"{module}/" for module in modules)
        notes.append(
            f"no package found in {submission.name}: hand in the folder `{manifest.package}/`, which holds {names}"
        )
    else:
        for source in sorted(found.rglob("*")):
            relative = source.relative_to(found)
            wanted = source.suffix == ".py" or relative.as_posix() == "answers.toml"
            if (
                wanted
                and source.is_file()
                and not source.is_symlink()
                and not set(SKIPPED) & set(relative.parts)
            ):
                target = package / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    digests = {
        path.relative_to(package).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(package.rglob("*"))
        if path.is_file()
    }
    if manifest.staff is not None:
        notes += _overlay(manifest.root / manifest.staff.reference, package, manifest.staff.given, digests)
    return Submission(package, digests, tuple(notes))


def _overlay(reference: Path, package: Path, given: tuple[str, ...], digests: dict[str, str]) -> list[str]:
    """Puts the staff's own copy of every given file in place; says which of the submission's differed."""
    notes = []
    for pattern in given:
        for source in sorted(reference.glob(pattern)):
            if not source.is_file() or "__pycache__" in source.parts:
                continue
            relative = source.relative_to(reference)
            target = package / relative
            handed_in = digests.get(relative.as_posix())
            if handed_in is not None and handed_in != hashlib.sha256(source.read_bytes()).hexdigest():
                notes.append(f"{relative} was changed; it is graded with the copy that was handed out")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return notes
