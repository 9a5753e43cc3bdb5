"""`submission_log.json` as a student uploads it: the record of the student's own run, with every graded file in it.

It contains the files that the grader would accept from the package's folder, within the same limits. This includes
given files: the student's manifest does not list them, and a changed one is reported when the log is graded.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from autograder import atomic
from autograder.assignment.limits import MB
from autograder.assignment.manifest import Manifest
from autograder.errors import InputError
from autograder.record import build
from autograder.submission.choose import choose
from autograder.submission.find_root import find_root
from autograder.submission.gather import gather
from autograder.submission.reader.log import embedded

ZIP = "submission.zip"
LARGE_MB = 20  # from here on a slow connection notices that weights in JSON are a third larger than in a zip


@dataclass(frozen=True)
class Collected:
    """What a grade of the package's folder would use: bytes by path inside the package, and notes."""

    files: dict[str, bytes]
    notes: tuple[str, ...]

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each file."""
        return {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items()}


@dataclass(frozen=True)
class Written:
    """What was written: the log, a zip if the log is large, and the new names of older files."""

    log: Path
    zip: Path | None
    kept: tuple[Path, ...]

    @property
    def upload(self) -> Path:
        """The one file to hand in."""
        return self.zip or self.log


def collect(package: Path, manifest: Manifest) -> Collected:
    """Collects the files of a package as the grader does.

    Raises:
        InputError: the folder is not the package itself, so that a grade of it would use another folder.
    """
    found = gather(package, manifest)
    root, notes = find_root(package.name, found.files, manifest)
    if root is None:
        raise InputError("; ".join([*found.remarks, *notes]))
    if root:
        raise InputError(
            f"a grade of {package} would use {'/'.join(root)}/ in it: give that as --package,"
            " or, if it is only a copy, move it elsewhere"
        )
    chosen = choose(root, found, manifest)
    return Collected(dict(sorted(chosen.files.items())), (*found.remarks, *notes, *chosen.notes))


def write(own: build.Record, collected: Collected, manifest: Manifest) -> Written:
    """Writes the log, and the zip if it is needed, into the manifest's folder; older files are renamed, never lost.

    Args:
        own: the record of the student's own run.
        collected: the files that the run was made with.
        manifest: the assignment.

    Raises:
        InputError: the files cannot be written there.
    """
    data = {
        **own,
        "sources": collected.digests,
        "notes": [*collected.notes, *own["notes"]],
        "files": {path: embedded(content) for path, content in collected.files.items()},
    }
    build.check(data, "record")
    try:
        return _write(data, collected.files, manifest)
    except OSError as error:
        raise InputError(
            f"{build.NAME} cannot be written into {manifest.root} ({error.strerror}): make room, or allow writing"
        ) from error


def _write(data: build.Record, files: Mapping[str, bytes], manifest: Manifest) -> Written:
    log, archive = manifest.root / build.NAME, manifest.root / ZIP
    with tempfile.TemporaryDirectory(dir=manifest.root, prefix=".submit-") as folder:
        new = Path(folder, build.NAME)
        build.write(data, new)
        is_large = new.stat().st_size > min(LARGE_MB, manifest.intake.log_mb) * MB
        if is_large:
            # Not compressed: weights hardly shrink, and what shrinks a lot would be refused for its ratio.
            packed = {f"{manifest.package}/{name}": data for name, data in files.items()}
            atomic.write_zip(Path(folder, ZIP), packed, compressed=False)
        # Only now, since the new files are complete. An older zip would look like the zip of this log.
        kept = tuple(_keep(old) for old in (log, archive) if old.exists())
        for path in sorted(Path(folder).iterdir()):
            os.replace(path, manifest.root / path.name)
    return Written(log, archive if is_large else None, kept)


def _keep(old: Path) -> Path:
    """Adds the time at which a file was made to its name; a name that already exists is not used."""
    made = f"{_made(old):%Y-%m-%dT%H-%M-%S}"
    for number in count(1):
        kept = old.with_name(f"{old.stem}.{made}{f'-{number}' if number > 1 else ''}{old.suffix}")
        try:
            kept.open("xb").close()  # reserves the name, or finds that it exists, in one step
        except FileExistsError:
            continue
        os.replace(old, kept)
        return kept
    raise AssertionError("names do not end")


def _made(path: Path) -> datetime:
    """The start time in a log, or the time of the last change of any other file; in UTC."""
    try:
        return datetime.fromisoformat(json.loads(path.read_bytes())["started"]).astimezone(UTC)
    except (ValueError, LookupError, TypeError, RecursionError, OverflowError):  # it is not a log
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
