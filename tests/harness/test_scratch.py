"""Temporary folders: what a killed run left behind is removed, and nothing else."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import cli, commands, scratch
from autograder.errors import InputError
from autograder.isolation.kernel.syscalls import supported
from tests.harness.mini import Mini

ROOT = Path(__file__).parents[2]
HOLD = """
import os, sys
sys.path.insert(0, sys.argv[1])
from autograder import scratch
with scratch.folder() as folder:
    deep = str(folder)
    for _ in range(1500):
        os.chdir(deep)
        os.mkdir("d")
        deep = "d"
    print(folder, flush=True)
    sys.stdin.read()
"""
locks = pytest.mark.skipif(not supported(), reason="not every system has locks of folders")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", None)
    return place


@locks
def test_a_killed_runs_folder_is_removed_and_a_living_ones_is_not(place: Path) -> None:
    """Kills: leftovers that stay; a sweep that takes the folders of other runs; one that gives up in deep folders."""
    command = [sys.executable, "-c", HOLD, str(ROOT)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdin is not None and other.stdout is not None
    theirs = Path(other.stdout.readline().strip())
    with scratch.folder() as mine:
        assert sorted(place.iterdir()) == sorted([mine, theirs])
    other.send_signal(signal.SIGKILL)
    other.wait()
    other.stdin.close()
    other.stdout.close()
    with scratch.folder() as mine:
        assert list(place.iterdir()) == [mine]
    assert list(place.iterdir()) == []


@locks
def test_a_run_that_starts_meanwhile_keeps_its_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a folder that another run removes between its making and its lock."""
    lock, calls = scratch.lock, []

    def late(folder: Path) -> int | None:
        calls.append(folder)
        if len(calls) == 1:
            monkeypatch.setattr(scratch, "lock", lock)
            scratch._remove_leftovers(place)  # what another run does at this moment
        return lock(folder)

    monkeypatch.setattr(scratch, "lock", late)
    with scratch.folder() as folder:
        assert folder.is_dir() and folder != calls[0] and not calls[0].exists()


@locks
def test_only_folders_of_runs_are_removed(place: Path, tmp_path: Path) -> None:
    """Kills: a sweep that follows a link, or takes every name that begins like ours."""
    (tmp_path / "precious").mkdir()
    (place / f"{scratch.PREFIX}link").symlink_to(tmp_path / "precious")
    (place / f"{scratch.PREFIX}file").touch()
    (place / "autograder-notes").mkdir()
    with scratch.folder():
        pass
    assert len(list(place.iterdir())) == 3 and (tmp_path / "precious").is_dir()


@pytest.mark.parametrize("name", ["TMPDIR", "TMP"])
@pytest.mark.parametrize("given", ["missing", "assignment.toml", "/proc"])
def test_a_bad_folder_for_temporary_files_is_named(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, name: str, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kills: Python's own choice of another folder, of which it says nothing."""
    monkeypatch.chdir(mini.root)
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setenv(name, given)
    with pytest.raises(InputError, match=f"{name} is {given}"):
        scratch.base()
    assert cli.main(["grade", "pupil", "--out", "out", "--isolation", "none"]) == commands.BAD_CALL
    assert f"{name} is {given}" in capsys.readouterr().err
