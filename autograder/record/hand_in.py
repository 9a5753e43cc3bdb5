"""`submission_log.json` as a student uploads it: the record of their own run with every file that is graded in it.

What is embedded is what intake would take of the package's folder, within the same limits. Given files are, too: the
student's manifest does not say which they are, and a changed one is then named just the same when the log is graded.
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
from autograder.record import build as record
from autograder.submission.choose import choose
from autograder.submission.find_root import find_root
from autograder.submission.gather import gather
from autograder.submission.reader.log import embedded

ZIP = "submission.zip"
LARGE_MB = 20  # where slow lines begin to feel that weights in JSON are a third larger than in a zip


@dataclass(frozen=True)
class Collected:
    """What a grade of the package's folder would take: bytes by path inside the package, and what is to be said."""

    files: dict[str, bytes]
    notes: tuple[str, ...]

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each file."""
        return {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items()}


@dataclass(frozen=True)
class Written:
    """What was written: the log, the zip where the log is large, and the names that older ones are kept under."""

    log: Path
    zip: Path | None
    kept: tuple[Path, ...]

    @property
    def upload(self) -> Path:
        """The one file to hand in."""
        return self.zip or self.log


def collect(package: Path, manifest: Manifest) -> Collected:
    """Collects the files of a package as intake does.

    Raises:
        InputError: the folder is not the package itself, so that a grade of it would take something else.
    """
    found = gather(package, manifest)
    root, notes = find_root(package.name, found.files, manifest)
    if root is None:
        raise InputError("; ".join([*found.remarks, *notes]))
    if root:
        raise InputError(
            f"a grade of {package} would take {'/'.join(root)}/ in it: give that as --package,"
            " or, if it is only a copy, move it elsewhere"
        )
    chosen = choose(root, found, manifest)
    return Collected(dict(sorted(chosen.files.items())), (*found.remarks, *notes, *chosen.notes))


def write(own: record.Record, collected: Collected, manifest: Manifest) -> Written:
    """Writes the log, and the zip where it is needed, into the manifest's folder; older ones are renamed, never lost.

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
    record.check(data, "record")
    try:
        return _write(data, collected.files, manifest)
    except OSError as error:
        raise InputError(
            f"{record.NAME} cannot be written into {manifest.root} ({error.strerror}): make room, or give the right to"
        ) from error


def _write(data: record.Record, files: Mapping[str, bytes], manifest: Manifest) -> Written:
    log, archive = manifest.root / record.NAME, manifest.root / ZIP
    with tempfile.TemporaryDirectory(dir=manifest.root, prefix=".submit-") as folder:
        new = Path(folder, record.NAME)
        record.write(data, new)
        is_large = new.stat().st_size > min(LARGE_MB, manifest.intake.log_mb) * MB
        if is_large:
            # Not compressed: weights hardly shrink, and what shrinks a lot would be refused for its ratio.
            packed = {f"{manifest.package}/{name}": data for name, data in files.items()}
            atomic.write_zip(Path(folder, ZIP), packed, compressed=False)
        # Only now, with the new ones whole. A zip from before would be taken for one of this log.
        kept = tuple(_keep(old) for old in (log, archive) if old.exists())
        for path in sorted(Path(folder).iterdir()):
            os.replace(path, manifest.root / path.name)
    return Written(log, archive if is_large else None, kept)


def _keep(old: Path) -> Path:
    """Renames a file by the time at which it was made; a name that is taken is left alone."""
    made = f"{_made(old):%Y-%m-%dT%H-%M-%S}"
    for number in count(1):
        kept = old.with_name(f"{old.stem}.{made}{f'-{number}' if number > 1 else ''}{old.suffix}")
        try:
            kept.open("xb").close()  # takes the name, or finds it taken, in one step
        except FileExistsError:
            continue
        os.replace(old, kept)
        return kept
    raise AssertionError("names do not end")


def _made(path: Path) -> datetime:
    """When a log says that it was started; of any other file, when it was last written. In UTC."""
    try:
        return datetime.fromisoformat(json.loads(path.read_bytes())["started"]).astimezone(UTC)
    except (ValueError, LookupError, TypeError, RecursionError, OverflowError):  # it is no log
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
