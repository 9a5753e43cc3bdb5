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
from autograder.assignment.settings import choose
from autograder.errors import InputError
from autograder.grading.grader import Grader
from autograder.platforms.gradescope import metadata
from autograder.platforms.gradescope import results as gradescope
from autograder.platforms.gradescope.lateness import terms
from autograder.platforms.gradescope.metadata import Metadata
from autograder.record import build as record
from autograder.record.keep import RESULTS

FAILED = (
    "The grader itself failed, so this submission was not graded. That is not your fault, and it costs no points: "
    "your best score so far stands. Staff have been told, by what they see of this run. Nothing needs to be handed in "
    "again unless they say so."
)
UNSTARTED = "The grader did not start. " + FAILED


@dataclass(frozen=True)
class Box:
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


def run(box: Box, manifest: Manifest, only: tuple[str, ...]) -> dict[str, Any]:
    """Grades what was uploaded; results and record are in the box's folder before, during and after.

    Returns:
        The results, as they were written. A failure of ours is one of them, its traceback on standard output, which
        only staff see.
    """
    box.results.mkdir(parents=True, exist_ok=True)
    told = Metadata()
    try:
        told = box.metadata()
        results = _graded(box, manifest, only, told)
    except Exception:  # the last post before students: whatever goes wrong is a result, and staff read why
        traceback.print_exc(file=sys.stdout)
        results = without_a_grade(FAILED, told.best)
    record.check(results, "gradescope")
    record.write(results, box.results / RESULTS)
    return results


def self_test(manifest: Manifest, only: tuple[str, ...]) -> tuple[float, float]:
    """Grades the reference in a box of its own; what it gets, and what is due. Says on standard output what failed.

    Raises:
        InputError: this is a student's copy, which has no reference.
    """
    if manifest.staff is None:
        raise InputError(f"{manifest.path} has no [staff] table: a self-test grades the staff's reference")
    due = sum(manifest.tasks[task].points for task in select(manifest, only, manifest.suites))
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder))
        shutil.copytree(manifest.root / manifest.staff.reference, box.submission / manifest.package)
        results = run(box, manifest, only)
    for test in results["tests"]:
        if test["score"] < test["max_score"]:
            print(f"{test['name']}: {test['score']:g} of {test['max_score']:g}\n{test['output']}\n")
    return results["score"], due


def without_a_grade(why: str, score: float) -> dict[str, Any]:
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


def _graded(box: Box, manifest: Manifest, only: tuple[str, ...], told: Metadata) -> dict[str, Any]:
    treated = terms(told, manifest.hand_in)
    if treated.refused:
        return without_a_grade(treated.refused, told.best)
    if not box.submission.is_dir():
        raise InputError(f"{box.submission} is no folder: Gradescope puts there what was uploaded")
    render: Callable[[record.Record], dict[str, Any]] = partial(
        gradescope.render, terms=treated, ranks=manifest.leaderboard
    )
    with Grader(manifest) as grader:
        settings = choose(manifest, only=only, device=grader.device("auto"), attempt=told.attempt)
        kept = grader.grade(box.submission, settings, out=box.results, render=render)
    for fault in kept["faults"]:
        print(f"HARNESS (our own fault, not the submission's): {fault}")
    results = render(kept)
    if kept["faults"]:  # what could not be tried costs no points that were there before
        results["score"] = max(results["score"], told.best)
    return results
