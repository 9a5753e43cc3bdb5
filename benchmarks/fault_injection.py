"""One grade of a tiny homework that is struck once: a system call of one of its processes fails, or one is killed.

A process is stopped as soon as it is seen, `strace` attaches to it, and it continues. So strace counts from about the
same call in every run, and traces this process alone.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import commands, process_tree

KILL, COUNT = "kill", "count"
ATTACH = 20.0  # seconds in which strace attaches
LEFT = 2.0  # seconds after its end in which a grade may still clean up
_COUNTED = re.compile(r"^ *[\d.]+ +[\d.]+ +\d+ +(?P<calls>\d+) (?: *\d+)? +(?P<name>\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Strike:
    """What happens to one process.

    Attributes:
        kind: of the process, see `process_tree`.
        fault: "kill", or a system call and its error: "write:ENOSPC"; "count" lets strace count the system calls.
        when: number of the system call that fails, from 1; for "kill" seconds since the first of its kind was seen.
    """

    kind: str
    fault: str
    when: float


@dataclass
class Outcome:
    """What a grade left.

    Attributes:
        code: exit code; negative for a signal, None if it did not end in time.
        seconds: wall time.
        struck: whether the process met its fault.
        trace: what strace wrote.
        lives: first and last moment at which a process of each kind was seen, in seconds after the start.
        processes: those that outlived it, in words.
        files: temporary ones that outlived it.
    """

    code: int | None = None
    seconds: float = 0.0
    struck: bool = False
    trace: str = ""
    lives: dict[str, tuple[float, float]] = field(default_factory=dict)
    processes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def usable() -> str:
    """Empty where strace can attach to a process of ours; otherwise why it cannot."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        tried = subprocess.run(
            [
                "timeout",
                "2",
                "strace",
                "-qq",
                "-p",
                str(sleeper.pid),
                "-o",
                os.devnull,
                "--inject=write:error=EIO:when=9",
            ],
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        return "timeout is not installed"
    finally:
        sleeper.kill()
        sleeper.wait()
    return "" if tried.returncode == 124 else f"strace cannot attach to a process: {tried.stderr.strip()}"


def run(root: Path, strike: Strike | None, limit: float) -> Outcome:
    """Grades the homework in `root` once, into `root/out`.

    Args:
        root: folder of a tiny homework, see `tests.harness.mini`.
        strike: what happens to which process; None for an undisturbed grade.
        limit: seconds after which the grade is ended.
    """
    shutil.rmtree(root / "out", ignore_errors=True)
    temporary = root / "temporary"
    temporary.mkdir()
    temporary.chmod(0o711)  # a worker's user passes through
    environment = {**os.environ, "PYTHONPATH": str(commands.ROOT), "TMPDIR": str(temporary)}
    command = [*commands.AUTOGRADER, "grade", "pupil", "--out", "out", "--device", "cpu"]
    trace = root / "trace.txt"
    trace.unlink(missing_ok=True)
    with (root / "printed.txt").open("w") as printed:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdout=printed, stderr=subprocess.STDOUT
        )
    outcome = Outcome()
    tracer = _watch(process, strike, outcome, trace, limit)
    outcome.seconds = time.monotonic() - started
    outcome.code = process.returncode
    if tracer is not None:
        try:
            tracer.wait(LEFT)
        except subprocess.TimeoutExpired:  # the process that it traces has not ended: it is found below
            tracer.terminate()
            tracer.wait()
    outcome.processes = process_tree.left_behind(0.0 if tracer else LEFT)
    outcome.files = sorted(path.name for path in temporary.iterdir())
    shutil.rmtree(temporary)
    if trace.exists():
        outcome.trace = trace.read_text(errors="replace")
        outcome.struck |= "(INJECTED)" in outcome.trace
    return outcome


def _watch(
    process: "subprocess.Popen[bytes]", strike: Strike | None, outcome: Outcome, trace: Path, limit: float
) -> "subprocess.Popen[bytes] | None":
    """Looks at the processes of a grade until it ends, and strikes one of them; returns strace, if it was started."""
    grader = psutil.Process(process.pid)
    started = time.monotonic()
    tracer = None
    while process.poll() is None:
        now = time.monotonic() - started
        if now > limit:
            process_tree.send(process_tree.tree(grader), signal.SIGKILL)
            return tracer
        found = process_tree.by_kind(grader)
        for kind in filter(found.get, found):
            outcome.lives[kind] = (outcome.lives.get(kind, (now,))[0], now)
        if strike and found[strike.kind] and not outcome.struck:
            target = found[strike.kind][0]
            if strike.fault != KILL:
                tracer = tracer or _attach(target, _options(strike), trace)
            elif now >= outcome.lives[strike.kind][0] + strike.when:
                outcome.struck = process_tree.send([target], signal.SIGKILL) == 1
        time.sleep(process_tree.POLL)
    return tracer


def counts(trace: str) -> dict[str, int]:
    """How often each system call was made, from the table that `strace -c` writes."""
    return {row["name"]: int(row["calls"]) for row in _COUNTED.finditer(trace) if row["name"] != "total"}


def _options(strike: Strike) -> Sequence[str]:
    if strike.fault == COUNT:
        return ["-c"]
    call, error = strike.fault.split(":")
    return ["-e", f"trace={call}", f"--inject={call}:error={error}:when={strike.when:.0f}"]


def _attach(target: psutil.Process, options: Sequence[str], trace: Path) -> "subprocess.Popen[bytes] | None":
    """Stops a process, attaches strace to it, and continues it; None if it had ended."""
    if not process_tree.send([target], signal.SIGSTOP):
        return None
    tracer = subprocess.Popen(
        ["strace", "-qq", "-p", str(target.pid), "-o", str(trace), *options], stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + ATTACH
    try:
        while tracer.poll() is None and not _tracer_of(target) and time.monotonic() < end:
            time.sleep(process_tree.POLL)
    finally:
        process_tree.send([target], signal.SIGCONT)
    return tracer


def _tracer_of(process: psutil.Process) -> int:
    """The process id of what traces a process; 0 if nothing does."""
    try:
        status: Any = Path(f"/proc/{process.pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("TracerPid:"))
