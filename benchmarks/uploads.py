"""What students upload to Gradescope, from perfect to hostile, each with its expected score."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import manifest as manifests
from benchmarks import commands
from tests.harness import half_right

ROOT = Path(__file__).parents[1]
POINTS = manifests.load(ROOT / "assignment.toml").points
METADATA = {
    "id": 1,
    "created_at": "2026-12-01T12:00:00.000000-08:00",
    "assignment": {"due_date": "2026-12-02T23:59:00.000000-08:00", "total_points": str(POINTS)},
    "users": [{"id": 1, "name": "Ada", "email": "ada@example.edu"}],
    "previous_submissions": [],
}
# Replaces question 1's module. At import it tries to write the result, to read secrets, to start as many processes as
# possible, and to kill the grader.
HOSTILE = """
import json, os, sys
for path in ("/autograder/results/results.json", "/autograder/source/unstarted.json", "../results.json"):
    try:
        with open(path, "w") as file:
            json.dump({"score": 1000, "tests": []}, file)
    except OSError:
        pass
for path in ("/autograder/source/tests/hidden", "/autograder/source/solutions"):
    try:
        print(os.listdir(path))
    except OSError:
        pass
try:
    while os.fork():
        pass
except OSError:
    pass
os.kill(os.getppid(), 9)
os._exit(0)
"""


@dataclass(frozen=True)
class Upload:
    """One upload.

    Attributes:
        make: writes the upload into the folder `submission`.
        expected: returns the expected score of that folder.
    """

    make: Callable[[Path], None]
    expected: Callable[[Path], float]


def own_grade(submission: Path) -> float:
    """The score of a grade on this machine."""
    with tempfile.TemporaryDirectory() as out:
        commands.seconds([*commands.AUTOGRADER, "grade", str(submission), "--out", out, "--workers", "2"])
        score: float = json.loads(Path(out, "submission_log.json").read_text())["score"]
    return score


def _reference(folder: Path) -> None:
    _package("solutions", folder)


def _stubs(folder: Path) -> None:
    _package("student", folder)


def _package(name: str, folder: Path) -> Path:
    shutil.copytree(ROOT / name, folder / "student", ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "student"


def _half_done(folder: Path) -> None:
    half_right.make(1, folder / "student")


def _hostile(folder: Path) -> None:
    (_package("solutions", folder) / "diffusion/binary.py").write_text(HOSTILE)


def _lone_log(folder: Path) -> None:
    """Only the log that `submit` writes for the reference in a separate project."""
    with tempfile.TemporaryDirectory() as project:
        for name in ("autograder", "tests"):
            shutil.copytree(ROOT / name, Path(project, name), ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "assignment.toml", project)
        _package("solutions", Path(project))
        subprocess.run([*commands.AUTOGRADER, "submit"], cwd=project, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(Path(project, "submission_log.json"), folder)


UPLOADS = {
    "reference": Upload(_reference, lambda _: POINTS),
    "stubs": Upload(_stubs, lambda _: 0.0),
    "half-done": Upload(_half_done, own_grade),
    "hostile": Upload(_hostile, own_grade),
    "lone-log": Upload(_lone_log, lambda _: POINTS),
    "empty": Upload(lambda _: None, lambda _: 0.0),
}
