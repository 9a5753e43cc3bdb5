"""Runs collected tests in a pool of the grader's own processes, batch by batch, and outlives them.

A test works with values that a submission has returned; some would make right code compute without end or crash. So
tests run in processes that can be ended. They are forked after collection and hold its secrets like their parent; no
submission runs in them. The tests of one batch stay together.
"""

import json
import os
import select
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from autograder.outcomes import Outcome, result_from
from autograder.submission.reader.process import CRASHES
from autograder.testing.pool_process import ENDING, NUMBER, Batch, take, work
from autograder.testing.time_budget import TimeBudget

_LOOK = 1.0  # seconds between two looks at what the processes have used
_LAX = 30  # times the limit of processor time is the limit on the clock


class _Limit:
    """What a process of the pool may compute from now on: processor time, and behind it a laxer limit on the clock.

    While its worker computes, a process of tests waits; and on a busy machine it waits long. Neither is its fault.
    """

    def __init__(self, pid: int, seconds: float, slowness: float) -> None:
        self.seconds = seconds
        self._allowed = seconds * slowness
        self._process = psutil.Process(pid)
        self._used = self._cpu_seconds()
        self._started = time.monotonic()

    @property
    def left(self) -> float:
        """Seconds that are left of it."""
        on_the_clock = self._allowed * _LAX - (time.monotonic() - self._started)
        return min(self._allowed - (self._cpu_seconds() - self._used), on_the_clock)

    def _cpu_seconds(self) -> float:
        try:
            times = self._process.cpu_times()
        except psutil.NoSuchProcess:  # it has ended, which is heard next
            return 0.0
        return float(times.user + times.system)


@dataclass
class _Process:
    """One process of the pool, as its parent knows it.

    Attributes:
        pid: its process id.
        pending: the start of a line whose end has not come yet.
        batch: the batch that it works on.
        test: the test that it runs, if any.
        limit: of that test, or of an examination.
        is_ended: whether it was ended because of that limit.
        left_batch: a batch that it has taken and leaves to a new process.
        broken: the traceback of an error of our own, which ended it.
    """

    pid: int
    pending: bytearray = field(default_factory=bytearray)
    batch: int = 0
    test: str = ""
    limit: _Limit | None = None
    is_ended: bool = False
    left_batch: int | None = None
    broken: str = ""

    def kill(self) -> None:
        """Ends it, whatever it does."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def run_batches(
    batches: Sequence[Batch], workers: int, *, budget: TimeBudget | None = None, slowness: float = 1.0
) -> list[int]:
    """Runs every batch in one of `workers` processes, each of which takes the next batch when it is free.

    A process that dies or is ended is replaced. A process that has grown is replaced only where another group begins.

    Args:
        batches: the batches.
        workers: how many processes.
        budget: when it is used up, no further batch begins; when it is over, those that run are ended.
        slowness: of this machine; limits are multiplied by it.

    Returns:
        The numbers of batches that did not come to their end, by no limit and no test's fault.
    """
    queue = _queue(len(batches))
    unfinished = set(range(len(batches)))
    processes: dict[int, _Process] = {}
    try:
        processes.update(_fork(batches, queue) for _ in range(workers))
        while processes:
            soonest = min(
                (process.limit.left for process in processes.values() if process.limit), default=_LOOK
            )
            for pipe in select.select(list(processes), [], [], min(max(soonest, 0.0), _LOOK))[0]:
                process = processes[pipe]
                if piece := os.read(pipe, 1 << 16):
                    unfinished -= _receive(process, piece, batches, slowness)
                    continue
                os.close(pipe)
                del processes[pipe]
                code = os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1])
                outcome, why = _end_in_words(code, process)
                if process.test:
                    batches[process.batch].lost(process.test, outcome, why)
                if outcome is not Outcome.HARNESS and process.limit:
                    unfinished.discard(process.batch)
                if code or process.left_batch is not None:
                    processes.update([_fork(batches, queue, process.left_batch)])
            for process in processes.values():
                if process.limit and process.limit.left <= 0 and not process.is_ended:
                    process.is_ended = True
                    process.kill()  # its end is read above
            if budget and budget.is_used_up:
                while take(queue) is not None:
                    pass
            if budget and budget.is_over:
                break
    finally:
        os.close(queue)
        for pipe, process in processes.items():
            process.kill()
            os.waitpid(process.pid, 0)
            os.close(pipe)
    return sorted(unfinished)


def _receive(process: _Process, piece: bytes, batches: Sequence[Batch], slowness: float) -> set[int]:
    """Passes on what a process has sent; returns the batches that have come to their end."""
    *lines, rest = bytes(process.pending + piece).split(b"\n")
    process.pending[:] = rest
    finished = set()
    for line in lines:
        step = json.loads(line)
        process.batch = step["batch"]
        observer = batches[process.batch].observer
        match step:
            case {"step": "test_starts", "test": test, "seconds": seconds}:
                process.test, process.limit = test, _Limit(process.pid, seconds, slowness)
                observer.test_starts(test, seconds)
            case {"step": "test_ended", "result": data}:
                process.test, process.limit = "", None
                observer.test_ended(result_from(data))
            case {"step": "test_deferred", "result": data}:
                process.test, process.limit = "", None
                observer.test_deferred(result_from(data))
            case {"step": "examination_starts", "task": task, "seconds": seconds}:
                process.limit = _Limit(process.pid, seconds, slowness)
                observer.examination_starts(task, seconds)
            case {"step": "task_examined", "task": task, "report": report}:
                process.limit = None
                observer.task_examined(task, report)
            case {"step": "fault", "words": words}:
                observer.fault(words)
            case {"step": "left"}:
                process.left_batch = process.batch
            case {"step": "broken", "why": why}:
                process.broken = why
            case {"step": "done"}:
                finished.add(process.batch)
    return finished


def _end_in_words(code: int, process: _Process) -> tuple[Outcome, str]:
    """What the end of a process means for the test, or the examination, that it was at."""
    at = "working with what the code returned"
    if process.is_ended and process.limit:
        return Outcome.TIMEOUT, f"{at} took longer than {process.limit.seconds:.3g} s"
    if code in CRASHES:
        return Outcome.KILLED, f"{at} ended the test by signal {-code} ({signal.Signals(-code).name})"
    if code < 0:
        name = signal.Signals(-code).name
        return (
            Outcome.HARNESS,
            f"a process of tests was ended from outside by signal {-code} ({name}): did memory run out?",
        )
    return Outcome.HARNESS, f"a process of tests ended with {code}\n{process.broken}".rstrip()


def _queue(count: int) -> int:
    """A pipe that holds the number of every batch once; the process that reads a number has that batch."""
    read, write = os.pipe()
    os.write(write, b"".join(NUMBER.pack(number) for number in range(count)))
    os.close(write)
    return read


def _fork(batches: Sequence[Batch], queue: int, first: int | None = None) -> tuple[int, _Process]:
    """A process that takes batches, beginning with the `first` if another process has left one."""
    mine, theirs = os.pipe()
    # Until the child ignores them: here they raise an exception.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        pid = os.fork()
        if pid == 0:
            work(batches, queue, theirs, first)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    os.close(theirs)
    return mine, _Process(pid)
