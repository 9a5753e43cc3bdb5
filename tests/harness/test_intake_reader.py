"""The program that reads submissions: its limits hold, and every way to end has a description."""

import subprocess
from pathlib import Path

import pytest

from autograder.submission.reader import process as reading


@pytest.mark.parametrize(
    ("code", "stderr", "says"),
    [
        (0, b"", ""),
        (-24, b"", "it took longer than 10 s"),
        (-9, b"", "it was killed, probably because the machine ran out of memory"),
        (-11, b"", "it stopped the reader with signal 11"),
        (reading.OUT_OF_MEMORY, b"", "it needs more than 384 MB of memory"),
        (1, b"Traceback\n  File\nKeyError: 'x'\n", "KeyError: 'x'"),
        (1, b"", "the reader failed"),
    ],
)
def test_every_ending_has_a_description(
    monkeypatch: pytest.MonkeyPatch, code: int, stderr: bytes, says: str
) -> None:
    done = subprocess.CompletedProcess([], code, b"", stderr)
    monkeypatch.setattr(subprocess, "run", lambda *args, **how: done)
    assert reading.run_reader("answers", {}) == reading.ReaderOutput((), says)


def test_hanging_reader_is_ended_and_its_messages_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*args: object, timeout: float, **how: object) -> None:
        raise subprocess.TimeoutExpired("reader", timeout, output=b'["one", 3]\nabc["two", 4]\nab')

    monkeypatch.setattr(subprocess, "run", hang)
    assert reading.run_reader("answers", {}) == reading.ReaderOutput(
        (("one", b"abc"),), "it took longer than 120 s"
    )


def test_reader_uses_neither_site_packages_nor_python_environment_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    (tmp_path / "tomllib.py").write_text("raise SystemExit(3)")
    (tmp_path / "answers.toml").write_text("a = 1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    reply = reading.run_reader("answers", {"path": str(tmp_path / "answers.toml")})
    assert reply == reading.ReaderOutput((({"values": {"a": 1}, "lines": {"a": 1}}, b""),), "")
