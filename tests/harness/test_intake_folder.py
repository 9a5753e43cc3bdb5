"""Hostile or careless folders: links, pipes, sockets, depth, names, unreadable files."""

import os
import socket
from pathlib import Path

import pytest

from autograder.assignment.limits import IntakeLimits
from autograder.submission.reader import folder as reader
from autograder.submission.reader.extract import File, Skipped
from autograder.submission.reader.submission import read
from tests.harness.packing import GOOD, STAGED, folder, linux, names, said, stage


@pytest.fixture
def hw(tmp_path: Path) -> Path:
    return folder(tmp_path / "hw", GOOD)


@pytest.mark.parametrize("target", ["/etc/passwd", "maths.py", "nowhere", "odd.py"])
def test_link_to_a_file_is_left_out(hw: Path, target: str) -> None:
    (hw / "pupil/odd.py").symlink_to(target)
    staged = stage(hw)
    assert names(staged) == STAGED and said(staged, "left out: pupil/odd.py: a link; hand in the file itself")


def test_file_that_becomes_a_link_after_the_check_is_not_followed(hw: Path) -> None:
    (hw / "pupil/odd.py").symlink_to("maths.py")
    with pytest.raises(OSError, match="symbolic links"):
        reader.open_plain(hw / "pupil/odd.py")


@pytest.mark.parametrize("target", ["/etc", "..", "."])
def test_link_to_a_folder_is_not_followed(hw: Path, target: str) -> None:
    (hw / "pupil/sub").symlink_to(target)
    staged = stage(hw)
    assert names(staged) == STAGED and said(staged, "left out: pupil/sub: a link")


def test_pipe_and_socket_are_left_out(hw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(hw / "pupil/pipe.py")
    monkeypatch.chdir(hw)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("pupil/sock.py")
        staged = stage(hw)
    assert names(staged) == STAGED and said(
        staged, "left out: pupil/pipe.py, pupil/sock.py: not a regular file"
    )


def test_task_file_that_is_a_pipe_does_not_block_the_grade(tmp_path: Path) -> None:
    hw = folder(tmp_path / "hw", {**GOOD, "pupil/maths.py": b""})
    (hw / "pupil/maths.py").unlink()
    os.mkfifo(hw / "pupil/maths.py")
    staged = stage(hw)
    assert names(staged) == STAGED - {"maths.py"} and said(staged, "left out: pupil/maths.py")


def test_deep_folders_end_at_a_limit(hw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hw)
    for _ in range(300):  # deeper than the maximum length of a path
        os.mkdir("deep" * 6)
        os.chdir("deep" * 6)
    events = list(read(hw, IntakeLimits(), "mini"))
    assert sum(isinstance(event, File) for event in events) == 3
    assert ["more than 32 folders deep" in event.why for event in events if isinstance(event, Skipped)] == [
        True
    ]


def test_large_and_sparse_file_is_not_read(hw: Path) -> None:
    with (hw / "pupil/huge.py").open("wb") as file:
        file.truncate(1 << 40)
    staged = stage(hw)
    assert names(staged) == STAGED and said(staged, "left out: pupil/huge.py: larger than 1 MB")


@linux
def test_name_that_is_not_utf_8_and_one_with_control_characters_are_left_out(hw: Path) -> None:
    for name in (b"odd\xe9.py", b"new\nline.py"):
        with open(os.path.join(os.fsencode(hw), b"pupil", name), "wb"):
            pass
    staged = stage(hw)
    assert names(staged) == STAGED
    assert said(staged, r"odd\udce9.py", "not UTF-8; rename it") and said(staged, r"new\nline.py", "control")


def test_file_that_cannot_be_read_is_named_and_the_rest_is_read(
    hw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refuse(path: Path, flags: int) -> int:  # root can read everything, so the error is simulated
        if Path(path).name == "maths.py":
            raise PermissionError(13, "Permission denied")
        return opened(path, flags)

    monkeypatch.setattr(reader.os, "open", refuse)
    events = list(read(hw, IntakeLimits(), "mini"))
    assert sum(isinstance(event, File) for event in events) == 2
    left = next(event for event in events if isinstance(event, Skipped))
    assert left.name == "pupil/maths.py" and "Permission denied" in left.why


def test_folder_that_cannot_be_read_is_named_and_the_rest_is_read(
    hw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(hw, {"locked/file": b""})
    scanned = os.scandir

    def refuse(path: Path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scanned(path)

    monkeypatch.setattr(reader.os, "scandir", refuse)
    events = list(read(hw, IntakeLimits(), "mini"))
    assert sum(isinstance(event, File) for event in events) == 3
    assert [event.name for event in events if isinstance(event, Skipped)] == ["locked"]


def test_modes_and_a_strict_umask_have_no_effect(hw: Path) -> None:
    os.chmod(hw / "pupil/maths.py", 0o4777)
    before = os.umask(0o077)
    try:
        assert names(stage(hw)) == STAGED  # `stage` checks the modes
    finally:
        os.umask(before)
