"""The grader's end of one worker: frames with a deadline, output as it comes, and the worker's end in words."""

import json
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from autograder.errors import CallbackError, HarnessError, Killed, TimeLimit, WireError
from autograder.isolation.plan import MAX_SCRATCH_FILES, WorkerLimits
from autograder.transport.frames import pack, unpack
from autograder.transport.student_errors import MESSAGE_CAP
from autograder.transport.text import printable
from autograder.transport.wire import Frame

START_SECONDS = 60.0  # for a fork and the lock-in, on a machine however busy
DEATH_SECONDS = 5.0  # from the end of a worker's line to its own
END_SECONDS = 30.0  # for a zygote to end, and all its workers with it
KEPT_OUTPUT = 64 * 1024  # bytes
MOST_OUTPUT = 16 * 2**20  # bytes; who prints more is ended


@dataclass
class Channels:
    """The grader's ends of what it shares with a worker: frames, life, and output (a pipe)."""

    line: socket.socket
    life: socket.socket
    printed: socket.socket
    output: bytearray = field(default_factory=bytearray)


class WorkerConnection:
    """Talks to one worker. Whatever goes wrong here ends the worker, for good.

    Args:
        ends: as shared with it.
        seconds: how long all exchanges may take together.
        limits: what it may use up, for the words if it did.
    """

    def __init__(self, ends: Channels, seconds: float, limits: WorkerLimits) -> None:
        self._ends = ends
        self._allowed = self._left = seconds
        self.limits = limits
        self._printed = 0
        self._ready = False
        self._closed = False
        self._stopped: BaseException | None = None
        for end in (ends.line, ends.printed):
            end.setblocking(False)

    def exchange(self, frame: Frame, answer: Callable[[Frame], Frame]) -> Frame:
        """Sends a request and returns the reply.

        Args:
            frame: the request.
            answer: answers what the worker asks in the middle of it.

        Raises:
            TimeLimit: the worker took longer than it may.
            Killed: it died, or said something that no worker says.
            HarnessError: it could not be started or locked in.
        """
        if self._stopped is not None:
            raise self._stopped
        if self._closed:
            raise HarnessError("a call of a worker that the test has dismissed")
        try:
            self._begin()
            started = time.monotonic()
            try:
                return self._exchange(frame, answer, started + self._left)
            finally:
                self._left -= time.monotonic() - started
        except (TimeLimit, Killed, HarnessError) as stopped:
            self._stopped = stopped
            self.close()
            raise

    def text(self) -> str:
        """What the worker has printed so far, as much as is kept."""
        if not self._closed:
            with suppress(Killed):  # printed too much after its last reply: that changes nothing any more
                self._drain()
        return printable(self._ends.output.decode(errors="replace"), KEPT_OUTPUT)

    def gone(self, seconds: float) -> bool:
        """Ends the worker and waits until nothing that it started holds on to its output any more."""
        self._ends.life.close()
        poll = select.poll()
        poll.register(self._ends.printed, 0)  # hanging up is always told
        return any(event & select.POLLHUP for _, event in poll.poll(seconds * 1000))

    def close(self) -> None:
        """Ends the worker, and everything that it started."""
        self.text()
        self._closed = True
        for end in (self._ends.line, self._ends.life, self._ends.printed):
            end.close()

    # -- frames -----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._ready:
            if self._readable_now():
                raise Killed("its process spoke before it was asked")
            return
        header = self._receive(time.monotonic() + START_SECONDS).header
        if header != {"ready": True}:
            raise HarnessError(f"a worker could not be locked in: {header.get('unready', header)}")
        self._ready = True

    def _exchange(self, frame: Frame, answer: Callable[[Frame], Frame], deadline: float) -> Frame:
        self._send(pack(frame), deadline)
        while True:
            reply = self._receive(deadline)
            if "op" not in reply.header:
                return reply
            try:
                answered = answer(reply)
            except CallbackError as error:
                answered = Frame({"callback_error": str(error)[:MESSAGE_CAP]})
            except WireError as error:
                raise Killed("its process asked for something that cannot be asked") from error
            try:
                pieces = pack(answered)
            except WireError as error:
                raise Killed("its process asked for something whose answer is too large") from error
            self._send(pieces, deadline)

    def _send(self, pieces: list[memoryview], deadline: float) -> None:
        for piece in pieces:
            while piece:
                self._wait(select.POLLOUT, deadline)
                try:
                    piece = piece[self._ends.line.send(piece) :]
                except (BrokenPipeError, ConnectionResetError):
                    raise self._end_reason() from None

    def _receive(self, deadline: float) -> Frame:
        def fill(buffer: memoryview) -> None:
            while buffer:
                self._wait(select.POLLIN, deadline)
                try:
                    got = self._ends.line.recv_into(buffer)
                except ConnectionResetError:
                    got = 0
                if not got:
                    raise self._end_reason()
                buffer = buffer[got:]

        try:
            return unpack(fill)
        except WireError as error:
            raise Killed("its process sent something that is no answer") from error

    def _wait(self, event: int, deadline: float) -> None:
        """Until the line is ready; takes in what is printed meanwhile."""
        poll = select.poll()
        poll.register(self._ends.line, event)
        poll.register(self._ends.printed, select.POLLIN)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeLimit(self._allowed)
            ready = dict(poll.poll(left * 1000))
            if self._ends.printed.fileno() in ready and not self._drain():
                poll.unregister(self._ends.printed)  # the worker closed its output; that is its right
            if self._ends.line.fileno() in ready:
                return

    def _readable_now(self) -> bool:
        poll = select.poll()
        poll.register(self._ends.line, select.POLLIN)
        return any(event & select.POLLIN for _, event in poll.poll(0))

    # -- output and end ---------------------------------------------------------------------------------------

    def _drain(self) -> bool:
        """Takes in what is there; False once nothing more will come."""
        with suppress(BlockingIOError):
            while True:
                piece = self._ends.printed.recv(1 << 16)
                if not piece:
                    return False
                self._printed += len(piece)
                self._ends.output += piece[: KEPT_OUTPUT - len(self._ends.output)]
                if self._printed > MOST_OUTPUT:
                    raise Killed(
                        f"it printed more than {MOST_OUTPUT >> 20} MB, the limit of output",
                        "Is there a print inside a loop that does not end?",
                    )
        return True

    def _end_reason(self) -> BaseException:
        """How the worker ended, in words."""
        self._drain()
        self._ends.life.settimeout(DEATH_SECONDS)
        try:
            message = self._ends.life.recv(1 << 16)
        except TimeoutError:  # it closed its line and lives on
            return Killed("its process hung up in the middle of a call")
        if not message:
            return HarnessError("the process that starts workers ended")
        end = json.loads(message)
        if "failed" in end:
            return HarnessError(f"a worker could not be started: {end['failed']}")
        if end["limit"]:
            size = f"{self.limits.scratch_mb} MB or {MAX_SCRATCH_FILES} files"
            return Killed(f"it wrote more than {size}, the limit of its scratch folder")
        if end["cpu_seconds"] >= self.limits.cpu_seconds:
            return TimeLimit(self.limits.cpu_seconds)
        if end["signal"] == signal.SIGKILL:
            return Killed(
                "its process was ended by the system (signal 9, SIGKILL)",
                "Most likely the machine ran out of memory: is something far larger than it need be?",
            )
        if end["signal"]:
            name = signal.Signals(end["signal"]).name
            return Killed(f"its process died by signal {end['signal']} ({name}), in the middle of a call")
        return Killed(
            "it ended its own process in the middle of a call",
            "Return the result; leave `exit`, `quit` and `os._exit` out of the homework.",
        )
