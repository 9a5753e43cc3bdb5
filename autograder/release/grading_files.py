"""Which files of the project a machine needs to grade: everything that runs, and nothing that only develops it."""

from collections.abc import Iterator
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.errors import InputError

PROJECT = ("setup.py", "pyproject.toml", "constraints.txt", "LICENSE")  # what installs it
GRADER = "autograder"
BESIDE_SUITES = ("__init__.py", "conftest.py", "support", "oracles")  # what tests import


def grading_files(manifest: Manifest) -> list[Path]:
    """The grader, the suites and what they import, the bank of mistakes, the reference, and what installs them.

    Returns:
        Paths relative to the manifest's folder, sorted. Caches and hidden files are left out.

    Raises:
        InputError: this is a student's copy, or the grader or a suite is not in the manifest's folder.
    """
    if manifest.staff is None:
        raise InputError(f"{manifest.path} has no [staff] table: only staff can pack what grades")
    needed = [GRADER, manifest.staff.reference, *(suite.path for suite in manifest.suites)]
    if manifest.staff.misconceptions:
        needed.append(manifest.staff.misconceptions.replace(".", "/"))
    for name in needed:
        if not (manifest.root / name).is_dir():
            raise InputError(f"{manifest.root / name} is no folder, and grading needs it")
    beside = {
        (Path(suite.path).parent / name).as_posix() for suite in manifest.suites for name in BESIDE_SUITES
    }
    wanted = {manifest.path.name, *PROJECT, *needed, *beside}
    return sorted({file for name in wanted for file in _files(manifest.root, Path(name))})


def _files(root: Path, name: Path) -> Iterator[Path]:
    """The file of that name, or every file in the folder of that name; none where neither is there."""
    if (root / name).is_file():
        yield name
    elif (root / name).is_dir():
        for path in sorted((root / name).iterdir()):
            if not path.name.startswith(".") and path.name != "__pycache__" and path.suffix != ".pyc":
                yield from _files(root, name / path.name)
