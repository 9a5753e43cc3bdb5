"""A run in Gradescope's container: always a valid `results.json`, and no student loses points by our faults."""

import shutil
import sys
import traceback
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from autograder import scratch
from autograder.assignment.manifest import Manifest
from autograder.assignment.scope import select
from autograder.assignment.settings import choose
from autograder.errors import InputError
from autograder.grading.load import load
from autograder.platforms.gradescope import metadata, results
from autograder.platforms.gradescope.metadata import Metadata
from autograder.platforms.gradescope.score_adjustment import score_adjustment
from autograder.record.build import check, write
from autograder.record.keep import RESULTS, Keeper
from autograder.testing.time_budget import TimeBudget

_NOT_GRADED = (
    "The grader itself failed, so this submission was not graded. That is not your fault, and it costs no points: "
    "your best score so far counts{}. Staff see the error in the output of this run. You do not need to hand in again "
    "unless they ask you to."
)
FAILED = _NOT_GRADED.format("")
SCORE_UNKNOWN = _NOT_GRADED.format(
    "; it could not be read here, so 0 is shown until staff have run the grader again"
)
UNSTARTED = "The grader did not start. " + FAILED


@dataclass(frozen=True)
class GradescopeFolders:
    """The folders of Gradescope: those of `/autograder`, or of a folder with the same layout."""

    root: Path

    @property
    def submission(self) -> Path:
        """The upload."""
        return self.root / "submission"

    @property
    def results(self) -> Path:
        """The folder of the results that are shown."""
        return self.root / "results"

    def metadata(self, manifest: Manifest) -> Metadata:
        """Gradescope's metadata of the submission, as far as the manifest's rules need it.

        Raises:
            InputError: the file exists and cannot be read, and a rule needs it.
        """
        path = self.root / metadata.NAME
        if not path.exists():
            return Metadata()
        try:
            return metadata.read(path, manifest.hand_in)
        except InputError as error:
            rules = manifest.hand_in.attempts or manifest.hand_in.late_loss_per_day
            if rules or manifest.feedback.hints_from_attempt > 1:
                raise
            print(f"No rule needs it, so the submission is graded without it: {error}")
            return Metadata()


def grade_upload(
    folders: GradescopeFolders, manifest: Manifest, only: tuple[str, ...], budget: TimeBudget | None = None
) -> dict[str, Any]:
    """Grades the upload. The results folder holds results and record before, during and after grading.

    Returns:
        The results, as written. If the grader itself fails, they say so, and its traceback is on standard output,
        which only staff see.
    """
    known = None
    try:
        settings = choose(manifest, only=only, device="auto")
        with Keeper(settings, out=folders.results, render=results.render, isolated=True) as keeper:
            known = folders.metadata(manifest)
            shown = _graded(folders, keeper, known, budget)
    except Exception:  # the last handler: any error becomes a result, and staff can read why
        traceback.print_exc(file=sys.stdout)
        shown = ungraded(FAILED, known.best) if known else ungraded(SCORE_UNKNOWN, 0.0)
    check(shown, "gradescope")
    write(shown, folders.results / RESULTS)
    return shown


def self_test(manifest: Manifest, only: tuple[str, ...]) -> tuple[float, float]:
    """Grades the reference in a temporary folder; returns its points and the maximum. Prints what failed.

    Raises:
        InputError: this is a student's copy, which has no reference.
    """
    if manifest.staff is None:
        raise InputError(f"{manifest.path} has no [staff] table: a self-test grades the staff's reference")
    maximum = sum(manifest.tasks[task].points for task in select(manifest, only, manifest.suites))
    with scratch.folder() as folder:
        folders = GradescopeFolders(folder)
        shutil.copytree(manifest.root / manifest.staff.reference, folders.submission / manifest.package)
        shown = grade_upload(folders, manifest, only)
    for test in shown["tests"]:
        if test["score"] < test["max_score"]:
            print(f"{test['name']}: {test['score']:g} of {test['max_score']:g}\n{test['output']}\n")
    return shown["score"], maximum


def ungraded(why: str, score: float) -> dict[str, Any]:
    """Results that say why there is no grade, with the score that counts."""
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
    folders: GradescopeFolders, keeper: Keeper, known: Metadata, budget: TimeBudget | None
) -> dict[str, Any]:
    manifest = keeper.settings.manifest
    adjustment = score_adjustment(known, manifest.hand_in)
    if adjustment.refused:
        keeper.fault(adjustment.refused)
        return ungraded(adjustment.refused, known.best)
    if not folders.submission.is_dir():
        raise InputError(f"{folders.submission} is not a folder: Gradescope puts the upload there")
    render = partial(results.render, adjustment=adjustment, ranks=manifest.leaderboard)
    keeper.render = render
    with load()(manifest) as grader:
        settings = replace(keeper.settings, device=grader.device("auto"), attempt=known.attempt)
        kept = grader.grade(folders.submission, settings, keeper=keeper, budget=budget)
    for fault in kept["faults"]:
        print(f"HARNESS (our own fault, not the submission's): {fault}")
    shown = render(kept)
    if kept["faults"]:  # a fault of the grader must not lower the score
        shown["score"] = max(shown["score"], known.best)
    return shown
