"""Runs collected tests in a pool of the grader's own processes, batch by batch, and outlives them.

A test works with values that a submission has returned; some would make right code compute without end or crash. So
tests run in processes that can be ended. They are forked after collection and hold its secrets like their parent; no
submission runs in them. The tests of one batch stay together.
"""

import gc
import json
import os
import select
import signal
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

from autograder.isolation.kernel.syscalls import prctl, supported
from autograder.outcomes import TestResult, result_from
from autograder.testing.observer import Observer

_NUMBER = struct.Struct("<I")
_PR_SET_PDEATHSIG = 1
_GROWN_MB = 48  # a process that holds more than this is replaced when the next group of batches begins


@dataclass(frozen=True)
class Batch:
    """Tests that run one after another in one process.

    Attributes:
        tests: the tests.
        group: batches of one group may share what their tests have loaded and measured.
        enter: called in the process before the first test, with an observer that sends each step to the parent.
        observer: hears those steps in the parent.
        lost: called in the parent with a test that its process did not end, and why, in words.
    """

    tests: Sequence[pytest.Item]
    group: str
    enter: Callable[[Observer], None]
    observer: Observer
    lost: Callable[[str, str], None]


class _Sender(Observer):
    """Sends each step of a batch through a pipe, a JSON object a line."""

    def __init__(self, pipe: int, batch: int) -> None:
        self._pipe = pipe
        self._batch = batch

    def test_starts(self, test: str, seconds: float) -> None:
        self.send(step="test_starts", test=test, seconds=seconds)

    def test_ended(self, result: TestResult) -> None:
        self.send(step="test_ended", result=result.as_dict())

    def examination_starts(self, task: str, seconds: float) -> None:
        self.send(step="examination_starts", task=task, seconds=seconds)

    def task_examined(self, task: str, report: Any) -> None:
        plain = asdict(report) if is_dataclass(report) and not isinstance(report, type) else report
        self.send(step="task_examined", task=task, report=plain)

    def fault(self, words: str) -> None:
        self.send(step="fault", words=words)

    def send(self, **step: Any) -> None:
        line = memoryview(json.dumps({"batch": self._batch, **step}).encode() + b"\n")
        while line:
            line = line[os.write(self._pipe, line) :]


@dataclass
class _Process:
    """One process of the pool, as its parent knows it.

    Attributes:
        pid: its process id.
        pending: the start of a line whose end has not come yet.
        batch: the batch that it works on.
        test: the test that it runs, if any.
        seconds: how long that test may take.
        deadline: when the process is ended, on the monotonic clock.
        examines: whether it examines a task, so that its end loses no result.
        left_batch: a batch that it has taken and leaves to a new process.
    """

    pid: int
    pending: bytearray = field(default_factory=bytearray)
    batch: int = 0
    test: str = ""
    seconds: float = 0.0
    deadline: float = float("inf")
    examines: bool = False
    left_batch: int | None = None


def run_batches(batches: Sequence[Batch], workers: int) -> list[str]:
    """Runs every batch in one of `workers` processes, each of which takes the next batch when it is free.

    A process that dies or is ended is replaced. A process that has grown is replaced only where another group begins.

    Returns:
        Faults of the grader's own, in words.
    """
    queue = _queue(len(batches))
    processes = dict(_fork(batches, queue) for _ in range(workers))
    faults = []
    while processes:
        soonest = min(process.deadline for process in processes.values())
        wait = None if soonest == float("inf") else max(0.0, soonest - time.monotonic())
        for pipe in select.select(list(processes), [], [], wait)[0]:
            process = processes[pipe]
            if piece := os.read(pipe, 1 << 16):
                _receive(process, piece, batches)
                continue
            os.close(pipe)
            del processes[pipe]
            code = os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1])
            if process.test:
                batches[process.batch].lost(process.test, _end_in_words(code, process))
            elif code and not process.examines:
                faults.append(f"a process that runs tests ended with {code}")
            if code or process.left_batch is not None:
                processes.update([_fork(batches, queue, process.left_batch)])
        for process in processes.values():
            if process.deadline <= time.monotonic():
                os.kill(process.pid, signal.SIGKILL)  # its end is read above
                process.deadline = float("inf")
    os.close(queue)
    return faults


def _receive(process: _Process, piece: bytes, batches: Sequence[Batch]) -> None:
    *lines, rest = bytes(process.pending + piece).split(b"\n")
    process.pending[:] = rest
    for line in lines:
        step = json.loads(line)
        process.batch = step["batch"]
        observer = batches[process.batch].observer
        match step:
            case {"step": "test_starts", "test": test, "seconds": seconds}:
                process.test, process.seconds = test, seconds
                process.deadline = time.monotonic() + seconds
                observer.test_starts(test, seconds)
            case {"step": "test_ended", "result": data}:
                process.test, process.deadline = "", float("inf")
                observer.test_ended(result_from(data))
            case {"step": "examination_starts", "task": task, "seconds": seconds}:
                process.examines, process.deadline = True, time.monotonic() + seconds
                observer.examination_starts(task, seconds)
            case {"step": "task_examined", "task": task, "report": report}:
                process.examines, process.deadline = False, float("inf")
                observer.task_examined(task, report)
            case {"step": "fault", "words": words}:
                observer.fault(words)
            case {"step": "left"}:
                process.left_batch = process.batch


def _end_in_words(code: int, process: _Process) -> str:
    if code == -signal.SIGKILL:
        return f"working with what the code returned took longer than {process.seconds:.3g} s, or all memory"
    if code < 0:
        return f"working with what the code returned ended the test by signal {-code} ({signal.Signals(-code).name})"
    return f"the test's process ended with {code}"


def _queue(count: int) -> int:
    """A pipe that holds the number of every batch once; the process that reads a number has that batch."""
    read, write = os.pipe()
    os.write(write, b"".join(_NUMBER.pack(number) for number in range(count)))
    os.close(write)
    return read


def _fork(batches: Sequence[Batch], queue: int, first: int | None = None) -> tuple[int, _Process]:
    """A process that takes batches, beginning with the `first` if another process has left one."""
    mine, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work(batches, queue, theirs, first)
    os.close(theirs)
    return mine, _Process(pid)


def _work(batches: Sequence[Batch], queue: int, pipe: int, first: int | None) -> NoReturn:
    code = 1
    try:
        gc.freeze()  # objects from before the fork stay, and are not searched again and again
        if supported():
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            # Without memory the kernel ends this process rather than the one that keeps the record.
            Path("/proc/self/oom_score_adj").write_text("300")
        last, number = None, first if first is not None else _take(queue)
        while number is not None:
            sender = _Sender(pipe, number)
            if last is not None and batches[number].group != last.group and _own_mb() > _GROWN_MB:
                sender.send(step="left")
                break
            batches[number].enter(sender)
            for item in batches[number].tests:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            last, number = batches[number], _take(queue)
        code = 0
    finally:
        os._exit(code)


def _take(queue: int) -> int | None:
    number = os.read(queue, _NUMBER.size)
    return _NUMBER.unpack(number)[0] if number else None


def _own_mb() -> float:
    """Memory that this process shares with no other process, in MB: what its end would give back."""
    unshared: int = psutil.Process().memory_full_info().uss
    return unshared / 1e6
