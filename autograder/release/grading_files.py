"""Lists the files of the project that a machine needs to grade: the files that run, not those for development."""

from pathlib import Path

from autograder.assignment.files import files_below, test_paths
from autograder.assignment.manifest import Manifest
from autograder.errors import InputError

PROJECT = ("setup.py", "pyproject.toml", "constraints.txt", "LICENSE")  # they install the project
GRADER = "autograder"


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
    wanted = {manifest.path.name, *PROJECT, *needed, *test_paths(manifest)}
    return sorted({file for name in wanted for file in files_below(manifest.root, Path(name))})
