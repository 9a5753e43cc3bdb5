"""Ctrl-C, SIGTERM and SIGHUP end a grade with one line, their own exit code and a record that says so."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder import cli
from autograder.commands.signals import Signals
from autograder.errors import Interrupted
from tests.harness.mini import CODE, Mini

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """The signals have their default effect here, even where the tests themselves were started with nohup."""
    usual = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, effect) for number, effect in usual.items()}
    yield
    for number, effect in before.items():
        signal.signal(number, effect)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("command", ["grade", "test"])
def test_a_signal_in_the_submissions_code_ends_the_command(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, command: str
) -> None:
    """Kills: pytest keeps the interruption; it counts as an exception of the student's code."""
    monkeypatch.chdir(mini.root)
    mini.code(CODE.replace("return 2 * x", f"import os, signal\n    os.kill(os.getpid(), signal.{name})"))
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    grade = ["grade", "pupil", "--out", "out", "--isolation", "none", "--device", "cpu"]
    call = grade if command == "grade" else ["test", "--package", "pupil"]
    assert cli.main(call) == 128 + getattr(signal, name)
    said = "interrupted" if name == "SIGINT" else f"ended by {name}"
    assert capsys.readouterr().err == f"autograder: {said}\n"
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
    if command == "grade":
        record = json.loads((mini.out / "submission_log.json").read_text())
        assert not record["complete"] and record["faults"] == ["grading was interrupted"]
        assert [test["outcome"] for test in record["tests"]] == ["HARNESS"] * 4


def test_a_second_signal_does_not_interrupt_the_end() -> None:
    """Kills: a terminal that closes sends SIGHUP twice, and the second one leaves folders behind."""
    with Signals() as signals:
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.number == signal.SIGHUP


def test_an_ignored_signal_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a grade that was started with nohup ends with its terminal."""
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Signals():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, old)


@pytest.mark.slow
@pytest.mark.parametrize("flags", [["--isolation", "none"], ["--workers", "1"]])
def test_nothing_is_left(mini: Mini, flags: list[str]) -> None:
    """Kills: a zygote, a worker or a temporary folder that outlives the grade."""
    mini.code(CODE.replace("return 2 * x", "import time\n    time.sleep(2)\n    return 2 * x"))
    place = Path(tempfile.mkdtemp(dir="/tmp"))  # in which a socket must have a path of 108 bytes at most
    place.chmod(0o711)
    command = [sys.executable, "-m", "autograder", "grade", "pupil", "--out", "out", *flags]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(place)}
    grader = subprocess.Popen(
        command, cwd=mini.root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    log = mini.out / "submission_log.json"
    while not (log.exists() and any(test["seconds"] for test in json.loads(log.read_text())["tests"])):
        assert grader.poll() is None
        time.sleep(0.02)
    family = psutil.Process(grader.pid).children(recursive=True)
    grader.terminate()
    _, said = grader.communicate()
    assert (grader.returncode, said) == (143, "autograder: ended by SIGTERM\n")
    assert not psutil.wait_procs(family, timeout=20)[1] and list(place.iterdir()) == []
    place.rmdir()
    record = json.loads(log.read_text())
    assert not record["complete"] and record["faults"] == ["grading was interrupted"]
