"""Runs the collected tests in several processes of the grader's own, task by task, whoever is free first.

The processes are forked once the ledger stands, and hold its secrets like the one they come from; a submission runs in
none of them. Tests of one task stay together, so that one that hangs spares the rest of its task everywhere.
"""

import json
import os
import select
import signal
import struct
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import pytest

from autograder.isolation.syscalls import prctl, supported

_TICKET = struct.Struct("<I")
_PR_SET_PDEATHSIG = 1
Tell = Callable[[dict[str, Any]], None]


def run_in_shards(
    tasks: Sequence[Sequence[pytest.Item]], workers: int, begin: Callable[[int, Tell], None], told: Tell
) -> list[str]:
    """Runs every task's tests in one of `workers` processes.

    Args:
        tasks: the tests of each task, in the order in which tasks are to be started.
        workers: how many processes.
        begin: called in such a process before a task's tests run, with the number of the task and a function that tells
            the results to the process that called us.
        told: called in this process with what was told there.

    Returns:
        Faults of the grader's own, in words.
    """
    tickets = _tickets(len(tasks))
    ends: dict[int, tuple[int, bytearray]] = {}
    for _ in range(workers):
        mine, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            _live(tasks, tickets, theirs, begin)
        os.close(theirs)
        ends[mine] = (pid, bytearray())
    os.close(tickets)
    faults = []
    while ends:
        ready, _, _ = select.select(list(ends), [], [])
        for end in ready:
            pid, pending = ends[end]
            piece = os.read(end, 1 << 16)
            pending += piece
            *lines, rest = bytes(pending).split(b"\n")
            pending[:] = rest
            for line in lines:
                told(json.loads(line))
            if not piece:
                os.close(end)
                del ends[end]
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                faults += [f"a process that runs tests ended with {code}"] if code else []
    return faults


def _tickets(count: int) -> int:
    """A pipe that holds the number of every task once; whoever reads one has it."""
    read, write = os.pipe()
    os.write(write, b"".join(_TICKET.pack(number) for number in range(count)))
    os.close(write)
    return read


def _live(
    tasks: Sequence[Sequence[pytest.Item]], tickets: int, end: int, begin: Callable[[int, Tell], None]
) -> NoReturn:
    def tell(data: dict[str, Any]) -> None:
        line = memoryview(json.dumps(data).encode() + b"\n")
        while line:
            line = line[os.write(end, line) :]

    code = 1
    try:
        if supported():
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        while ticket := os.read(tickets, _TICKET.size):
            (number,) = _TICKET.unpack(ticket)
            begin(number, tell)
            for item in tasks[number]:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        code = 0
    finally:
        os._exit(code)
