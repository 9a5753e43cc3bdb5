"""A fault of the machine is one line that says what to do; a disk that is full for a moment does not end a grade."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from autograder import atomic, cli, commands
from autograder.record import keep
from tests.harness.mini import Mini


def full(path: object = None) -> OSError:
    """What the system raises on a full disk."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (full("/results/log"), ["/results/log: No space left on device", "free space"]),
        (
            OSError(errno.EMFILE, "Too many open files"),
            ["raise SOME_CALL", "Too many open files", "ulimit -n"],
        ),
        (OSError(errno.EIO, "Input/output error", "a", None, "b"), ["a -> b", "check the disk"]),
        (OSError("made of words\nalone"), ["made of words alone"]),
        (MemoryError(), ["raise SOME_CALL", "out of memory", "--workers"]),
    ],
)
def test_a_fault_of_the_machine_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Any, says: list[str]
) -> None:
    """Kills: a traceback that names neither the file nor what to do."""
    SOME_CALL = error

    def failing(arguments: object) -> int:
        raise SOME_CALL

    monkeypatch.setattr("autograder.commands.student.test", failing)
    assert cli.main(["test"]) == commands.OUR_FAULT
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and all(words in said for words in [*says, "run this command again"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_write_that_fails_names_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: "no space left", and nobody knows where: the system does not name the file of a write."""
    monkeypatch.setattr(
        "tempfile.mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), str(tmp_path / "new"))
    )
    with pytest.raises(OSError, match="No space left") as caught:
        atomic.write_text(tmp_path / "log.json", "text")
    assert caught.value.filename == str(tmp_path / "log.json")


def fill(monkeypatch: pytest.MonkeyPatch, *, last: int) -> list[bool]:
    """Fills the disk after the first record, until a complete one has been tried `last` times.

    Returns:
        Of each write that failed, whether its record was complete.
    """
    write, failed, first = keep.write, [], []

    def writing(data: Any, path: Path, *, pretty: bool = True) -> None:
        if path.name in first and failed.count(True) < last:
            failed.append(data["complete"])
            raise full(str(path))
        first.append(path.name)
        write(data, path, pretty=pretty)

    monkeypatch.setattr(keep, "write", writing)
    return failed


def test_writes_that_fail_meanwhile_do_not_end_the_grade(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a grade that ends because one of its records could not be written; a last write that is tried once."""
    failed = fill(monkeypatch, last=1)
    record = mini.grade()
    assert record["complete"] and record["faults"] == [] and record["score"] == 10
    assert json.loads((mini.out / "submission_log.json").read_text()) == record
    assert failed == [False] * 5 + [True]  # one before the tests, one after each


def test_a_last_write_that_fails_twice_is_told(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a grade whose result is nowhere, and which says that all is well."""
    fill(monkeypatch, last=2)
    with pytest.raises(OSError, match="No space left"):
        mini.grade()
    record = json.loads((mini.out / "submission_log.json").read_text())
    assert not record["complete"] and "No space left" in record["faults"][0]
