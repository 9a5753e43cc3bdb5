"""The zip for Gradescope: what grading needs, and at its root the two scripts that Gradescope calls."""

import json
from dataclasses import dataclass
from pathlib import Path

from autograder import atomic
from autograder.assignment.manifest import Manifest
from autograder.assignment.scope import select
from autograder.errors import InputError
from autograder.platforms.gradescope import grade_upload
from autograder.release.grading_files import grading_files

SCRIPTS = ("setup.sh", "run_autograder")
MAKEFILE = "Makefile"  # sets up the environment, there as here
UNSTARTED = "unstarted.json"
_SCRIPTS = Path(grade_upload.__file__).parent / "scripts"


@dataclass(frozen=True)
class Packed:
    """The written zip, its number of files, and the points that a submission can get."""

    zip: Path
    files: int
    points: float


def build(manifest: Manifest, out: Path, only: tuple[str, ...] = ()) -> Packed:
    """Writes the zip into `out`.

    Args:
        manifest: the staff's manifest.
        out: the folder.
        only: the questions that it grades, if they are submitted separately; empty for all.

    Raises:
        InputError: a name in `only` matches nothing, or this is a student's copy.
    """
    scope = select(manifest, only, manifest.suites)
    files = {path.as_posix(): (manifest.root / path).read_bytes() for path in grading_files(manifest)}
    makefile = manifest.root / MAKEFILE
    if not makefile.is_file():
        raise InputError(f"{makefile} is missing; it sets up the grader in Gradescope's container")
    files[MAKEFILE] = makefile.read_bytes()
    flags = " ".join(f"--only {name}" for name in only)
    for script in SCRIPTS:
        text = (
            (_SCRIPTS / script).read_text(encoding="utf-8").replace(" @ONLY@", f" {flags}" if flags else "")
        )
        files[script] = text.encode()
    unstarted = grade_upload.ungraded(grade_upload.UNSTARTED, 0)
    files[UNSTARTED] = json.dumps(unstarted, indent=1).encode()
    name = "-".join([manifest.id, "gradescope", *only])
    atomic.write_zip(out / f"{name}.zip", files, executable=SCRIPTS)
    return Packed(out / f"{name}.zip", len(files), sum(manifest.tasks[task].points for task in scope))
