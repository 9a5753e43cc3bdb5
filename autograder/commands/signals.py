"""Ctrl-C, SIGTERM and SIGHUP end a command in the same way: by an exception, on whose way out everything is stopped."""

import signal
import time
from types import FrameType, TracebackType

from autograder.errors import Interrupted

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
PAUSE = 5.0  # seconds: a terminal that closes sends several, and none may interrupt the end that the first one began


class Signals:
    """Raises `Interrupted` in the block when one of these signals arrives. One that is ignored, as by nohup, stays so.

    Attributes:
        number: of the last signal; SIGINT before the first one.
    """

    def __init__(self) -> None:
        self.number = signal.SIGINT
        self._last = -PAUSE

    def __enter__(self) -> "Signals":
        numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
        heard = [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]
        self._old = {number: signal.signal(number, self._interrupt) for number in heard}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._last >= PAUSE:
            self._last, self.number = now, signal.Signals(number)
            raise Interrupted

    @property
    def words(self) -> str:
        """What ended the command."""
        return "interrupted" if self.number == signal.SIGINT else f"ended by {self.number.name}"
