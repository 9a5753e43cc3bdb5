"""Runs attacks from inside a worker, against targets that it sets up: files, processes, sockets and canaries.

An attack has failed if it replies that it achieved nothing, or if it ends in the one way that is promised: an endless
computation by the limit of time, for example. Every other end says nothing of the promise.
"""

import errno
import os
import shutil
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType

from autograder.errors import HarnessError, InputError, Killed, StudentError, TimeLimit
from autograder.isolation.connection import WorkerConnection
from autograder.isolation.isolated import Isolated
from autograder.transport.session import Session

PROBES = Path(__file__).with_name("probes")
FOLDER = "probes"  # in the staging folder
SECONDS = 60.0  # an attack takes a fraction of a second; this is for a busy machine
EXIT_SECONDS = 10.0
SOCKET_PATH = 108  # bytes that the kernel has for it
TIME, OUTPUT, SCRATCH, READ_ONLY = "time", "output", "scratch folder", "read-only"
"""Ends of an attack. The others are the limits that a `StudentError` names: "memory", "file size", ..."""
KILLED_FOR = {OUTPUT: "limit of output", SCRATCH: "limit of its scratch folder"}  # words of `Killed`


class Inconclusive(HarnessError):
    """An attack ended in a way that says nothing of the promise: neither by what it attacked nor with a reply."""


class AttackRunner:
    """Sets up everything that a worker might attack, and runs attacks. Use it in a `with` block.

    Args:
        isolated: starts the workers.
        staging: the staging folder, into which the probes are copied; what they may not touch is beside it.
        secrets: files and folders of staff.
    """

    def __init__(self, isolated: Isolated, staging: Path, secrets: list[Path]) -> None:
        self.isolated = isolated
        # A folder that contains Python itself must be visible; the other files in it need not be.
        self.secrets = [str(path) for path in secrets if not Path(sys.prefix).is_relative_to(path)]
        self._staging = staging
        self._stack = ExitStack()

    def __enter__(self) -> "AttackRunner":
        folder = self._staging / FOLDER
        folder.mkdir(exist_ok=True)
        self._stack.callback(shutil.rmtree, folder)
        folder.chmod(0o755)
        for probe in PROBES.glob("*.py"):
            shutil.copyfile(probe, folder / probe.name)
            (folder / probe.name).chmod(
                0o644
            )  # the worker's user can read it, even if the grader's own is private
        self.canary_folder = self._staging.parent / "canaries"
        self.canary_folder.mkdir()
        self._stack.callback(shutil.rmtree, self.canary_folder)
        self.canary_folder.chmod(0o777)
        self.canary = self.canary_folder / "canary"
        self.canary.write_text("alive")
        self.canary.chmod(0o666)
        self.pids = [os.getpid(), os.getppid(), self.isolated.pid]
        self._listen()
        # If no attempt can run at all, every promise would seem to hold.
        try:
            self.twice(lambda: self.attack("arrive"))
        except HarnessError as error:
            self._stack.close()
            raise HarnessError(
                f"a worker cannot run the attacks, so nothing can be said about isolation here: {error}"
            ) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._stack.close()

    def _listen(self) -> None:
        tcp = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = tcp.getsockname()[1]
        udp = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", self.port))
        self.path, self.name = str(self.canary_folder / "socket"), f"autograder-{os.getpid()}"
        if len(os.fsencode(self.path)) >= SOCKET_PATH:
            raise InputError(
                f"{self.canary_folder} has too long a path for a socket, which the attacks on isolation need:"
                " set TMPDIR to a folder with a shorter path"
            )
        self.listeners = [tcp, udp]
        for address in (self.path, "\0" + self.name):
            listener = self._stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            listener.bind(address)
            listener.listen()
            self.listeners.append(listener)
        os.chmod(self.path, 0o777)

    def twice(self, attack: Callable[[], list[str]]) -> list[str]:
        """The result of an attack, which is tried once more if it is inconclusive or its worker does not start.

        Raises:
            HarnessError: the second try ended like that as well.
        """
        with suppress(HarnessError):
            return attack()
        self.isolated.restart_if_dead()
        return attack()

    def attack(
        self,
        attempt: str,
        *args: object,
        module: str = "attempts",
        held_by: tuple[str, ...] = (),
        seconds: float = SECONDS,
        memory_mb: int = 1024,
        gpu: bool = False,
    ) -> list[str]:
        """Runs one attempt in a worker of its own and returns what the attempt achieved: nothing if it failed.

        Args:
            attempt: a function of the module.
            args: its arguments.
            module: the module of the probes.
            held_by: the ends by which it has failed, in addition to a reply.
            seconds: how long it may take.
            memory_mb: how much memory it may use.
            gpu: whether it may use a GPU.

        Raises:
            Inconclusive: it ended in any other way.
            HarnessError: the worker did not start.
        """
        connection = self.isolated.connect(seconds, memory_mb=memory_mb, gpu=gpu, folder=FOLDER)
        try:
            return self._achieved(connection, f"{module}.{attempt}", args, held_by)
        finally:
            connection.close()

    def attack_and_end(self, attempt: str) -> list[str]:
        """Runs one attempt, ends the worker, and returns whether a process of it is still alive then."""
        connection = self.isolated.connect(SECONDS, folder=FOLDER)
        try:
            self._achieved(connection, f"attempts.{attempt}", (), ())
            return [] if connection.ends_within(EXIT_SECONDS) else ["leave a process behind"]
        finally:
            connection.close()

    def _achieved(
        self, connection: WorkerConnection, target: str, args: tuple[object, ...], held_by: tuple[str, ...]
    ) -> list[str]:
        session = Session(lambda frame: connection.exchange(frame, session.callbacks.answer), 0)
        try:
            session.call("attempts.arrive")
        except (StudentError, Killed, TimeLimit) as error:
            raise HarnessError(f"a worker did not start: {error}") from error
        try:
            value = session.call(target, args).value
        except (StudentError, Killed, TimeLimit) as error:
            if _end(error) in held_by:
                return []
            raise Inconclusive(f"the attack {target} ended before its time: {error}") from error
        return [str(item) for item in value]


def _end(error: StudentError | Killed | TimeLimit) -> str:
    """What ended an attack: a limit or a refusal by its name; "" if it was neither."""
    if isinstance(error, TimeLimit):
        return TIME
    if isinstance(error, Killed):
        return next((end for end, words in KILLED_FOR.items() if words in error.rationale), "")
    return READ_ONLY if os.strerror(errno.EROFS) in error.message else error.limit
