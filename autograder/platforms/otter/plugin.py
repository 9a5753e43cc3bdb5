"""The plugin that Otter calls while it grades: it starts our own grader, and at the end reports the points to Otter.

Otter runs a submission's code in its kernel, next to the tests, and unpickles the results. So it gets none of the code:
the upload is moved away before a kernel starts, and our grader grades it in isolation, while Otter runs a script and
checks that do nothing. If our grader fails, Otter ends with an error and there is no score.

This module imports nothing of the package: the code in the zip grades, whatever is installed.
"""

import atexit
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from otter.plugins import AbstractOtterPlugin  # type: ignore[import-untyped]
from otter.run.run_autograder.utils import OtterRuntimeError, print_output  # type: ignore[import-untyped]

SCRIPT = "graded_elsewhere.py"  # what Otter runs
HOMEWORK = "grading_files"  # the folder of the files that grade, in the zip's `files`
LOG = "submission_log.json"


class Grading(AbstractOtterPlugin):  # type: ignore[misc]
    """Grades with the homework in the zip; `grade` in its configuration lists options of `autograder grade`."""

    def before_grading(self, config: object) -> None:
        """Moves the upload away before Otter reads it, and starts our grader on it.

        Raises:
            OtterRuntimeError: Otter would run something from the upload.
        """
        script = Path(self.submission_path)
        if script.name != SCRIPT:
            raise OtterRuntimeError(f"{script.name} is not graded here: hand in {LOG} alone")
        place = script.parents[1]
        upload, self._out = _moved(script.parent, place), place / "graded"
        command = [sys.executable, "-m", "autograder", "grade", str(upload), "--out", str(self._out)]
        command += self.plugin_config["grade"]
        if self.submission_metadata:  # Gradescope's; `otter run` has none
            command += ["--metadata", str(place / "submission_metadata.json")]
        self._grader = subprocess.Popen(
            command,
            cwd=place / "source/files" / HOMEWORK,
            env={"OMP_NUM_THREADS": "1", **os.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        atexit.register(self._grader.kill)  # in case Otter ends without asking for the result

    def after_grading(self, results: Any) -> None:
        """Waits for our grader; sets the points of every question, and the text that its student reads.

        Raises:
            OtterRuntimeError: our grader failed, or Otter has no results, or results of other questions.
        """
        if results.has_catastrophic_failure():
            raise OtterRuntimeError(
                "Otter's kernel ended without results: is `otter-grader[grading]` completely installed?"
            ) from results.catastrophic_error
        self._printed, errors = self._grader.communicate()
        if self._grader.returncode != 0:
            print_output(self._printed + errors)  # Otter hides it from students
            raise OtterRuntimeError(
                f"the grader itself failed (exit code {self._grader.returncode}), so there is no score."
                " That is not the student's fault. Staff: its output says why; fix that and grade again."
            )
        record = json.loads((self._out / LOG).read_text(encoding="utf-8"))
        shown = json.loads((self._out / "results.json").read_text(encoding="utf-8"))
        graded = {task["question"] for task in record["tasks"]}
        if graded != set(results.test_files):
            raise OtterRuntimeError(
                f"the zip checks {sorted(results.test_files)}, but {sorted(graded)} were graded: build it again"
            )
        for question in record["questions"]:
            if question["id"] in graded:
                check = results.get_result(question["id"])
                check.test_cases[0].points = question["max_points"]  # fewer if training runs are left out
                check.test_case_results[0].passed = question["outcome"] == "PASSED"
                check.test_case_results[0].message = _message(shown, question["id"])
                results.update_score(question["id"], question["points"])
        results.set_output(shown["output"])

    def generate_report(self) -> str:
        """The output of our grader, for staff."""
        return self._printed


def _moved(submission: Path, place: Path) -> Path:
    """Moves the upload from Otter's folder into another one, and removes what Otter added to it."""
    upload = place / "upload"
    upload.mkdir()
    for path in sorted(submission.iterdir()):
        if path.name in (SCRIPT, "tests"):
            continue
        if path.name == HOMEWORK and path.is_dir():
            shutil.rmtree(path)
        elif path.name == "__init__.py" and path.stat().st_size == 0:
            path.unlink()
        else:
            path.rename(upload / path.name)
    return upload


def _message(shown: Mapping[str, Any], question: str) -> str:
    """What Gradescope would show of a question's tasks: only outcome and hint of hidden tests."""
    return "\n\n".join(
        f"{entry['name']}: {entry['score']:g} of {entry['max_score']:g} points\n{entry['output']}"
        for entry in shown["tests"]
        if entry["number"] == question
    )
