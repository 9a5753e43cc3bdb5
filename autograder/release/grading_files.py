"""Lists the files of the project that a machine needs to grade: the files that run, not those for development."""

from collections.abc import Iterator
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.errors import InputError

PROJECT = ("setup.py", "pyproject.toml", "constraints.txt", "LICENSE")  # they install the project
GRADER = "autograder"
BESIDE_SUITES = ("__init__.py", "conftest.py", "support", "oracles")  # tests import these


def grading_files(manifest: Manifest) -> list[Path]:
    """The grader, the suites and what they import, the bank of mistakes, the reference, and the installation files.

    Returns:
        Paths relative to the manifest's folder, sorted. Caches and hidden files are left out.

    Raises:
        InputError: this is a student's copy, or the grader or a suite is not in the manifest's folder.
    """
    if manifest.staff is None:
        raise InputError(f"{manifest.path} has no [staff] table: only staff can pack the grader")
    needed = [GRADER, manifest.staff.reference, *(suite.path for suite in manifest.suites)]
    if manifest.staff.misconceptions:
        needed.append(manifest.staff.misconceptions.replace(".", "/"))
    for name in needed:
        if not (manifest.root / name).is_dir():
            raise InputError(f"{manifest.root / name} is not a folder, but grading needs it")
    beside = {
        (Path(suite.path).parent / name).as_posix() for suite in manifest.suites for name in BESIDE_SUITES
    }
    wanted = {manifest.path.name, *PROJECT, *needed, *beside}
    return sorted({file for name in wanted for file in _files(manifest.root, Path(name))})


def _files(root: Path, name: Path) -> Iterator[Path]:
    """The file with this name, or every file in the folder with this name; empty if there is neither."""
    if (root / name).is_file():
        yield name
    elif (root / name).is_dir():
        for path in sorted((root / name).iterdir()):
            if not path.name.startswith(".") and path.name != "__pycache__" and path.suffix != ".pyc":
                yield from _files(root, name / path.name)
