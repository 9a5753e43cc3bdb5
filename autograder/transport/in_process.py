"""The transport of `make test`: worker and test run in one process, so that a debugger and plain tracebacks work."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from autograder.errors import TimeLimit
from autograder.transport.own_time import RunDelay
from autograder.transport.session import Session
from autograder.transport.wire import Frame
from autograder.transport.worker import Worker

_SOON = 0.01  # seconds to the next alarm
_AGAIN = 0.5  # seconds to one more, in case the code catches the first


class InProcess:
    """Opens sessions with a package in this process. It trusts the package: nothing is isolated.

    Args:
        folder: the package's folder.
        package: the name it is mounted under.
    """

    slowness = 1.0

    def __init__(self, folder: Path, package: str) -> None:
        self._folder = folder
        self._package = package

    def restart_if_dead(self) -> None:
        """See `Transport.restart_if_dead`. Nothing else can end here."""

    def open(
        self,
        seed: int,
        seconds: float,
        overrides: Mapping[str, Callable[..., Any]],
        *,
        memory_mb: int = 0,
        gpu: bool = False,
    ) -> Session:
        """See `Transport.open`. Memory is not limited here, and a GPU is always available."""
        timer = _Timer(seconds, str(self._folder))

        def exchange(frame: Frame) -> Frame:
            with timer:
                return worker.handle(frame)

        session = Session(exchange, seed)
        worker = Worker(self._folder, self._package, peer=lambda frame: session.callbacks.answer(frame))
        session.live_exception = lambda: worker.live_exception
        session.charged = lambda: timer.charged
        for target, substitute in overrides.items():
            if isinstance(substitute, type):
                worker.replace(target, substitute)
            else:
                session.override(target, substitute)
        return session


class _Timer:
    """Raises TimeLimit inside the block when all blocks together have used up the seconds of own time.

    It works in the main thread of a POSIX system, where signals work. Elsewhere a run has no time limit. It never
    interrupts the import of a library, which would leave half a module behind.
    """

    def __init__(self, seconds: float, folder: str) -> None:
        self._limit = seconds
        self._folder = folder
        self._spent = 0.0  # on the clock, in the blocks that have ended
        self._started: float | None = None
        self._delay = RunDelay(os.getpid())
        self._works = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()

    @property
    def charged(self) -> float:
        """Seconds of own time so far. What the process has waited between two blocks is a gift."""
        now = time.monotonic() - self._started if self._started is not None else 0.0
        return max(0.0, self._spent + now - self._delay.seconds())

    def __enter__(self) -> None:
        self._started = time.monotonic()
        if self._works:
            self._old = signal.signal(signal.SIGALRM, self._on_alarm)
            signal.setitimer(signal.ITIMER_REAL, max(self._limit - self._spent, _SOON), _AGAIN)

    def __exit__(self, *_: object) -> None:
        if self._works:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._old)
        assert self._started is not None
        self._spent += time.monotonic() - self._started
        self._started = None

    def _on_alarm(self, signum: int, frame: FrameType | None) -> None:
        left = self._limit - self.charged
        if left > 0:
            signal.setitimer(signal.ITIMER_REAL, max(left, _SOON), _AGAIN)
        elif _imports_a_library(frame, self._folder):
            signal.setitimer(signal.ITIMER_REAL, _SOON, _AGAIN)
        else:
            raise TimeLimit(self._limit)


def _imports_a_library(frame: FrameType | None, folder: str) -> bool:
    """Whether a library is being imported, by frames inside of the innermost one that is the submission's."""
    while frame is not None and not frame.f_code.co_filename.startswith(folder):
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
