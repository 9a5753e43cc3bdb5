"""The transport of staff grading: every session gets a fresh, locked-down process that is forked from a zygote."""

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autograder
from autograder.errors import HarnessError
from autograder.isolation.connection import ZYGOTE_EXIT_SECONDS, Channels, WorkerConnection
from autograder.isolation.plan import Layers, Plan, WorkerLimits, layers_from, to_json
from autograder.transport.own_time import expect_sender
from autograder.transport.session import Session

READY_SECONDS = 300.0  # for all imports, on half a processor core
_INHERITED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "PATH")
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_ROOT = str(Path(autograder.__file__).resolve().parents[1])
# The grader's folder is on the import path only until this module has been imported.
_START = f"""
import sys
sys.path.insert(0, {_ROOT!r})
from autograder.isolation.start import main
sys.path[:] = [path for path in sys.path if path != {_ROOT!r}]
main()
"""


@dataclass(frozen=True)
class ZygoteConfig:
    """The configuration of a zygote.

    Attributes:
        staging: a folder that contains packages. A worker mounts one of them and sees no other. Their contents may
            change between workers. Workers get their scratch folders beside it.
        package: the submission's folder in it. Every package is mounted under this name.
        imports: modules to import before the first fork.
        threads: torch threads of each worker.
    """

    staging: Path
    package: str
    imports: tuple[str, ...] = ()
    threads: int = 1


class Isolated:
    """Starts a zygote and opens sessions with workers that are forked from it.

    Create it before anything secret is open. Ask for `layers` as late as possible: the zygote warms up meanwhile.

    Args:
        config: of the zygote.

    Attributes:
        slowness: of this machine; every limit of time is multiplied by it.
    """

    def __init__(self, config: ZygoteConfig) -> None:
        self._config = config
        self.slowness = 1.0
        self._folder = tempfile.TemporaryDirectory(prefix="workers-", dir=config.staging.resolve().parent)
        os.chmod(self._folder.name, 0o711)  # a worker's user may pass, and sees only its own folder
        self._start()

    def _start(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        scratch = tempfile.mkdtemp(dir=self._folder.name)  # one that has died may have left its own
        os.chmod(scratch, 0o711)
        plan = Plan(
            staging=str(self._config.staging.resolve()),
            package=self._config.package,
            visible=_visible(),
            scratch=os.path.realpath(scratch),
            imports=self._config.imports,
            threads=self._config.threads,
            grader=os.getpid(),
            control=theirs.fileno(),
        )
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the zygote
        self._process = _start(plan, theirs, self._errors.fileno())
        theirs.close()
        self._layers: Layers | None = None

    def restart_if_dead(self) -> None:
        """Starts a new zygote, and waits until it is ready, if the present one has ended.

        Raises:
            HarnessError: the new one did not start.
        """
        poll = select.poll()
        poll.register(
            self._control, 0
        )  # POLLHUP, which says that the other end is closed, is always reported
        if poll.poll(0):
            self._end()
            self._start()
            self.layers  # noqa: B018 - waits

    @property
    def layers(self) -> Layers:
        """The isolation layers in force. Waits until the zygote is ready, and starts it once more if it ends first.

        Raises:
            HarnessError: it did not start; the message contains its error output.
        """
        if self._layers is None:
            message = self._greeting()
            if not message:
                self._end()
                self._start()
                message = self._greeting()
            if not message:
                self._errors.seek(0)
                output = self._errors.read().decode(errors="replace")[-4_000:]
                raise HarnessError(
                    f"the process that starts workers did not start: {output or 'it printed nothing'}"
                )
            self._layers = layers_from(json.loads(message))
        return self._layers

    def _greeting(self) -> bytes:
        """What the zygote sends when it is ready; nothing if it has ended."""
        self._control.settimeout(READY_SECONDS)
        try:
            return self._control.recv(1 << 16)
        except (TimeoutError, ConnectionResetError):
            return b""
        finally:
            self._control.settimeout(None)

    def open(
        self,
        seed: int,
        seconds: float,
        overrides: Mapping[str, Callable[..., Any]],
        *,
        memory_mb: int = 1024,
        gpu: bool = False,
        folder: str | None = None,
    ) -> Session:
        """See `Transport.open`. The worker mounts the submission, or another `folder` of the staging folder."""
        connection = self.connect(seconds, memory_mb=memory_mb, gpu=gpu, folder=folder)
        session = Session(lambda frame: connection.exchange(frame, session.callbacks.answer), seed)
        session.printed, session.close = connection.output, connection.close
        session.limits, session.charged = connection.limits.describe(), connection.charged
        for target, substitute in overrides.items():
            session.override(target, substitute)
        return session

    def connect(
        self, seconds: float, *, memory_mb: int = 1024, gpu: bool = False, folder: str | None = None
    ) -> WorkerConnection:
        """Connects to a fresh worker, without a session."""
        cpu_seconds = int(seconds * self.slowness * self._config.threads) + 10
        limits = WorkerLimits(cpu_seconds=cpu_seconds, memory_mb=memory_mb)
        channels = self._request_worker(folder or self._config.package, limits, gpu=gpu)
        return WorkerConnection(channels, seconds, limits, slowness=self.slowness)

    @property
    def staging(self) -> str:
        """The folder that contains the packages."""
        return str(self._config.staging)

    @property
    def pid(self) -> int:
        """The zygote's process id."""
        return self._process.pid

    def stop(self) -> None:
        """Ends the zygote and every worker."""
        self._end()
        self._folder.cleanup()

    def _end(self) -> None:
        self._control.close()
        if self._layers is None:  # it still warms up, and does not listen yet
            self._process.kill()
        try:
            self._process.wait(ZYGOTE_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # all its children die with it
            self._process.wait()
        self._errors.close()

    def _request_worker(self, folder: str, limits: WorkerLimits, *, gpu: bool) -> Channels:
        assert self.layers is not None
        frames, their_frames = socket.socketpair()
        expect_sender(frames)
        status, their_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        output, their_output = socket.socketpair()
        request = {"folder": folder, "limits": to_json(limits), "gpu": gpu}
        theirs = (their_frames, their_status, their_output)
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], [end.fileno() for end in theirs])
        except (BrokenPipeError, ConnectionResetError) as error:
            raise HarnessError("the process that starts workers has ended") from error
        finally:
            for end in theirs:
                end.close()
        return Channels(frames, status, output)


def _start(plan: Plan, control: socket.socket, errors: int) -> "subprocess.Popen[bytes]":
    """Starts the zygote as a separate program with a clean environment; of our open files it gets `control` only."""
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment |= {
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "LANG": "C.UTF-8",
    }
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _START, json.dumps(to_json(plan))],
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=errors,
        stderr=errors,
        pass_fds=[control.fileno()],
        start_new_session=True,
    )


def _visible() -> tuple[str, ...]:
    """What a worker needs to read to run Python: Python's prefixes and the system's libraries, no files of staff."""
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    return tuple(path for path in dict.fromkeys((*prefixes, *_LIBRARIES)) if os.path.exists(path))
