"""The grader's connection to one worker: frames with a deadline, the worker's output, and the reason why it ended."""

import json
import os
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from autograder.errors import CallbackError, HarnessError, Killed, TimeLimit, WireError
from autograder.isolation.plan import WorkerLimits
from autograder.isolation.worker_end import reason
from autograder.transport.frames import pack, unpack
from autograder.transport.own_time import RunDelay, sender
from autograder.transport.student_errors import MESSAGE_CAP
from autograder.transport.text import printable
from autograder.transport.wire import Frame

START_SECONDS = 60.0  # for the fork and the lockdown, on a busy machine as well
LEAST_REFUND = 1e-3  # seconds
EXIT_REPORT_SECONDS = 5.0  # from the moment when a worker closes its socket to the report that it ended
ZYGOTE_EXIT_SECONDS = 30.0  # for a zygote and all its workers to end
KEPT_OUTPUT = 64 * 1024  # bytes
MAX_OUTPUT = 16 * 2**20  # bytes; a worker that prints more is killed


@dataclass
class Channels:
    """The grader's ends of the three sockets that it shares with a worker.

    Attributes:
        frames: requests and replies.
        status: the zygote reports here how the worker ended. When the grader closes it, the worker is killed.
        output: what the worker prints.
        kept_output: the first part of that output.
    """

    frames: socket.socket
    status: socket.socket
    output: socket.socket
    kept_output: bytearray = field(default_factory=bytearray)


class WorkerConnection:
    """Exchanges frames with one worker. Any error here ends the worker for good.

    Args:
        channels: the sockets that are shared with it.
        seconds: how much of its own time (see `own_time`) all exchanges may take together.
        limits: what it may use; messages name the limit that it reached.
        slowness: of this machine; the seconds are multiplied by it.
    """

    def __init__(
        self, channels: Channels, seconds: float, limits: WorkerLimits, *, slowness: float = 1.0
    ) -> None:
        self._channels = channels
        self._seconds = seconds
        self._left = self._allowed = seconds * slowness
        self.limits = limits
        self._deadline = 0.0  # of the present exchange, on the monotonic clock
        self._delay = RunDelay(0)
        self._refunded = 0.0  # what is in the deadline of that delay
        self._cpu_seconds = 0.0  # of all its threads, known at its end
        self._output_size = 0
        self._ready = False
        self._closed = False
        self._stopped: BaseException | None = None
        for channel in (channels.frames, channels.output):
            channel.setblocking(False)

    def exchange(self, frame: Frame, answer: Callable[[Frame], Frame]) -> Frame:
        """Sends a request and returns the reply.

        Args:
            frame: the request.
            answer: answers requests that the worker makes during the call.

        Raises:
            TimeLimit: the worker took too long.
            Killed: it died, or sent something that breaks the protocol.
            HarnessError: it could not be started or locked down.
        """
        if self._stopped is not None:
            raise self._stopped
        if self._closed:
            raise HarnessError("a call of a worker that the test has already closed")
        try:
            self._wait_until_ready()
            self._deadline = time.monotonic() + self._left
            try:
                return self._send_and_receive(frame, answer)
            finally:
                self._left = self._deadline - time.monotonic()
        except (TimeLimit, Killed, HarnessError) as stopped:
            self._stopped = stopped
            self.close()
            raise

    def charged(self) -> float:
        """Seconds of own time that the worker has used up; at least its share of all processors, if threads compete."""
        own = self._allowed - self._left - (self._delay.seconds() - self._refunded)
        return max(own, self._cpu_seconds / (os.cpu_count() or 1))

    def output(self) -> str:
        """What the worker has printed so far, up to `KEPT_OUTPUT` bytes."""
        if not self._closed:
            with suppress(Killed):  # too much output after the last reply changes nothing
                self._read_output()
        return printable(self._channels.kept_output.decode(errors="replace"), KEPT_OUTPUT)

    def ends_within(self, seconds: float) -> bool:
        """Kills the worker and waits until no process that it started holds its output open."""
        self._channels.status.close()
        poll = select.poll()
        poll.register(self._channels.output, 0)  # POLLHUP is always reported
        return any(event & select.POLLHUP for _, event in poll.poll(seconds * 1000))

    def close(self) -> None:
        """Kills the worker and everything that it started."""
        self.output()
        self._closed = True
        for channel in (self._channels.frames, self._channels.status, self._channels.output):
            channel.close()

    # -- frames -----------------------------------------------------------------------------------------------

    def _wait_until_ready(self) -> None:
        if self._ready:
            if self._readable_now():
                raise Killed("its process sent a message before it was asked")
            return
        self._deadline = time.monotonic() + START_SECONDS
        try:
            self._wait(select.POLLIN)
            self._delay = RunDelay(sender(self._channels.frames))
            header = self._receive().header
        except TimeLimit as error:
            raise HarnessError(f"a worker was not ready after {START_SECONDS:g} s") from error
        if header != {"ready": True}:
            raise HarnessError(f"a worker could not be locked down: {header.get('unready', header)}")
        self._ready = True

    def _send_and_receive(self, frame: Frame, answer: Callable[[Frame], Frame]) -> Frame:
        self._send(pack(frame))
        while True:
            reply = self._receive()
            if "op" not in reply.header:
                return reply
            asked = time.monotonic()
            try:
                answered = answer(reply)
            except CallbackError as error:
                answered = Frame({"callback_error": str(error)[:MESSAGE_CAP]})
            except WireError as error:
                raise Killed("its process sent a request that does not exist") from error
            try:
                pieces = pack(answered)
            except WireError as error:
                raise Killed("its process sent a request whose answer is too large") from error
            self._deadline += time.monotonic() - asked  # this process has spent it, and not the worker
            self._send(pieces)

    def _send(self, pieces: list[memoryview]) -> None:
        for piece in pieces:
            while piece:
                self._wait(select.POLLOUT)
                try:
                    piece = piece[self._channels.frames.send(piece) :]
                except (BrokenPipeError, ConnectionResetError):
                    raise self._end_reason() from None

    def _receive(self) -> Frame:
        def fill(buffer: memoryview) -> None:
            while buffer:
                self._wait(select.POLLIN)
                try:
                    got = self._channels.frames.recv_into(buffer)
                except ConnectionResetError:
                    got = 0
                if not got:
                    raise self._end_reason()
                buffer = buffer[got:]

        try:
            return unpack(fill)
        except WireError as error:
            raise Killed("its process sent something that is not an answer") from error

    def _wait(self, event: int) -> None:
        """Waits until the socket of frames is ready; reads the worker's output meanwhile."""
        poll = select.poll()
        poll.register(self._channels.frames, event)
        poll.register(self._channels.output, select.POLLIN)
        while True:
            left = self._deadline - time.monotonic()
            # A ready frame counts, however late this process itself comes to look at it.
            ready = dict(poll.poll(max(left, 0.0) * 1000))
            if self._channels.output.fileno() in ready and not self._read_output():
                poll.unregister(self._channels.output)  # the worker closed its output, as it may
            if self._channels.frames.fileno() in ready:
                return
            if left <= 0 and not self._refund():
                raise TimeLimit(self._seconds)

    def _refund(self) -> bool:
        """Gives back the time in which the worker got no processor. Returns whether that is worth another wait."""
        waited = self._delay.seconds() - self._refunded
        self._refunded += waited
        self._deadline += waited
        return waited > LEAST_REFUND

    def _readable_now(self) -> bool:
        poll = select.poll()
        poll.register(self._channels.frames, select.POLLIN)
        return any(event & select.POLLIN for _, event in poll.poll(0))

    # -- output and exit --------------------------------------------------------------------------------------

    def _read_output(self) -> bool:
        """Reads the output that has arrived. Returns False if no more output can come."""
        with suppress(BlockingIOError):
            while True:
                piece = self._channels.output.recv(1 << 16)
                if not piece:
                    return False
                self._output_size += len(piece)
                self._channels.kept_output += piece[: KEPT_OUTPUT - len(self._channels.kept_output)]
                if self._output_size > MAX_OUTPUT:
                    raise Killed(
                        f"it printed more than {MAX_OUTPUT >> 20} MB, the limit of output",
                        "Is there a print inside a loop that does not end?",
                    )
        return True

    def _end_reason(self) -> BaseException:
        """Why the worker ended, as an exception with a message for the student."""
        self._read_output()
        self._channels.status.settimeout(EXIT_REPORT_SECONDS)
        try:
            message = self._channels.status.recv(1 << 16)
        except TimeoutError:  # it closed its socket and goes on running
            return Killed("its process closed the connection in the middle of a call", is_explained=False)
        if not message:
            return HarnessError("the process that starts workers ended")
        end = json.loads(message)
        self._cpu_seconds = end.get("cpu_seconds", 0.0)
        return reason(end, self.limits, self._seconds)
