"""Packs submissions to the tiny homework in all ways, and stages them with checks of every written file."""

import io
import os
import stat
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from autograder.assignment.manifest import load
from autograder.submission import stage as intake
from tests.harness.mini import CODE, MANIFEST, giving

ANSWERS = b'colour = "blue"\n'
GOOD = {"pupil/__init__.py": b"", "pupil/maths.py": CODE.encode(), "pupil/answers.toml": ANSWERS}
STAGED = {"__init__.py", "maths.py", "answers.toml", "given/table.py"}
GIVEN = "FACTOR = 2\n"
linux = pytest.mark.skipif(
    sys.platform != "linux", reason="macOS bounds no memory and refuses names not in UTF-8"
)


def folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def zipped(path: Path, files: dict[str, bytes], *more: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    """A zip of `files`, then of `more` entries, which can be unusual."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [*files.items(), *more]:
            archive.writestr(name, data)
    return path


def member(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def tarred(
    path: Path, files: dict[str, bytes], *more: tuple[tarfile.TarInfo, bytes], mode: str = "w"
) -> Path:
    """A tar of `more` entries, which can be unusual, then of `files`."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info, data in [*more, *(member(name, data) for name, data in files.items())]:
            archive.addfile(info, io.BytesIO(data))
    return path


def stage(submission: Path, limits: str = "") -> intake.Submission:
    """Stages a submission to the tiny homework; `limits` are lines of `[intake]`.

    For every submission: only plain files are staged, other users can read them, and no other file is written.
    """
    staff, scratch = submission.parent / "staff", submission.parent / "scratch"
    folder(staff / "reference", {"__init__.py": b"", "given/table.py": GIVEN.encode()})
    text = giving(MANIFEST, "given/**/*", "__init__.py") + f"\n[intake]\n{limits}\n"
    (staff / "assignment.toml").write_text(text)
    scratch.mkdir()
    before = _tree(submission.parent, scratch)
    staged = intake.stage(submission, load(staff / "assignment.toml"), scratch)
    assert _tree(submission.parent, scratch) == before
    for path in scratch.rglob("*"):
        mode = path.lstat().st_mode
        assert stat.S_ISREG(mode) or stat.S_ISDIR(mode)
        assert stat.S_IMODE(mode) == (0o644 if stat.S_ISREG(mode) else 0o755)
    for note in staged.notes:
        assert note.isprintable() and len(note) < 1500
    return staged


def _tree(root: Path, but: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for above, folders, files in os.walk(root):
        folders[:] = [name for name in folders if Path(above, name) != but]
        for name in [*folders, *files]:
            status = os.lstat(os.path.join(above, name))
            found[os.path.join(above, name)] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


def names(staged: intake.Submission) -> set[str]:
    return {
        path.relative_to(staged.package).as_posix() for path in staged.package.rglob("*") if path.is_file()
    }


def said(staged: intake.Submission, *words: str) -> bool:
    """Whether one note contains all the words."""
    return any(all(word in note for word in words) for note in staged.notes)
