"""The conditions under which `benchmarks.steady` grades: load, quota, workers, and processes that stand still."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import box, process_tree
from benchmarks.commands import ROOT

STOPPED = 30.0  # seconds
LIMIT = 4 * 3600.0  # seconds after which a grade is ended: it hangs


class NotMadeError(Exception):
    """The condition was not reached; the message says why."""


@dataclass(frozen=True)
class Condition:
    """How one grade is disturbed.

    Attributes:
        options: more options of `autograder grade`.
        busy: number of processes that compute beside it.
        cpus: share of a processor that it may use; None for no quota.
        stops: the kind of process that stands still for `STOPPED` seconds in the middle, or "tree" for all of them.
    """

    options: tuple[str, ...] = ()
    busy: int = 0
    cpus: float | None = None
    stops: str = ""


ALONE = "alone"
CONDITIONS = {
    ALONE: Condition(),
    **{f"busy-{number}": Condition(busy=number) for number in (2, 8, 32)},
    **{f"cpu-{share:g}": Condition(cpus=share) for share in (0.5, 0.25, 0.1, 0.05)},
    **{f"workers-{number}": Condition(options=("--workers", str(number))) for number in (1, 2, 4)},
    **{f"stop-{kind}": Condition(stops=kind) for kind in ("tree", "grader", "zygote", "worker", "tests")},
}


def run(command: Sequence[str], condition: Condition, middle: float, output: Path) -> tuple[int, float]:
    """Runs a grade under a condition.

    Args:
        command: the grade.
        condition: how it is disturbed.
        middle: seconds after its start when processes are stopped.
        output: file for what it prints.

    Returns:
        Its exit code, negative for a signal, and its seconds of wall time.

    Raises:
        NotMadeError: no process could be stopped, or it did not end within `LIMIT` seconds.
    """
    quota = None if condition.cpus is None else box.Box.make(condition.cpus, None)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        with _busy(condition.busy), output.open("w") as printed:
            started = time.monotonic()
            process = box.start(
                [*command, *condition.options],
                quota,
                env=environment,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
            grader = psutil.Process(process.pid)
            try:
                if condition.stops:
                    _stand_still(grader, condition.stops, started + middle)
                code = process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                raise NotMadeError(f"it did not end within {LIMIT:g} s") from None
            finally:
                took = time.monotonic() - started
                process_tree.send(process_tree.tree(grader), signal.SIGKILL)
                process.wait()
    finally:
        process_tree.left_behind(2.0)  # a box with processes in it cannot be removed
        if quota is not None:
            quota.close()
    return code, took


@contextmanager
def _busy(number: int) -> Iterator[None]:
    """Processes that compute without end beside a grade."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _stand_still(grader: psutil.Process, kind: str, moment: float) -> None:
    """Stops processes of a kind, from a moment on or when the first one appears after it, and continues them."""
    stopped: list[psutil.Process] = []
    while not stopped:
        if not grader.is_running() or grader.status() == psutil.STATUS_ZOMBIE:
            raise NotMadeError(f"no process to stop: {kind}")
        if time.monotonic() >= moment:
            found = process_tree.tree(grader) if kind == "tree" else process_tree.by_kind(grader)[kind][:1]
            stopped = [process for process in found if process_tree.send([process], signal.SIGSTOP)]
        time.sleep(process_tree.POLL)
    time.sleep(STOPPED)
    process_tree.send(reversed(stopped), signal.SIGCONT)
