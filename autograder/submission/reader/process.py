"""Reads a submission in a separate process, with limits of time and memory, and never runs any of its code.

Archives, JSON, TOML and Python sources can each be written so that a correct parser takes minutes or gigabytes, or
crashes its process. So none of them is parsed in the grader: `run_reader` starts `__main__` (standard library only, no
site-packages), collects its parts, and says in words how it ended. What it sent before its end is kept.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 10  # of CPU time, for a job or for one of its files
WALL_SECONDS = 120  # for the case that the file system itself hangs
MEMORY_MB = 384  # Gradescope's smallest box has 768; macOS does not enforce it
OUT_OF_MEMORY = 70  # exit code


@dataclass(frozen=True)
class ReaderOutput:
    """The parts that arrived, each a JSON value with its bytes; `ended` says why the program failed, if it did."""

    parts: tuple[tuple[Any, bytes], ...]
    ended: str


def run_reader(job: str, request: dict[str, Any], *, seconds: int = SECONDS) -> ReaderOutput:
    """Does one of the jobs of `__main__` within its limits."""
    program = str(Path(__file__).with_name("__main__.py"))
    command = [sys.executable, "-I", "-S", "-W", "ignore", program, job, str(seconds), str(MEMORY_MB)]
    try:
        done = subprocess.run(
            command, input=json.dumps(request).encode(), capture_output=True, timeout=WALL_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        return ReaderOutput(tuple(_parts(error.stdout or b"")), f"it took longer than {WALL_SECONDS} s")
    return ReaderOutput(tuple(_parts(done.stdout)), _ending(done, seconds))


def _parts(stream: bytes) -> Iterator[tuple[Any, bytes]]:
    """A part is a line of JSON, `[header, size]`, and that many bytes; an incomplete part is dropped."""
    at = 0
    while (line_end := stream.find(b"\n", at)) >= 0:
        header, size = json.loads(stream[at:line_end])
        at = line_end + 1 + size
        if at <= len(stream):
            yield header, stream[line_end + 1 : at]


def _ending(done: subprocess.CompletedProcess[bytes], seconds: int) -> str:
    if done.returncode == 0:
        return ""
    if done.returncode == OUT_OF_MEMORY:
        return f"it needs more than {MEMORY_MB} MB of memory"
    if done.returncode == -getattr(signal, "SIGXCPU", 24):
        return f"it took longer than {seconds} s"
    if done.returncode == -9:
        return "it was killed, probably because the machine ran out of memory"
    if done.returncode < 0:
        return f"it stopped the reader with signal {-done.returncode}"
    return done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200] or "the reader failed"
