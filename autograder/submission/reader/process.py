"""Reads a submission in a separate process, with limits of time and memory, and never runs any of its code.

Archives, JSON, TOML and Python sources can each be written so that a correct parser takes minutes or gigabytes, or
crashes its process. So none of them is parsed in the grader: `run_reader` starts `__main__` (standard library only, no
site-packages), collects its parts, and says in words how it ended. What it sent before its end is kept.

Only an end that a submission can cause is said of the submission: a limit that it reached, or a crash that comes
again. Processor time decides what takes too long, so a busy machine changes nothing. After every other end it is tried
once more, and then it is a fault of the machine or of ours.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import HarnessError

SECONDS = 10  # of CPU time, for a job or for one of its files
WALL_FACTOR = 30  # seconds on the clock for one of CPU time, in case the file system itself hangs
PAUSE = 1.0  # seconds before the second try
MEMORY_MB = 384  # Gradescope's smallest box has 768; macOS does not enforce it
OUT_OF_MEMORY = 70  # exit code
FAILED = 71  # exit code: an exception while reading a submission
OUT_OF_TIME = -getattr(signal, "SIGXCPU", 24)
# What a process can do to itself by what it works with, as exit codes. Any other signal comes from outside.
CRASHES = [
    -getattr(signal, name)
    for name in ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL")
    if hasattr(signal, name)
]


@dataclass(frozen=True)
class ReaderOutput:
    """The parts that arrived, each a JSON value with its bytes; `ended` says why the program failed, if it did."""

    parts: tuple[tuple[Any, bytes], ...]
    ended: str

    def only_part(self) -> Any:
        """The value of a job that sends one part; None if the program ended before.

        Raises:
            HarnessError: it did not send one, and nothing ended it.
        """
        if not self.parts and not self.ended:
            raise HarnessError("the reader of submissions ended without a result")
        return self.parts[0][0] if self.parts else None


def run_reader(job: str, request: dict[str, Any], *, seconds: int = SECONDS) -> ReaderOutput:
    """Does one of the jobs of `__main__` within its limits.

    Args:
        job: its name.
        request: its request. In the job "sources", each of the `files` may take `seconds`.
        seconds: of CPU time.

    Raises:
        HarnessError: it failed twice for a reason that is not in the submission.
    """
    wall = WALL_FACTOR * max(SECONDS, seconds * len(request.get("files", ())))
    done = _run(job, request, seconds, wall)
    if isinstance(done, str) or done.returncode not in (0, OUT_OF_MEMORY, FAILED, OUT_OF_TIME):
        time.sleep(PAUSE)
        done = _run(job, request, seconds, wall)
    fault = done if isinstance(done, str) else _fault(done)
    if fault:
        raise HarnessError(
            f"the program that reads submissions failed twice: {fault}."
            " This says nothing of the submission: grade it again"
        )
    assert not isinstance(done, str)
    return ReaderOutput(tuple(_parts(done.stdout)), _ending(done, seconds))


def _run(
    job: str, request: dict[str, Any], seconds: int, wall: float
) -> subprocess.CompletedProcess[bytes] | str:
    """How the program ended, or in words why it has no end of its own."""
    program = str(Path(__file__).with_name("__main__.py"))
    command = [sys.executable, "-I", "-S", "-W", "ignore", program, job, str(seconds), str(MEMORY_MB)]
    try:
        return subprocess.run(command, input=json.dumps(request).encode(), capture_output=True, timeout=wall)
    except subprocess.TimeoutExpired:
        return f"it had not ended after {wall:g} s, so the disk hangs or the machine is far too busy"
    except OSError as error:
        return f"it could not be started ({error.strerror}), so the machine is short of memory, processes or files"


def _parts(stream: bytes) -> Iterator[tuple[Any, bytes]]:
    """A part is a line of JSON, `[header, size]`, and that many bytes; an incomplete part is dropped."""
    at = 0
    while (line_end := stream.find(b"\n", at)) >= 0:
        header, size = json.loads(stream[at:line_end])
        at = line_end + 1 + size
        if at <= len(stream):
            yield header, stream[line_end + 1 : at]


def _fault(done: subprocess.CompletedProcess[bytes]) -> str:
    """Why the program ended, if a submission cannot have caused it; otherwise ""."""
    if done.returncode in (0, OUT_OF_MEMORY, FAILED, OUT_OF_TIME, *CRASHES):
        return ""
    if done.returncode < 0:
        return f"signal {-done.returncode} ended it: the machine ran out of memory, or somebody killed it"
    return f"{_last_line(done)} (exit code {done.returncode})"


def _ending(done: subprocess.CompletedProcess[bytes], seconds: int) -> str:
    """What the submission did to the program, in words; "" if it was read."""
    if done.returncode == 0:
        return ""
    if done.returncode == OUT_OF_MEMORY:
        return f"it needs more than {MEMORY_MB} MB of memory"
    if done.returncode == OUT_OF_TIME:
        return f"it took longer than {seconds} s"
    if done.returncode == FAILED:
        return _last_line(done)
    return f"it stopped the reader with signal {-done.returncode}"


def _last_line(done: subprocess.CompletedProcess[bytes]) -> str:
    """The exception at the end of a traceback."""
    return done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200] or "the reader failed"
