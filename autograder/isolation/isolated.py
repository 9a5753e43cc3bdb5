"""The transport of staff grading: every session gets a fresh, locked-in process that was forked from a zygote."""

import json
import os
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
from autograder.isolation.connection import END_SECONDS, Channels, WorkerConnection
from autograder.isolation.plan import Layers, Plan, WorkerLimits, layers_from, to_json
from autograder.transport.session import Session

HELLO_SECONDS = 300.0  # for all imports, on half a processor
_INHERITED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "PATH")
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_ROOT = str(Path(autograder.__file__).resolve().parents[1])
# Found once, then no longer looked for where the grader lies.
_START = f"""
import sys
sys.path.insert(0, {_ROOT!r})
from autograder.isolation.start import main
sys.path[:] = [path for path in sys.path if path != {_ROOT!r}]
main()
"""


@dataclass(frozen=True)
class ZygoteConfig:
    """What a zygote is started for.

    Attributes:
        staging: a folder whose folders are packages that a worker may mount, one of them and that one only. What is in
            them may change between workers.
        package: the submission's folder in it, and the name under which any of them is mounted.
        imports: modules to import before the first fork.
        threads: torch threads of each worker.
    """

    staging: Path
    package: str
    imports: tuple[str, ...] = ()
    threads: int = 1


class Isolated:
    """Starts a zygote and opens sessions with workers forked from it.

    Start it before anything secret is open, and ask for `layers` as late as may be: it warms up meanwhile.

    Args:
        config: what it is started for.
    """

    def __init__(self, config: ZygoteConfig) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="autograder-workers-")
        os.chmod(self._folder.name, 0o711)  # a worker's user goes through, and sees only its own folder
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        plan = Plan(
            staging=str(config.staging.resolve()),
            package=config.package,
            visible=_visible(),
            scratch=os.path.realpath(self._folder.name),
            imports=config.imports,
            threads=config.threads,
            grader=os.getpid(),
            control=theirs.fileno(),
        )
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the zygote
        self._process = _start(plan, theirs, self._errors.fileno())
        theirs.close()
        self._config = config
        self._layers: Layers | None = None

    @property
    def layers(self) -> Layers:
        """What is in force; waits for the zygote to be ready.

        Raises:
            HarnessError: it did not get ready; its own words are in the message.
        """
        if self._layers is None:
            self._control.settimeout(HELLO_SECONDS)
            try:
                message = self._control.recv(1 << 16)
            except (TimeoutError, ConnectionResetError):
                message = b""
            if not message:
                self._errors.seek(0)
                words = self._errors.read().decode(errors="replace")[-4_000:]
                raise HarnessError(
                    f"the process that starts workers did not get ready: {words or 'it is silent'}"
                )
            self._control.settimeout(None)
            self._layers = layers_from(json.loads(message))
        return self._layers

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
        """As `Transport.open`; the worker mounts the submission, or another `folder` of the staging folder."""
        line = self.connect(seconds, memory_mb=memory_mb, gpu=gpu, folder=folder)
        session = Session(lambda frame: line.exchange(frame, session.callbacks.answer), seed)
        session.printed, session.close, session.limits = line.text, line.close, line.limits.describe()
        for target, substitute in overrides.items():
            session.override(target, substitute)
        return session

    def connect(
        self, seconds: float, *, memory_mb: int = 1024, gpu: bool = False, folder: str | None = None
    ) -> WorkerConnection:
        """A line to a fresh worker, without a session on it."""
        limits = WorkerLimits(cpu_seconds=int(seconds * self._config.threads) + 10, memory_mb=memory_mb)
        return WorkerConnection(
            self._request_worker(folder or self._config.package, limits, gpu=gpu), seconds, limits
        )

    @property
    def staging(self) -> str:
        """The folder of the packages."""
        return str(self._config.staging)

    @property
    def pid(self) -> int:
        """The zygote's process."""
        return self._process.pid

    def stop(self) -> None:
        """Ends the zygote and every worker."""
        self._control.close()
        if self._layers is None:  # still warming up, and listening to nobody
            self._process.kill()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # everything else dies with it
            self._process.wait()
        self._errors.close()
        self._folder.cleanup()

    def _request_worker(self, folder: str, limits: WorkerLimits, *, gpu: bool) -> Channels:
        assert self.layers is not None
        line, their_line = socket.socketpair()
        life, their_life = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        printed, their_printed = socket.socketpair()
        request = {"folder": folder, "limits": to_json(limits), "gpu": gpu}
        theirs = (their_line, their_life, their_printed)
        socket.send_fds(self._control, [json.dumps(request).encode()], [end.fileno() for end in theirs])
        for end in theirs:
            end.close()
        return Channels(line, life, printed)


def _start(plan: Plan, control: socket.socket, errors: int) -> "subprocess.Popen[bytes]":
    """The zygote, as a program of its own with a clean environment and no file of ours open but its line."""
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
    """What a worker reads to run Python: its prefixes, and the system's libraries. Staff's files lie elsewhere."""
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    return tuple(path for path in dict.fromkeys((*prefixes, *_LIBRARIES)) if os.path.exists(path))
