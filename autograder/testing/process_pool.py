"""Runs the collected tests in processes of the grader's own, task by task, whoever is free first, and outlives them.

A test works with values that a submission has returned; some would make right code compute for ever or fall over. So
tests run in processes that can be ended: forked once the ledger stands, they hold its secrets like the one they come
from; a submission runs in none of them. Tests of one task stay together.
"""

import gc
import json
import os
import select
import signal
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

from autograder.isolation.kernel.syscalls import prctl, supported

_TICKET = struct.Struct("<I")
_PR_SET_PDEATHSIG = 1
_GROWN_MB = 48  # what a process may come to hold before a fresh one takes over with the next group of tasks
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Desk:
    """What the processes and the one that they come from do with each other's words.

    Attributes:
        begin: called in a process before a task's tests run, with the task's number and a function that tells: it has
            to tell `starting` before each test and `result` after it.
        told: called here with each result.
        lost: called here with a test that its process did not end, and why, in words.
        found: called here with what was told by `finding`.
    """

    begin: Callable[[int, Tell], None]
    told: Callable[[dict[str, Any]], None]
    lost: Callable[[str, str], None]
    found: Callable[[dict[str, Any]], None] = lambda data: None


def starting(test: str, seconds: float) -> dict[str, Any]:
    """What is told before a test: its id, and how long it may take, everything counted."""
    return {"starting": test, "seconds": seconds}


def result(data: dict[str, Any]) -> dict[str, Any]:
    """What is told after it."""
    return {"result": data}


def examining(seconds: float) -> dict[str, Any]:
    """What is told before a task is looked at again: a process that is ended over it has lost nothing."""
    return {"examining": seconds}


def finding(data: dict[str, Any]) -> dict[str, Any]:
    """What is told after it."""
    return {"finding": data}


def instead(number: int) -> dict[str, Any]:
    """What is told by a process that makes room: the task that it has taken and left."""
    return {"instead": number}


@dataclass(frozen=True)
class _Work:
    tasks: Sequence[Sequence[pytest.Item]]
    groups: Sequence[str]
    tickets: int
    begin: Callable[[int, Tell], None]


@dataclass
class _Shard:
    pid: int
    pending: bytearray = field(default_factory=bytearray)
    test: str = ""
    seconds: float = 0.0
    deadline: float = float("inf")
    examines: bool = False
    instead: int | None = None


def run_in_shards(
    tasks: Sequence[Sequence[pytest.Item]], groups: Sequence[str], workers: int, desk: Desk
) -> list[str]:
    """Runs every task's tests in one of `workers` processes. One that dies or is ended is replaced.

    What tests of one group have loaded and measured, its other tasks may use again; so a process that has grown makes
    room for a fresh one only where another group begins.

    Args:
        tasks: the tests of each task, in the order in which tasks are to be started.
        groups: the group of each task.
        workers: how many processes.
        desk: what is done with their words.

    Returns:
        Faults of the grader's own, in words.
    """
    tickets = _tickets(len(tasks))
    work = _Work(tasks, groups, tickets, desk.begin)
    shards = dict(_fork(work) for _ in range(workers))
    faults = []
    while shards:
        soonest = min(shard.deadline for shard in shards.values())
        wait = None if soonest == float("inf") else max(0.0, soonest - time.monotonic())
        for end in select.select(list(shards), [], [], wait)[0]:
            shard = shards[end]
            if piece := os.read(end, 1 << 16):
                _listen(shard, piece, desk)
                continue
            os.close(end)
            del shards[end]
            code = os.waitstatus_to_exitcode(os.waitpid(shard.pid, 0)[1])
            if shard.test:
                desk.lost(shard.test, _end_in_words(code, shard))
            elif code and not shard.examines:
                faults.append(f"a process that runs tests ended with {code}")
            if code or shard.instead is not None:
                shards.update([_fork(work, shard.instead)])
        for shard in shards.values():
            if shard.deadline <= time.monotonic():
                os.kill(shard.pid, signal.SIGKILL)  # its end is read above
                shard.deadline = float("inf")
    os.close(tickets)
    return faults


def _listen(shard: _Shard, piece: bytes, desk: Desk) -> None:
    *lines, rest = bytes(shard.pending + piece).split(b"\n")
    shard.pending[:] = rest
    for line in lines:
        match json.loads(line):
            case {"starting": test, "seconds": seconds}:
                shard.test, shard.seconds = test, seconds
                shard.deadline = time.monotonic() + seconds
            case {"result": data}:
                shard.test, shard.deadline = "", float("inf")
                desk.told(data)
            case {"examining": seconds}:
                shard.examines, shard.deadline = True, time.monotonic() + seconds
            case {"instead": number}:
                shard.instead = number
            case {"finding": data}:
                shard.examines, shard.deadline = False, float("inf")
                desk.found(data)


def _end_in_words(code: int, shard: _Shard) -> str:
    if code == -signal.SIGKILL:
        return f"working with what the code returned took longer than {shard.seconds:.3g} s, or all memory"
    if code < 0:
        return f"working with what the code returned ended the test by signal {-code} ({signal.Signals(-code).name})"
    return f"the test's process ended with {code}"


def _tickets(count: int) -> int:
    """A pipe that holds the number of every task once; whoever reads one has it."""
    read, write = os.pipe()
    os.write(write, b"".join(_TICKET.pack(number) for number in range(count)))
    os.close(write)
    return read


def _fork(work: _Work, first: int | None = None) -> tuple[int, _Shard]:
    """A process that takes tasks, beginning with the `first` if there is one that another has left."""
    mine, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        _live(work, theirs, first)
    os.close(theirs)
    return mine, _Shard(pid)


def _live(work: _Work, end: int, first: int | None) -> NoReturn:
    def tell(data: dict[str, Any]) -> None:
        line = memoryview(json.dumps(data).encode() + b"\n")
        while line:
            line = line[os.write(end, line) :]

    code = 1
    try:
        gc.freeze()  # what was there before the fork stays, and is not gone through again and again
        if supported():
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            # rather this one than the one that keeps the record
            Path("/proc/self/oom_score_adj").write_text("300")
        last, number = None, first if first is not None else _take(work.tickets)
        while number is not None:
            begins = last is not None and work.groups[number] != work.groups[last]
            if begins and _own_mb() > _GROWN_MB:
                tell(instead(number))
                break
            work.begin(number, tell)
            for item in work.tasks[number]:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            last, number = number, _take(work.tickets)
        code = 0
    finally:
        os._exit(code)


def _take(tickets: int) -> int | None:
    ticket = os.read(tickets, _TICKET.size)
    return _TICKET.unpack(ticket)[0] if ticket else None


def _own_mb() -> float:
    """Memory that this process shares with no other, in MB: what its end would give back."""
    unshared: int = psutil.Process().memory_full_info().uss
    return unshared / 1e6
