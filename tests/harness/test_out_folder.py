"""A folder of results is held by one grade at a time, and one that cannot be used is named at once."""

import os
import signal
from pathlib import Path

import pytest

from autograder import cli, commands
from autograder.errors import InputError
from autograder.isolation.kernel.syscalls import supported
from autograder.record.out_folder import held
from tests.harness.mini import Mini

pytestmark = pytest.mark.skipif(not supported(), reason="not every system has locks of folders")


def test_a_second_grade_ends_at_once_and_names_the_folder(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kills: two grades that write into one record; a lock file that stays."""
    monkeypatch.chdir(mini.root)
    with held(mini.out):
        assert cli.main(["grade", "pupil", "--out", "out"]) == commands.BAD_CALL
        said = capsys.readouterr().err
        assert "out is in use by another grade: wait" in said and said.count("\n") == 1
        assert list(mini.out.iterdir()) == []
    with held(mini.out):
        pass


def test_a_process_that_was_forked_meanwhile_does_not_keep_it(tmp_path: Path) -> None:
    """Kills: a lock that is only closed, while a forked process has the same file open."""
    with held(tmp_path):
        pid = os.fork()
        if pid == 0:
            signal.pause()
    try:
        with held(tmp_path):
            pass
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@pytest.mark.parametrize("name", ["assignment.toml", "assignment.toml/out", "/proc/nothing", "x" * 300])
def test_a_folder_that_cannot_be_used_is_named(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(mini.root)
    monkeypatch.setattr("autograder.grading.load.load", lambda: pytest.fail("it was loaded"))
    assert cli.main(["grade", "pupil", "--out", name]) == commands.BAD_CALL
    said = capsys.readouterr().err
    assert name in said and "folder" in said and said.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a folder that exists counts as one that can be written.

    Root may write everywhere, so here a write is refused.
    """

    def refused(dir: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    with pytest.raises(InputError, match=f"{tmp_path} cannot be made or written"), held(tmp_path):
        pass
