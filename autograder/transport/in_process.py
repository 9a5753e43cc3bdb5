"""The transport of `make test`: worker and test run in one process, so that a debugger and plain tracebacks work."""

import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from autograder.errors import TimeLimit
from autograder.transport.session import Session
from autograder.transport.wire import Frame
from autograder.transport.worker import Worker


class InProcess:
    """Opens sessions with a package in this process. It trusts the package: nothing is isolated.

    Args:
        folder: the package's folder.
        package: the name it is mounted under.
    """

    def __init__(self, folder: Path, package: str) -> None:
        self._folder = folder
        self._package = package

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
        timer = _Timer(seconds)

        def exchange(frame: Frame) -> Frame:
            with timer:
                return worker.handle(frame)

        session = Session(exchange, seed)
        worker = Worker(self._folder, self._package, peer=lambda frame: session.callbacks.answer(frame))
        session.live_exception = lambda: worker.live_exception
        for target, substitute in overrides.items():
            if isinstance(substitute, type):
                worker.replace(target, substitute)
            else:
                session.override(target, substitute)
        return session


class _Timer:
    """Raises TimeLimit inside the block when all blocks together have used up the seconds.

    It works in the main thread of a POSIX system, where signals work. Elsewhere a run has no time limit.
    """

    def __init__(self, seconds: float) -> None:
        self._limit = seconds
        self._left = seconds
        self._works = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()

    def __enter__(self) -> None:
        self._started = time.monotonic()
        if self._works:
            self._old = signal.signal(signal.SIGALRM, self._on_alarm)
            signal.setitimer(signal.ITIMER_REAL, max(self._left, 0.01), 0.5)

    def __exit__(self, *_: object) -> None:
        if self._works:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._old)
        self._left -= time.monotonic() - self._started

    def _on_alarm(self, signum: int, frame: FrameType | None) -> None:
        raise TimeLimit(self._limit)
