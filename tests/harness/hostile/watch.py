"""Checks the machine from outside, before and after an attack: files, processes, threads, sockets, memory."""

import os
import resource
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType

import psutil

from autograder.isolation.kernel.syscalls import prctl

MARK = f"left-by-{os.getpid()}"  # part of the name of every file that an attack leaves
SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/", str(Path.home()), sys.prefix)
WORKERS = range(61_184, 61_184 + 4_096)  # user ids of workers, if they have their own
BURIED_WITHIN = 5.0  # seconds
GROWTH_MB = 512  # the allowed increase of the peak memory of the grader
_PR_SET_CHILD_SUBREAPER = 36
_PEAK = Path("/proc/self/clear_refs")


class Watch:
    """Sets traps of every kind, and reports what triggered one.

    Args:
        folder: an empty folder for canaries and sockets.
        closed: folders in which nothing must change.
        but: an excluded folder in them, which is checked elsewhere.
    """

    def __init__(self, folder: Path, closed: list[Path], but: Path) -> None:
        self._folder = folder
        self._closed = [folder, *closed]
        self._but = str(but)
        self._stack = ExitStack()

    def __enter__(self) -> "Watch":
        prctl(_PR_SET_CHILD_SUBREAPER, 1)  # an orphan process stays a descendant of this process
        self._folder.chmod(0o777)
        self.canaries = [self._folder / name for name in ("canary", "results.json", "submission_log.json")]
        for canary in self.canaries:
            canary.write_text("alive")
            canary.chmod(0o666)
        self._listen()
        self._expose()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._stack.close()
        prctl(_PR_SET_CHILD_SUBREAPER, 0)

    def _expose(self) -> None:
        """Starts a victim process."""
        self.victim = self._stack.enter_context(subprocess.Popen(["sleep", "3600"]))
        self._stack.callback(self.victim.kill)

    def _listen(self) -> None:
        tcp = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = tcp.getsockname()[1]
        udp = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", self.port))
        self.path, self.name = str(self._folder / "socket"), f"hostile-{os.getpid()}-{self.port}"
        self._listeners = {"TCP": tcp, "UDP": udp}
        for what, address in (("a Unix socket", self.path), ("an abstract socket", "\0" + self.name)):
            listener = self._stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            listener.bind(address)
            listener.listen()
            self._listeners[what] = listener
        os.chmod(self.path, 0o777)
        for listener in self._listeners.values():
            listener.setblocking(False)

    def before(self) -> None:
        """Records the current state."""
        if self.victim.poll() is not None:
            self._expose()
        self._files = dict(self._look())
        self._family = set(_family())
        self._threads = set(threading.enumerate())
        self._modules = {name for name in sys.modules if name.split(".")[0] == "pupil"}
        if _PEAK.exists():
            _PEAK.write_text("5")  # from now on, the peak counts from now
        self._own_memory = _peak_mb() + GROWTH_MB
        self._childrens_memory = max(self._own_memory, _childrens_peak_mb())  # this peak cannot be reset

    def after(self) -> Iterator[str]:
        """Everything that has changed."""
        yield from (f"left running: {name}" for name in self._left())
        now = dict(self._look())
        for path in sorted(now.keys() | self._files.keys()):
            if now.get(path) != self._files.get(path):
                yield f"{'changed' if path in now and path in self._files else 'new or gone'}: {path}"
        yield from (f"left a thread: {thread.name}" for thread in set(threading.enumerate()) - self._threads)
        yield from (f"reached over {name}" for name in self._reached())
        if self.victim.poll() is not None:
            yield "killed another process"
        if {name for name in sys.modules if name.split(".")[0] == "pupil"} - self._modules:
            yield "was imported by the grader"
        for peak, enough in ((_peak_mb(), self._own_memory), (_childrens_peak_mb(), self._childrens_memory)):
            if peak > enough:
                yield f"made the grader use {peak} MB; expected at most {enough} MB"

    def _look(self) -> Iterator[tuple[str, object]]:
        for folder in self._closed:
            for above, folders, files in os.walk(folder):
                folders[:] = [name for name in folders if os.path.join(above, name) != self._but]
                for name in [*folders, *files]:
                    yield os.path.join(above, name), _state(os.path.join(above, name))
        for place in SHARED:  # other programs write there too
            with suppress(OSError):
                for entry in os.scandir(place):
                    if MARK in entry.name or entry.stat(follow_symlinks=False).st_uid in WORKERS:
                        yield entry.path, _state(entry.path)

    def _left(self) -> list[str]:
        deadline = time.monotonic() + BURIED_WITHIN
        while left := set(_family()) - self._family:
            if time.monotonic() > deadline:
                return [f"process {pid}" for pid, _ in left]
            time.sleep(0.02)
        return []

    def _reached(self) -> Iterator[str]:
        for name, listener in self._listeners.items():
            with suppress(BlockingIOError):
                while True:
                    if listener.type == socket.SOCK_DGRAM:
                        listener.recv(64)
                    else:
                        listener.accept()[0].close()
                    yield name


def _state(path: str) -> object:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    kind = stat.S_ISDIR(status.st_mode)  # the contents of a folder are checked separately
    times = () if kind else (status.st_size, status.st_mtime_ns, status.st_nlink)
    return status.st_ino, status.st_mode, status.st_uid, times


def _family() -> Iterator[tuple[int, float]]:
    """Every live descendant of this process: its id and its start time."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process.pid, process.create_time()


def _childrens_peak_mb() -> int:
    """The peak memory of child processes that have ended. Tests run in these; the workers of the zygote do not."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10


def _peak_mb() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) >> 10
    return 0
