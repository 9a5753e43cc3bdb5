"""Writing and checking the generated package: atomically, completely, and nowhere else."""

import os
from pathlib import Path

import pytest

from autograder.release.stubs import StubError, differences, generate, write
from tests.harness.area import AREA, AREA_STUB, TASKS, package


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A complete small package of solutions."""
    return package(tmp_path / "solutions")


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_write_then_check(source: Path, tmp_path: Path) -> None:
    """The written package is right; stale files are removed, artifacts and caches stay, a second run does nothing."""
    target = tmp_path / "student"
    for name in [
        "artifacts/mine.safetensors",
        "old/gone.py",
        "old/__pycache__/gone.pyc",
        "__pycache__/a.pyc",
    ]:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(b"old")
    (target / "extra.py").write_bytes(b"")
    (target / "area.py").write_text("mine")
    assert differences(source, target, TASKS) == [
        "missing: __init__.py",
        "missing: answers.toml",
        "different: area.py (line 1)",
        "extra: extra.py",
        "missing: given/artifacts/kept.bin",
        "missing: given/base.py",
        "missing: given/data.npz",
        "extra: old/gone.py",
    ]
    changed = write(source, target, TASKS)
    assert {"area.py", "extra.py", "old/gone.py"} < set(changed)
    kept = {"artifacts/mine.safetensors": b"old", "__pycache__/a.pyc": b"old"}
    assert snapshot(target) == generate(source, TASKS) | kept
    assert not (target / "old").exists()
    assert differences(source, target, TASKS) == []
    times = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    assert write(source, target, TASKS) == []
    assert times == {path: path.stat().st_mtime_ns for path in target.rglob("*")}


def test_check_notices_one_byte(source: Path, tmp_path: Path) -> None:
    """One changed byte and a missing folder are reported."""
    target = tmp_path / "student"
    assert len(differences(source, target, TASKS)) == 6
    write(source, target, TASKS)
    (target / "area.py").write_text(AREA_STUB.replace("Areas.", "Areas!"))
    assert differences(source, target, TASKS) == ["different: area.py (line 1)"]
    (target / "area.py").write_bytes(AREA_STUB.replace("\n", "\r\n").encode())
    assert differences(source, target, TASKS) == ["different: area.py (line 1)"]


def test_failed_generation_writes_nothing(source: Path, tmp_path: Path) -> None:
    """A mistake anywhere leaves the target unchanged."""
    target = tmp_path / "student"
    write(source, target, TASKS)
    before = snapshot(target)
    (source / "area.py").write_text(AREA.replace("shape", "form"))
    (source / "zz.py").write_text("# END SOLUTION\n")
    with pytest.raises(StubError):
        write(source, target, TASKS)
    assert snapshot(target) == before


def test_nothing_outside_the_target_is_touched(source: Path, tmp_path: Path) -> None:
    """Links inside the target are replaced, not followed."""
    outside, target = tmp_path / "outside", tmp_path / "student"
    outside.mkdir()
    target.mkdir()
    (outside / "base.py").write_text("precious")
    (target / "given").symlink_to(outside)
    (target / "area.py").symlink_to(outside / "base.py")
    assert "different: area.py (not a plain file)" in differences(source, target, TASKS)
    write(source, target, TASKS)
    assert snapshot(outside) == {"base.py": b"precious"}
    assert differences(source, target, TASKS) == []


def test_overlapping_folders_are_refused(source: Path) -> None:
    """The package is never written over its own source, or above or below it."""
    before = snapshot(source)
    for target in (source, source / "student", source.parent):
        with pytest.raises(StubError, match="inside each other"):
            write(source, target, TASKS)
    assert snapshot(source) == before


def test_target_that_is_not_a_folder_is_refused(source: Path, tmp_path: Path) -> None:
    """A file or a link in the place of the package is not changed."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("precious")
    for target in (tmp_path / "link", tmp_path / "file"):
        with pytest.raises(StubError, match="not a folder"):
            write(source, target, TASKS)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "file").read_text() == "precious"


def test_interrupted_write_leaves_the_old_file(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is either the old one or the new one, and no temporary file is left."""
    target = tmp_path / "student"
    target.mkdir()
    (target / "area.py").write_text("old")

    def broken(_from: object, _to: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="no space"):
        write(source, target, TASKS)
    assert os.listdir(target) == ["area.py"]
    assert (target / "area.py").read_text() == "old"
