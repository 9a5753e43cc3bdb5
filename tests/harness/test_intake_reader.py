"""The program that reads submissions: its limits hold, and no end that a submission cannot cause is said of it."""

import errno
import subprocess
from pathlib import Path

import pytest

from autograder.errors import HarnessError
from autograder.submission.reader import answers, card, machine, sources
from autograder.submission.reader import process as reading
from tests.harness.mini import Mini
from tests.harness.packing import stage

FINE = (0, b"")
LATE = subprocess.TimeoutExpired("reader", 300)
FULL = OSError(errno.EAGAIN, "Resource temporarily unavailable")
TRACEBACK = (1, b"Traceback\n  File\nOSError: [Errno 24] Too many open files\n")


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> list:
    """How the program ends, try by try: exit code and errors, or an exception of `subprocess.run`."""
    left: list = []

    def run(*args: object, **how: object) -> subprocess.CompletedProcess:
        end = left.pop(0)
        if isinstance(end, Exception):
            raise end
        return subprocess.CompletedProcess([], end[0], b"", end[1])

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(reading, "PAUSE", 0)
    return left


@pytest.mark.parametrize(
    ("tries", "says"),
    [
        ([FINE], ""),
        ([(-24, b"")], "it took longer than 10 s"),
        ([(reading.OUT_OF_MEMORY, b"")], "it needs more than 384 MB of memory"),
        ([(reading.FAILED, b"Traceback\n  File\nKeyError: 'x'\n")], "KeyError: 'x'"),
        ([(-11, b""), (-11, b"")], "it stopped the reader with signal 11"),
        ([(-11, b""), FINE], ""),
    ],
)
def test_an_end_that_a_submission_can_cause_is_described(ends: list, tries: list, says: str) -> None:
    ends += tries
    assert reading.run_reader("answers", {}) == reading.ReaderOutput((), says) and not ends


@pytest.mark.parametrize("end", [(-9, b""), (-15, b""), (-2, b""), (-1, b""), TRACEBACK, LATE, FULL], ids=str)
def test_any_other_end_is_tried_again_and_then_ours(ends: list, end: object) -> None:
    ends += [end, FINE]
    assert reading.run_reader("answers", {}).ended == "" and not ends
    ends += [end, end]
    with pytest.raises(HarnessError, match=r"failed twice: .* grade it again"):
        reading.run_reader("answers", {})


def test_a_submission_whose_reader_is_killed_is_not_missing(ends: list, mini: Mini) -> None:
    ends += [(-9, b""), (-9, b"")]
    with pytest.raises(HarnessError, match="signal 9 ended it"):
        stage(mini.root / "pupil")


def test_a_program_that_sends_nothing_and_ends_well_is_ours() -> None:
    with pytest.raises(HarnessError, match="without a result"):
        reading.ReaderOutput((), "").only_part()


@pytest.mark.parametrize(
    ("job", "request_"),
    [
        (answers, {"path": "form"}),
        (card, {"path": "card"}),
        (sources, {"package": "", "files": {"a.py": []}}),
    ],
)
def test_a_machine_without_free_files_is_not_a_file_that_cannot_be_read(
    job: object, request_: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(machine.MachineError):
        list(job.job(request_))


def test_a_reader_that_cannot_be_imported_is_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("import no_such_module")
    monkeypatch.setattr(reading, "__file__", str(tmp_path / "process.py"))
    monkeypatch.setattr(reading, "PAUSE", 0)
    with pytest.raises(HarnessError, match="no_such_module"):
        reading.run_reader("answers", {})


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
