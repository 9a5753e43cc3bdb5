"""A process of the pool, from its own side: it takes batches of tests, runs them, and sends each step to its parent."""

import gc
import json
import os
import signal
import struct
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

from autograder.isolation.kernel.syscalls import prctl, supported
from autograder.outcomes import Outcome, TestResult
from autograder.testing.observer import Observer

NUMBER = struct.Struct("<I")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1
_GROWN_MB = 48  # a process that holds more than this is replaced when the next group of batches begins

Lost = Callable[[str, Outcome, str], None]


@dataclass(frozen=True)
class Batch:
    """Tests that run one after another in one process.

    Attributes:
        tests: the tests.
        group: batches of one group may share what their tests have loaded and measured.
        enter: called in the process before the first test, with an observer that sends each step to the parent.
        observer: hears those steps in the parent.
        lost: called in the parent with a test that its process did not end, and the outcome of that, with why in words.
        goes_on: called in the process after each test: whether the next one runs there.
    """

    tests: Sequence[pytest.Item]
    group: str
    enter: Callable[[Observer], None]
    observer: Observer
    lost: Lost
    goes_on: Callable[[], bool] = lambda: True


class _Sender(Observer):
    """Sends each step of a batch through a pipe, a JSON object a line."""

    def __init__(self, pipe: int, batch: int) -> None:
        self._pipe = pipe
        self._batch = batch

    def test_starts(self, test: str, seconds: float) -> None:
        self.send(step="test_starts", test=test, seconds=seconds)

    def test_ended(self, result: TestResult) -> None:
        self.send(step="test_ended", result=result.as_dict())

    def test_deferred(self, result: TestResult) -> None:
        self.send(step="test_deferred", result=result.as_dict())

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


def work(batches: Sequence[Batch], queue: int, pipe: int, first: int | None) -> NoReturn:
    """Runs batches until the queue is empty, and never returns.

    Args:
        batches: all of them.
        queue: a pipe of their numbers; whoever reads a number has that batch.
        pipe: where each step goes, a JSON object a line.
        first: a batch to begin with, which another process has taken and left.
    """
    code, sender = 1, None
    try:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)  # the parent hears them as well, and ends this process
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        gc.freeze()  # objects from before the fork stay, and are not searched again and again
        if supported():
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            # Without memory the kernel ends this process rather than the one that keeps the record.
            Path("/proc/self/oom_score_adj").write_text("300")
        last, taken = None, first if first is not None else take(queue)
        while taken is not None:
            sender = _Sender(pipe, taken)
            if last is not None and batches[taken].group != last.group and _own_mb() > _GROWN_MB:
                sender.send(step="left")
                break
            batches[taken].enter(sender)
            for item in batches[taken].tests:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if not batches[taken].goes_on():
                    break
            sender.send(step="done")
            last, taken = batches[taken], take(queue)
        code = 0
    except BaseException:
        if sender is not None:
            sender.send(step="broken", why=traceback.format_exc())
        raise
    finally:
        os._exit(code)


def take(queue: int) -> int | None:
    """The number of the next batch; None if there is none."""
    number = os.read(queue, NUMBER.size)
    return NUMBER.unpack(number)[0] if number else None


def _own_mb() -> float:
    """Memory that this process shares with no other process, in MB: what its end would give back."""
    unshared: int = psutil.Process().memory_full_info().uss
    return unshared / 1e6
