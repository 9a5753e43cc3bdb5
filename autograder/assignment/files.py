"""Finds the files of tests, beside which other files may be that no grade needs."""

from collections.abc import Iterator
from pathlib import Path

from autograder.assignment.manifest import Manifest

BESIDE_SUITES = ("__init__.py", "conftest.py", "support", "oracles")  # tests import these


def test_paths(manifest: Manifest) -> set[str]:
    """The folders of all suites, and the files and folders beside them that tests import, whether they exist or not.

    Returns:
        Paths relative to the manifest's folder.
    """
    suites = [Path(suite.path) for suite in manifest.suites]
    beside = [suite.parent / name for suite in suites for name in BESIDE_SUITES]
    return {path.as_posix() for path in (*suites, *beside)}


def files_below(root: Path, name: Path) -> Iterator[Path]:
    """The file with this name, or every file in the folder with this name; empty if there is neither.

    Args:
        root: a folder.
        name: a path relative to it, as is every path in the result. Caches and hidden files are left out.
    """
    if (root / name).is_file():
        yield name
    elif (root / name).is_dir():
        for path in sorted((root / name).iterdir()):
            if not path.name.startswith(".") and path.name != "__pycache__" and path.suffix != ".pyc":
                yield from files_below(root, name / path.name)
