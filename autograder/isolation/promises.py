"""What isolation promises, each tried for real: a worker attacks, and whether it got anywhere is seen from outside.

A grade tries what staff must be sure of before it lets a submission run; `autograder doctor` tries everything.
"""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from autograder.errors import HarnessError, Killed, StudentError, TimeLimit
from autograder.isolation.connection import WorkerConnection
from autograder.isolation.isolated import Isolated
from autograder.isolation.probes.attempts import LEFT
from autograder.transport.session import Session

PROBES = Path(__file__).with_name("probes")
FOLDER = "probes"  # in the staging folder
SECONDS = 20.0
SPIN_SECONDS = 1.0
EXIT_SECONDS = 10.0
LIMIT_ERRORS = ("MemoryError", "OSError", "PermissionError", "RuntimeError")


class AttackRunner:
    """Everything that a worker might get at, set up for the attempt: files, processes, sockets, canaries.

    Args:
        isolated: where workers come from.
        staging: the staging folder, into which the probes are put.
        secrets: files and folders of staff's.
    """

    def __init__(self, isolated: Isolated, staging: Path, secrets: list[Path]) -> None:
        self.isolated = isolated
        # A folder that Python itself lies in has to be there; what else is in it has not.
        self.secrets = [str(path) for path in secrets if not Path(sys.prefix).is_relative_to(path)]
        self._staging = staging
        self._stack = ExitStack()

    def __enter__(self) -> "AttackRunner":
        folder = self._staging / FOLDER
        folder.mkdir(exist_ok=True)
        self._stack.callback(shutil.rmtree, folder)
        folder.chmod(0o755)
        for probe in PROBES.glob(
            "*.py"
        ):  # readable for a worker's user, whoever may read the grader's own files
            shutil.copyfile(probe, folder / probe.name)
            (folder / probe.name).chmod(0o644)
        self.canary_folder = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-canaries-"))
        )
        self.canary_folder.chmod(0o777)
        self.canary = self.canary_folder / "canary"
        self.canary.write_text("alive")
        self.canary.chmod(0o666)
        self.pids = [os.getpid(), os.getppid(), self.isolated.pid]
        self._listen()
        # Where no attempt runs at all, every promise would seem to hold.
        if self.attack("arrive") != ["arrive"]:
            self._stack.close()
            raise HarnessError(
                "a worker cannot run what is tried against it, so nothing is known of isolation here"
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._stack.close()

    def _listen(self) -> None:
        tcp = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = tcp.getsockname()[1]
        udp = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", self.port))
        self.path, self.name = str(self.canary_folder / "socket"), f"autograder-{os.getpid()}"
        self.listeners = [tcp, udp]
        for address in (self.path, "\0" + self.name):
            listener = self._stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            listener.bind(address)
            listener.listen()
            self.listeners.append(listener)
        os.chmod(self.path, 0o777)

    def attack(
        self,
        attempt: str,
        *args: object,
        seconds: float = SECONDS,
        memory_mb: int = 1024,
        gpu: bool = False,
    ) -> list[str]:
        """What a worker of its own got done by an attempt."""
        line = self.isolated.connect(seconds, memory_mb=memory_mb, gpu=gpu, folder=FOLDER)
        try:
            return self._done(line, attempt, args)
        finally:
            line.close()

    def attack_and_wait(self, attempt: str) -> list[str]:
        """The same, and what is still alive after the worker's end."""
        line = self.isolated.connect(SECONDS, folder=FOLDER)
        try:
            self._done(line, attempt, ())
            return [] if line.gone(EXIT_SECONDS) else ["leave a process behind"]
        finally:
            line.close()

    def _done(self, line: WorkerConnection, attempt: str, args: tuple[object, ...]) -> list[str]:
        session = Session(lambda frame: line.exchange(frame, session.callbacks.answer), 0)
        try:
            value = session.call(f"attempts.{attempt}", args).value
        except (Killed, TimeLimit):  # stopped, which is as good as refused
            return []
        except StudentError as error:
            if error.kind in LIMIT_ERRORS:
                return []
            raise HarnessError(f"the attempt {attempt} itself is broken: {error}") from error
        return [str(item) for item in value]


@dataclass(frozen=True)
class Promise:
    """One thing that a submission cannot do.

    Attributes:
        name: two or three words.
        sentence: the promise, as a sentence.
        required: whether nothing is graded where it does not hold.
        violations: what a worker got done against it.
    """

    name: str
    sentence: str
    required: bool
    violations: Callable[[AttackRunner], list[str]]


def _writes(runner: AttackRunner) -> list[str]:
    places = [
        sys.prefix,
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        str(Path.home()),
        *runner.secrets,
        runner.isolated.staging,
    ]
    folders = [place for place in places if os.path.isdir(place)] + [str(runner.canary_folder)]
    files = [path for path in runner.secrets if os.path.isfile(path)]
    before = os.stat(runner.canary)
    done = runner.attack("write", folders, files, [str(runner.canary)])
    for folder in folders:
        with suppress(FileNotFoundError):
            os.unlink(f"{folder}/{LEFT}")
            done.append(f"leave a file in {folder}")
    unharmed = (
        runner.canary.exists() and os.stat(runner.canary) == before and runner.canary.read_text() == "alive"
    )
    return done if unharmed or done else ["harm a file"]


def _talk(runner: AttackRunner) -> list[str]:
    done = runner.attack("talk", runner.port, runner.path, runner.name)
    for listener in runner.listeners:
        listener.setblocking(False)
        with suppress(BlockingIOError):
            if listener.type == socket.SOCK_DGRAM:
                listener.recv(64)
            else:
                listener.accept()[0].close()
            done.append(f"reach {listener.getsockname()!r}")
    return done


def _bounded(
    attempt: str, little: int, much: int, *, memory_mb: int = 1024, writes: bool = False
) -> Callable[[AttackRunner], list[str]]:
    """Too much fails, and a little does not: otherwise a promise would hold because nothing works."""

    def broken(runner: AttackRunner) -> list[str]:
        done = runner.attack(attempt, much, memory_mb=memory_mb)
        if writes and not runner.isolated.layers.can_write:  # nothing at all can be written there
            return done
        allowed = runner.attack(attempt, little, memory_mb=memory_mb)
        return done if allowed else [*done, f"not even {attempt}({little})"]

    return broken


PROMISES = (
    Promise(
        "secrets", "Staff's files cannot be read.", True, lambda runner: runner.attack("read", runner.secrets)
    ),
    Promise(
        "memory",
        "No other process can be looked into.",
        True,
        lambda runner: runner.attack("memory", runner.pids),
    ),
    Promise(
        "signals",
        "No other process can be signalled.",
        True,
        lambda runner: runner.attack("signals", runner.pids),
    ),
    Promise(
        "descriptors",
        "No open file of the grader's is inherited.",
        True,
        lambda runner: runner.attack("descriptors"),
    ),
    Promise("privileges", "No right can be gained.", True, lambda runner: runner.attack("privileges")),
    Promise("files", "Nothing is written outside the scratch folder.", True, _writes),
    Promise("network", "Nobody can be talked to, over the network or on the machine.", True, _talk),
    Promise("namespaces", "No namespace can be made.", False, lambda runner: runner.attack("namespaces")),
    Promise("processes", "No process can be started.", False, lambda runner: runner.attack("processes")),
    Promise("leftovers", "Nothing stays alive.", True, lambda runner: runner.attack_and_wait("processes")),
)
LIMITS = (
    Promise(
        "time",
        "Who computes for ever is ended.",
        True,
        lambda runner: runner.attack("spin", seconds=SPIN_SECONDS),
    ),
    Promise("memory limit", "Memory is bounded.", True, _bounded("take_memory", 64, 1024, memory_mb=256)),
    Promise(
        "shared memory limit",
        "Shared memory is bounded.",
        True,
        _bounded("take_shared_memory", 64, 1024, memory_mb=256),
    ),
    Promise("file size", "One file is bounded.", True, _bounded("write_a_lot", 8, 64, writes=True)),
    Promise(
        "scratch size",
        "All files together are bounded.",
        True,
        _bounded("write_many", 100, 5_000, writes=True),
    ),
    Promise("open files", "Open files are bounded.", True, _bounded("open_many", 50, 1_000)),
    Promise("threads", "Threads are bounded.", False, _bounded("start_threads", 20, 500)),
    Promise("output", "Output is bounded.", True, _bounded("print_a_lot", 1, 64)),
)
EXISTENCE = Promise(
    "existence",
    "It cannot even be seen which of staff's files exist.",
    False,
    lambda runner: runner.attack("see", runner.secrets),
)


def try_all(runner: AttackRunner, promises: tuple[Promise, ...]) -> dict[str, list[str]]:
    """What was broken of each promise: an empty list where it holds."""
    return {promise.name: promise.violations(runner) for promise in promises}
