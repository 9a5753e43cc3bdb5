"""The intake accepts a folder, zip, tar or log, identified by content, and finds the package inside it."""

import os
from pathlib import Path

import pytest

from autograder.assignment.manifest import ManifestError, load
from autograder.errors import InputError
from autograder.submission import stage as intake
from tests.harness.packing import GIVEN, GOOD, STAGED, folder, names, said, stage, tarred, zipped


def test_folder(tmp_path: Path) -> None:
    staged = stage(folder(tmp_path / "hw", GOOD))
    assert names(staged) == STAGED and staged.notes == ()
    assert (staged.package / "maths.py").read_bytes() == GOOD["pupil/maths.py"]
    assert set(staged.digests) == {"__init__.py", "maths.py", "answers.toml"}


@pytest.mark.parametrize("name", ["hw.zip", "hw.tar", "hw", "hw.txt"])
def test_zip_is_identified_by_its_content(tmp_path: Path, name: str) -> None:
    staged = stage(zipped(tmp_path / name, GOOD))
    assert names(staged) == STAGED and staged.notes == ()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("name", ["hw.zip", "hw"])
def test_tar_is_identified_by_its_content(tmp_path: Path, mode: str, name: str) -> None:
    staged = stage(tarred(tmp_path / name, GOOD, mode=mode))
    assert names(staged) == STAGED and staged.notes == ()


@pytest.mark.parametrize("form", ["v7", "self-extracting zip"])
def test_archive_without_a_mark_at_its_start(tmp_path: Path, form: str) -> None:
    if form == "v7":
        path = tarred(tmp_path / "hw.tar", GOOD)
        data = bytearray(path.read_bytes())
        for at in range(0, len(data), 512):
            if data[at + 257 : at + 262] == b"ustar":
                data[at + 257 : at + 265] = bytes(8)
                data[at + 148 : at + 156] = b" " * 8
                data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
    else:
        data = bytearray(b"#!/bin/sh\n" + zipped(tmp_path / "hw.zip", GOOD).read_bytes())
    (tmp_path / "hw").write_bytes(data)
    assert names(stage(tmp_path / "hw")) == STAGED


@pytest.mark.parametrize("wrap", ["", "pupil", "wrapper/pupil", "a/b/pupil"])
@pytest.mark.parametrize("how", ["folder", "zip", "tar"])
def test_package_is_found_below_outer_folders(tmp_path: Path, wrap: str, how: str) -> None:
    files = {os.path.join(wrap, name.removeprefix("pupil/")): data for name, data in GOOD.items()}
    pack = {"folder": folder, "zip": zipped, "tar": tarred}[how]
    staged = stage(pack(tmp_path / "hw", files))
    assert names(staged) == STAGED and staged.notes == ()


def test_renamed_package_is_found_and_named(tmp_path: Path) -> None:
    files = {name.replace("pupil", "top/my homework"): data for name, data in GOOD.items()}
    staged = stage(zipped(tmp_path / "hw.zip", files))
    assert names(staged) == STAGED
    assert staged.notes == ("the package is called my homework here; it is graded as pupil",)


def test_of_two_packages_the_fuller_one_is_graded_and_both_are_named(tmp_path: Path) -> None:
    files = {**GOOD, "old/pupil/maths.py": b"old", "pupil/maths.py": b"new"}
    staged = stage(folder(tmp_path / "hw", files))
    assert (staged.package / "maths.py").read_bytes() == b"new"
    assert said(staged, "pupil/ (2) is graded, not old/pupil/ (1)", "hand in only one")
    assert said(staged, "left out: old/pupil/maths.py")


def test_of_two_equal_packages_the_manifests_name_decides(tmp_path: Path) -> None:
    backup = {name.replace("pupil", "a copy"): b"old" for name in GOOD}
    staged = stage(folder(tmp_path / "hw", {**backup, **GOOD}))
    assert (staged.package / "maths.py").read_bytes() == GOOD["pupil/maths.py"]
    assert said(staged, "pupil/ (2) is graded, not a copy/ (2)")


def test_missing_package_is_named_with_the_fix(tmp_path: Path) -> None:
    staged = stage(folder(tmp_path / "hw", {"notes/reading.md": b"", "data.csv": b""}))
    assert names(staged) == {"__init__.py", "given/table.py"} and staged.digests == {}
    assert said(staged, "no package found in hw: hand in the folder `pupil/`, which contains maths.py")
    assert said(staged, "left out: data.csv, notes/reading.md: not among the files that are graded")


def test_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "hw").mkdir()
    assert said(stage(tmp_path / "hw"), "no package found in hw")


def test_system_files_are_skipped_silently_and_the_rest_is_listed_briefly(tmp_path: Path) -> None:
    noise = ["pupil/__pycache__/maths.pyc", ".git/config", "__MACOSX/pupil/._maths.py", ".DS_Store"]
    noise += [
        "pupil/.ipynb_checkpoints/maths.py",
        "pupil/._maths.py",
        "venv/lib/site-packages/torch/maths.py",
    ]
    files = {**GOOD, **dict.fromkeys(noise, b"x"), **{f"pupil/plot{i}.png": b"" for i in range(9)}}
    staged = stage(zipped(tmp_path / "hw.zip", files))
    assert names(staged) == STAGED
    listed = ", ".join(f"pupil/plot{i}.png" for i in range(5))
    assert staged.notes == (f"left out: {listed} and 4 more: not among the files that are graded",)


def test_only_what_the_manifest_accepts_is_staged(tmp_path: Path) -> None:
    files = {**GOOD, "pupil/weights/a.bin": b"w", "pupil/extra.py": b"", "pupil/sub/answers.toml": b""}
    staged = stage(folder(tmp_path / "hw", files), 'accept = ["maths.py", "weights/*"]')
    assert names(staged) == {"__init__.py", "given/table.py", "maths.py", "weights/a.bin"}
    assert said(staged, "left out:", "pupil/extra.py", "pupil/answers.toml")


def test_given_files_come_from_staff_and_a_changed_one_is_named_once(tmp_path: Path) -> None:
    files = {**GOOD, "pupil/given/table.py": b"FACTOR = 3\n", "pupil/given/digits.npz": b"data"}
    staged = stage(zipped(tmp_path / "hw.zip", files))
    assert (staged.package / "given/table.py").read_text() == GIVEN
    assert staged.notes == ("given/table.py was changed; it is graded with the copy that was handed out",)
    assert staged.digests.keys() == {"__init__.py", "maths.py", "answers.toml", "given/table.py"}


def test_folder_that_holds_one_tar_is_that_tar(tmp_path: Path) -> None:
    (tmp_path / "hw").mkdir()
    tarred(tmp_path / "hw/mine.tgz", GOOD, mode="w:gz")
    (tmp_path / "hw/.DS_Store").write_bytes(b"")
    assert names(stage(tmp_path / "hw")) == STAGED


def test_archive_in_an_archive_is_named_with_the_fix(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", GOOD).read_bytes()
    staged = stage(zipped(tmp_path / "hw.zip", {"inner.zip": inner}))
    assert said(staged, "left out: inner.zip: an archive inside is not opened; hand in its content")
    assert said(staged, "no package found in hw.zip")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "hw is not a file that can be read: hand in"),
        (b"print(1)\n" * 100, "hw is not a file that can be read"),
        (b"Rar!\x1a\x07\x00" + bytes(600), "hw is a Rar archive, which cannot be read here: hand in"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(600), "hw is a 7z archive"),
        (bytes(10240), "no package found in hw"),
        (b"\x1f\x8b" + b"garbage" * 99, "hw is damaged after its start"),
        (b"PK\x03\x04" + b"garbage" * 99, "hw is damaged after its start"),
    ],
    ids=["empty", "text", "rar", "7z", "empty tar", "gzip", "zip"],
)
def test_file_that_cannot_be_graded_is_refused_with_a_reason(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "hw").write_bytes(data)
    assert said(stage(tmp_path / "hw"), says)


def test_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "hw")
    assert said(stage(tmp_path / "hw"), "hw is a device or pipe, which cannot be read here")


@pytest.mark.parametrize("name", ["nowhere", "no\0where", "n" * 5000])
def test_missing_path_is_an_input_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not there"):
        stage(tmp_path / name)


def test_path_without_permission_is_not_an_input_error(tmp_path: Path) -> None:
    class Locked(type(tmp_path)):  # root can read everything, so the error is simulated
        def stat(self, **how: bool) -> os.stat_result:
            raise PermissionError(13, "Permission denied")

    stage(folder(tmp_path / "hw", GOOD))  # writes the staff files
    manifest = load(tmp_path / "staff/assignment.toml")
    assert intake.stage(Locked(tmp_path / "hw"), manifest, tmp_path / "again").package.is_dir()


@pytest.mark.parametrize(
    ("line", "says"),
    [("file_gb = 1", "unknown key 'file_gb'"), ("entries = 0", "minimum"), ("accept = []", "intake.accept")],
)
def test_mistake_in_the_table_is_named(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(ManifestError, match=says):
        stage(folder(tmp_path / "hw", GOOD), line)
