"""The own time of a process: time on the clock without the time in which it was ready to run and got no processor.

A busy machine makes a process slower on the clock, and that is not the fault of the submission. A process that computes
is charged for what it computes; a process that sleeps, or waits for itself, is charged for all of it. Linux counts the
time in which a thread waits for a processor (second number of /proc/PID/task/TID/schedstat, in nanoseconds). Where the
kernel does not count it, own time is time on the clock. (ADR 15)
"""

import socket
import struct
import time
from contextlib import suppress
from pathlib import Path

_CREDENTIALS = struct.Struct("3i")  # process, user and group of a sender
_NANOSECONDS = 1e9


class RunDelay:
    """How long a process has been ready to run without a processor since this object was made.

    Args:
        pid: its id, as this process sees it; 0 for one whose id is not known, whose delay is 0.
    """

    def __init__(self, pid: int) -> None:
        self._threads = Path(f"/proc/{pid}/task") if pid else None
        self._total = 0.0
        self._started = time.monotonic()
        self._seen: dict[str, float] = {}
        self._seen = self._delays()

    def seconds(self) -> float:
        """The delay so far; it never decreases. A process that has ended keeps what was last seen.

        While several threads wait, time counts once: each look adds that of the thread that has waited longest.
        """
        delays = self._delays()
        more = max((delay - self._seen.get(name, 0.0) for name, delay in delays.items()), default=0.0)
        self._seen |= delays
        # The kernel counts a wait when it ends, so those of several threads may seem to follow one another.
        self._total = min(self._total + more, time.monotonic() - self._started)
        return self._total

    def _delays(self) -> dict[str, float]:
        """Of each thread, in seconds since it started."""
        found: dict[str, float] = {}
        if self._threads is not None:
            # It may have ended, also between two steps of this; and not every kernel counts.
            with suppress(FileNotFoundError, ProcessLookupError):
                for thread in self._threads.iterdir():
                    words = (thread / "schedstat").read_text().split()
                    found[thread.name] = int(words[1]) / _NANOSECONDS
        return found


def expect_sender(end: socket.socket) -> None:
    """Makes the kernel note who sends the next message to this end; before the other end is given away."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)


def sender(end: socket.socket) -> int:
    """The process that has sent what can be read here, by its id as this process sees it; 0 if that is not known.

    Nothing is read.
    """
    space = socket.CMSG_SPACE(_CREDENTIALS.size)
    _, notes, _, _ = end.recvmsg(1, space, socket.MSG_PEEK)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    for level, kind, data in notes:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            pid: int = _CREDENTIALS.unpack(data)[0]
            return pid
    return 0
