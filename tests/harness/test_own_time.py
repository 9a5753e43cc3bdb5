"""A process is charged for what it computes and for what it sleeps, but not for the time without a processor."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from autograder.transport.own_time import RunDelay, expect_sender, sender

COUNTED = pytest.mark.skipif(
    not os.path.exists("/proc/self/schedstat"), reason="this kernel does not count it"
)
SPIN = "import time\nwhile True: pass"
SLEEP = "import time\ntime.sleep(60)"


@contextmanager
def running(program: str, processor: int) -> Iterator[int]:
    """A process of this program on one processor."""
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        os.sched_setaffinity(process.pid, {processor})
        yield process.pid
    finally:
        process.kill()
        process.wait()


@COUNTED
def test_half_a_processor_is_half_of_own_time() -> None:
    """Two spinners on one processor: each waits for about half of the time. A sleeper there waits for next to none."""
    place = min(os.sched_getaffinity(0))
    with running(SPIN, place), running(SPIN, place) as spinner, running(SLEEP, place) as sleeper:
        time.sleep(0.3)  # they start
        delays, started = [RunDelay(spinner), RunDelay(sleeper)], time.monotonic()
        time.sleep(2)
        spun, slept = (delay.seconds() / (time.monotonic() - started) for delay in delays)
    assert spun > 0.3 and slept < 0.1


@COUNTED
def test_threads_that_wait_at_the_same_time_count_once() -> None:
    threads = (
        "import threading\nfor _ in range(3): threading.Thread(target=sum, args=(iter(int, 1),)).start()"
    )
    place = min(os.sched_getaffinity(0))
    with running(SPIN, place), running(threads, place) as pid:
        time.sleep(0.3)
        delay, started = RunDelay(pid), time.monotonic()
        time.sleep(1)
        delay.seconds()
        time.sleep(1)
        assert 0.1 < delay.seconds() <= 1.1 * (time.monotonic() - started)


def test_a_process_that_has_ended_keeps_what_was_seen() -> None:
    place = min(os.sched_getaffinity(0))
    with running(SPIN, place) as pid:
        delay = RunDelay(pid)
        seen = delay.seconds()
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert delay.seconds() >= seen
    assert RunDelay(0).seconds() == 0


@pytest.mark.skipif(not hasattr(socket, "SO_PASSCRED"), reason="Linux only")
def test_the_kernel_names_the_sender() -> None:
    """Not what the message says, and nothing of the message is lost."""
    mine, theirs = socket.socketpair()
    expect_sender(mine)
    pid = os.fork()
    if pid == 0:
        theirs.send(b"I am process 1")
        os._exit(0)
    assert sender(mine) == pid
    assert mine.recv(64) == b"I am process 1"
    os.waitpid(pid, 0)
    mine.close()
    theirs.close()
