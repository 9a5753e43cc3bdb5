"""The files for a grading machine: all files that a grade imports, and no others."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.assignment.manifest import load
from autograder.errors import InputError
from autograder.release.grading_files import grading_files
from tests.harness.mini import Mini

ROOT = Path(__file__).parents[2]


def names(mini: Mini) -> list[str]:
    return [path.as_posix() for path in grading_files(mini.loaded())]


def add(mini: Mini, *files: str) -> None:
    for name in files:
        (mini.root / name).parent.mkdir(parents=True, exist_ok=True)
        (mini.root / name).write_text("")


def test_everything_that_grades_is_there_sorted_and_nothing_else(mini: Mini) -> None:
    """Kills: taking the complete tests folder with the project's own tests; caches; the file order of the disk."""
    needed = ["autograder/cli.py", "checks/__init__.py", "checks/oracles/law.py", "checks/support/close.py"]
    add(mini, *needed, "setup.py", "constraints.txt", "checks/hidden/conftest.py")
    add(
        mini,
        "checks/harness/test_own.py",
        "README.md",
        "checks/public/.hidden",
        "pupil/stale.pyc",
        "other/x.py",
    )
    add(mini, "checks/support/__pycache__/close.cpython-311.pyc", "out/submission_log.json")
    assert names(mini) == [
        "assignment.toml",
        "autograder/cli.py",
        "checks/__init__.py",
        "checks/hidden/conftest.py",
        "checks/hidden/test_hidden_mini.py",
        "checks/oracles/law.py",
        "checks/public/test_mini.py",
        "checks/support/close.py",
        "constraints.txt",
        "pupil/__init__.py",
        "pupil/answers.toml",
        "pupil/maths.py",
        "setup.py",
    ]


def test_student_copy_and_missing_folder_are_refused_by_name(mini: Mini) -> None:
    """Kills: a zip without the grader or the bank of the manifest, which is noticed only during grading."""
    with pytest.raises(InputError, match=r"autograder is not a folder"):
        names(mini)
    add(mini, "autograder/cli.py")
    manifest = mini.loaded()
    assert manifest.staff is not None
    with pytest.raises(InputError, match=r"bank/of is not a folder"):
        grading_files(replace(manifest, staff=replace(manifest.staff, misconceptions="bank.of")))
    with pytest.raises(InputError, match="only staff"):
        grading_files(replace(manifest, staff=None))


def test_homework_has_its_oracles_bank_and_data_and_no_stubs() -> None:
    """Kills: leaving out the oracles, the bank, the data or schemas; taking the stubs."""
    found = [path.as_posix() for path in grading_files(load(ROOT / "assignment.toml"))]
    for name in ("tests/oracles/gaussian.py", "tests/misconceptions/q1a.py", "tests/hidden/conftest.py"):
        assert name in found
    assert "solutions/given/data/digits.npz" in found and "autograder/schemas/record.schema.json" in found
    assert not [name for name in found if name.startswith(("student/", "tests/harness/", "docs/"))]
