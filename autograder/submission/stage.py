"""Stages what was handed in: a folder, an archive or a log becomes a package that can be graded, with notes.

Nothing here opens an archive or parses a log. `submission.reader` does that within limits and sends names and bytes.
"""

import hashlib
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.errors import InputError
from autograder.submission import staged
from autograder.submission.choose import choose
from autograder.submission.find_root import find_root
from autograder.submission.gather import gather
from autograder.submission.staged import Submission
from autograder.submission.write import restore_given_files, write_files


def stage(submission: Path, manifest: Manifest, scratch: Path) -> Submission:
    """Copies the accepted files of a submission to `scratch` and replaces the given ones by the staff's copies.

    Args:
        submission: a folder, a zip, a tar (plain, gzip, bzip2, xz) or a `submission_log.json`.
        manifest: the staff's; `[intake]` says what is accepted, `[staff]` which files are given.
        scratch: an empty folder for the copy.

    Raises:
        InputError: the path does not exist. Everything else that is wrong with it is in the notes.
        HarnessError: the machine could not read it.
    """
    if not _exists(submission):
        raise InputError(f"{submission} is not there: give the path of a submission")
    found = gather(submission, manifest)
    root, notes = find_root(submission.name, found.files, manifest)
    chosen = choose(root, found, manifest)
    package = scratch / manifest.package
    write_files(chosen.files, package)
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in sorted(chosen.files.items())}
    notes = [*found.remarks, *notes, *chosen.notes, *restore_given_files(manifest, package, digests)]
    return staged.read(package, manifest, digests=digests, notes=tuple(notes))


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return True  # the reader says so in a note
    except (OSError, ValueError):
        return False
    return True
