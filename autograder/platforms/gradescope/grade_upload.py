"""A run in Gradescope's box: a valid `results.json` whatever happens, and no student pays for our faults."""

import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from autograder.assignment.manifest import Manifest
from autograder.assignment.scope import select
from autograder.errors import InputError
from autograder.grading.grade import RESULTS
from autograder.grading.grader import Grader, Order
from autograder.platforms.gradescope import metadata, results
from autograder.platforms.gradescope.metadata import Metadata
from autograder.platforms.gradescope.score_adjustment import score_adjustment
from autograder.record import build as record

FAILED = (
    "The grader itself failed, so this submission was not graded. That is not your fault, and it costs no points: "
    "your best score so far stands. Staff have been told, by what they see of this run. Nothing needs to be handed in "
    "again unless they say so."
)
UNSTARTED = "The grader did not start. " + FAILED


@dataclass(frozen=True)
class GradescopeFolders:
    """Where Gradescope keeps things: the folder `/autograder`, or one laid out like it."""

    root: Path

    @property
    def submission(self) -> Path:
        """What was uploaded."""
        return self.root / "submission"

    @property
    def results(self) -> Path:
        """The folder of what is shown."""
        return self.root / "results"

    def metadata(self) -> Metadata:
        """What is known of the submission.

        Raises:
            InputError: the file is there and cannot be read.
        """
        path = self.root / metadata.NAME
        return metadata.read(path) if path.exists() else Metadata()


def grade_upload(folders: GradescopeFolders, manifest: Manifest, only: tuple[str, ...]) -> dict[str, Any]:
    """Grades what was uploaded; results and record are in the box's folder before, during and after.

    Returns:
        The results, as they were written. A failure of ours is one of them, its traceback on standard output, which
        only staff see.
    """
    folders.results.mkdir(parents=True, exist_ok=True)
    known = Metadata()
    try:
        known = folders.metadata()
        shown = _graded(folders, manifest, only, known)
    except Exception:  # the last post before students: whatever goes wrong is a result, and staff read why
        traceback.print_exc(file=sys.stdout)
        shown = ungraded(FAILED, known.best)
    record.check(shown, "gradescope")
    record.write(shown, folders.results / RESULTS)
    return shown


def self_test(manifest: Manifest, only: tuple[str, ...]) -> tuple[float, float]:
    """Grades the reference in a box of its own; what it gets, and what is due. Says on standard output what failed.

    Raises:
        InputError: this is a student's copy, which has no reference.
    """
    if manifest.staff is None:
        raise InputError(f"{manifest.path} has no [staff] table: a self-test grades the staff's reference")
    due = sum(manifest.tasks[task].points for task in select(manifest, only, manifest.suites))
    with tempfile.TemporaryDirectory() as folder:
        folders = GradescopeFolders(Path(folder))
        shutil.copytree(manifest.root / manifest.staff.reference, folders.submission / manifest.package)
        shown = grade_upload(folders, manifest, only)
    for test in shown["tests"]:
        if test["score"] < test["max_score"]:
            print(f"{test['name']}: {test['score']:g} of {test['max_score']:g}\n{test['output']}\n")
    return shown["score"], due


def ungraded(why: str, score: float) -> dict[str, Any]:
    """Results that say why there is no grade, with the score that stands."""
    return {
        "score": score,
        "execution_time": 0,
        "output": why,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [],
    }


def _graded(
    folders: GradescopeFolders, manifest: Manifest, only: tuple[str, ...], known: Metadata
) -> dict[str, Any]:
    adjustment = score_adjustment(known, manifest.hand_in)
    if adjustment.refused:
        return ungraded(adjustment.refused, known.best)
    if not folders.submission.is_dir():
        raise InputError(f"{folders.submission} is no folder: Gradescope puts there what was uploaded")
    render: Callable[[record.Record], dict[str, Any]] = partial(
        results.render, adjustment=adjustment, ranks=manifest.leaderboard
    )
    with Grader(manifest) as grader:
        suites = tuple(suite.name for suite in manifest.suites)
        device = grader.device("auto")
        order = Order(suites, only, device=device, attempt=known.attempt, results=render)
        kept = grader.grade(folders.submission, order, folders.results)
    for fault in kept["faults"]:
        print(f"HARNESS (our own fault, not the submission's): {fault}")
    shown = render(kept)
    if kept["faults"]:  # what could not be tried costs no points that were there before
        shown["score"] = max(shown["score"], known.best)
    return shown
