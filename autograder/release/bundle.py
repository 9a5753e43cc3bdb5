"""Builds what students are handed: a folder, ready to be pushed as a template repository, and the same as a zip.

It contains the package of stubs, the public tests, the student's side of the grader, and the files that the manifest
lists. Every file is searched for what only staff may know before anything is written.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder import atomic
from autograder.assignment.manifest import Manifest, Staff
from autograder.assignment.policies import Bundle
from autograder.errors import InputError
from autograder.release import closure, leaks, stubs
from autograder.release.staff_parts import without_staff_parts

_PLAIN = (".py", ".toml", ".txt", "")  # files in which parts may be marked as staff's


class Leak(InputError):
    """The bundle would contain something that only staff may know."""


@dataclass(frozen=True)
class BuiltBundle:
    """What was written.

    Attributes:
        folder: of the bundle.
        zip: the same files, packed.
        files: the number of files.
        searched: the number of runs, names, strings and numbers that were searched for.
        sha256: of the zip.
    """

    folder: Path
    zip: Path
    files: int
    searched: int
    sha256: str


def build(manifest: Manifest, out: Path, extra: Mapping[str, bytes] | None = None) -> BuiltBundle:
    """Writes the bundle into `out`, as a folder that replaces an older one, and as a zip.

    Args:
        manifest: of staff.
        out: the folder for both.
        extra: more files, which are built and not copied, by their path in the bundle.

    Raises:
        InputError: the manifest has no bundle, or a file that it lists is not there.
        Leak: the bundle would contain something that only staff may know; each place is named with its file.
    """
    staff, bundle = _terms(manifest)
    files = {**contents(manifest), **(extra or {})}
    secrets = _secrets(manifest, staff, bundle)
    found = leaks.find(files, secrets)
    if found:
        more = f"\n... and {len(found) - 20} more" if len(found) > 20 else ""
        what = "nothing was written: the bundle would contain what only staff may know\n"
        raise Leak(what + "\n".join(found[:20]) + more)
    name = f"{manifest.id}-student"
    folder, archive = out / name, out / f"{name}.zip"
    atomic.write_folder(folder, files, keep=(".git",))
    atomic.write_zip(archive, {f"{name}/{path}": data for path, data in files.items()})
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return BuiltBundle(folder, archive, len(files), len(secrets.runs) + len(secrets.words), digest)


def contents(manifest: Manifest) -> dict[str, bytes]:
    """Every file of the bundle that is copied or cut, by its path in it.

    Raises:
        InputError: as `build`.
    """
    staff, bundle = _terms(manifest)
    root = manifest.root
    files = {path: source.read_bytes() for path, source in closure.student_side().items()}
    for relative, data in stubs.generate(root / staff.reference, manifest.code_tasks()).items():
        files[f"{manifest.package}/{relative}"] = data
    for path in _listed(root, bundle.files):
        plain = path.suffix in _PLAIN
        files[path.relative_to(root).as_posix()] = (
            without_staff_parts(path).encode() if plain else path.read_bytes()
        )
    overlay = root / bundle.overlay
    for path in _listed(overlay, ("**/*",)):
        files[path.relative_to(overlay).as_posix()] = path.read_bytes()
    return dict(sorted(files.items()))


def _terms(manifest: Manifest) -> tuple[Staff, Bundle]:
    if manifest.staff is None or manifest.staff.bundle is None:
        raise InputError(
            f"{manifest.path} has no [staff.bundle]: the staff's manifest says what is handed out"
        )
    return manifest.staff, manifest.staff.bundle


def _listed(root: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        found = [p for p in sorted(root.glob(pattern)) if p.is_file() and "__pycache__" not in p.parts]
        if not found:
            raise InputError(f"{root / pattern} is not there, but the bundle must contain it")
        yield from found


def _secrets(manifest: Manifest, staff: Staff, bundle: Bundle) -> leaks.Secrets:
    open_tests = [path for path in _listed(manifest.root, bundle.files) if path.suffix == ".py"]
    return leaks.gather(
        manifest.root / staff.reference,
        package=manifest.package,
        withheld=list(_listed(manifest.root, bundle.withheld)),
        opened=[path.read_text(encoding="utf-8") for path in open_tests],
        grader=[path.read_text(encoding="utf-8") for path in closure.student_side().values()],
    )
