"""The zygote: the process from which every worker is forked. `start` starts it.

It imports once what submissions need, so that a worker costs only a fork. It sees no test and runs no line of a
submission. Only the zygote forks workers: a worker that has imported a submission forks no other.

It receives requests on the plan's descriptor. A message with three descriptors asks for a worker: the worker's
connection to the grader, its status socket, and its output. On the status socket the zygote reports how the worker
ended. When the grader closes that socket or sends anything on it, the zygote kills the worker and all that it started.
"""

import gc
import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autograder.isolation import layer_detection, warm_up, worker_main
from autograder.isolation.kernel import huge_pages
from autograder.isolation.kernel.syscalls import prctl
from autograder.isolation.lockdown import WorkerContext
from autograder.isolation.plan import MAX_SCRATCH_FILES, Layers, Plan, limits_from, to_json

USERS = 4_096
SCAN_INTERVAL = 200  # milliseconds between checks of scratch folders whose size no file system limits
_PR_SET_CHILD_SUBREAPER = 36


@dataclass
class WorkerProcess:
    """A worker that runs, or that has ended and is not reaped yet."""

    pid: int
    pidfd: int
    status: socket.socket
    scratch: str
    scratch_mb: int
    limit: str = ""
    dying: bool = False

    def kill(self) -> None:
        """Kills the worker and every process in its process namespace. The zygote reaps it afterwards."""
        os.kill(self.pid, signal.SIGKILL)
        self.dying = True


class Zygote:
    """Forks workers, watches them and reaps them.

    Args:
        plan: the paths.
        layers: what each worker must reach.
        control: the socket on which requests arrive.
        proc: what was read from /proc before the root folder changed.
    """

    def __init__(
        self, plan: Plan, layers: Layers, control: socket.socket, proc: layer_detection.ProcState
    ) -> None:
        self._plan = plan
        self._layers = layers
        self._control = control
        self._proc = proc
        self._workers: list[WorkerProcess] = []
        self._count = 0

    def serve(self) -> None:
        """Serves requests until the grader closes the control socket."""
        while True:
            poll = select.poll()
            poll.register(self._control, select.POLLIN)
            for worker in self._workers:
                poll.register(worker.pidfd, select.POLLIN)
                if not worker.dying:
                    poll.register(worker.status, select.POLLIN)
            bounded = self._layers.private_root or not self._workers
            ready = {descriptor for descriptor, _ in poll.poll(None if bounded else SCAN_INTERVAL)}
            if self._control.fileno() in ready and not self._spawn():
                break
            for worker in list(self._workers):
                if worker.pidfd in ready:
                    self._reap(worker)
                elif worker.status.fileno() in ready:
                    worker.kill()
                elif not bounded and not worker.dying and _over_limit(worker):
                    worker.limit = "files"
                    worker.kill()
        for worker in list(self._workers):
            worker.kill()
            self._reap(worker)

    def _spawn(self) -> bool:
        """Forks the worker that the next request asks for. Returns False if the grader has closed the socket."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 3)
        if not message:
            return False
        request: dict[str, Any] = json.loads(message)
        frames, status = (socket.socket(fileno=descriptor) for descriptor in descriptors[:2])
        output = descriptors[2]
        limits = limits_from(request["limits"])
        self._count += 1
        context = self._context(request["folder"])
        try:
            if not self._layers.private_root:
                os.mkdir(context.scratch, 0o700)
                if context.user is not None:
                    os.chown(context.scratch, context.user, context.user)
            if self._proc.pids:
                self._proc.pids.renew()
            pid = os.fork()
        except OSError as error:
            status.send(json.dumps({"failed": str(error)}).encode())
        else:
            if pid == 0:
                gpu = bool(request["gpu"])
                _run_and_exit(
                    lambda: worker_main.run(
                        self._plan, self._layers, limits, context, frames, output, gpu=gpu
                    )
                )
            worker = WorkerProcess(pid, os.pidfd_open(pid), status, context.scratch, limits.scratch_mb)
            self._workers.append(worker)
        frames.close()
        os.close(output)
        return True

    def _context(self, folder: str) -> WorkerContext:
        """The folders and the user of the next worker."""
        own = "" if self._layers.private_root else f"/{self._count}"
        first = self._layers.user
        return WorkerContext(
            scratch=self._plan.scratch + own,
            package=f"{self._plan.staging}/{folder}",
            user=None if first is None else first + self._count % USERS,
            data=self._proc.data,
            mapped=self._proc.mapped,
        )

    def _reap(self, worker: WorkerProcess) -> None:
        """Waits for a worker that ends, kills every process that it left behind, and reports how it ended."""
        _, status, used = os.wait4(worker.pid, 0)
        os.close(worker.pidfd)
        self._workers.remove(worker)
        self._kill_orphans()
        if not self._layers.private_root:
            _remove(worker.scratch)
        end = {
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "limit": worker.limit,
        }
        with suppress(BrokenPipeError, ConnectionResetError):  # the grader may have closed the socket
            worker.status.send(json.dumps(end).encode(), socket.MSG_DONTWAIT)
        worker.status.close()

    def _kill_orphans(self) -> None:
        """Kills every orphan that became a child of this process, and the orphans that this makes in turn."""
        known = {worker.pid for worker in self._workers}
        while self._proc.orphans:
            self._proc.orphans.seek(0)
            orphans = {int(word) for word in self._proc.orphans.read().split()} - known
            if not orphans:
                return
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _run_and_exit(run: Callable[[], object]) -> None:
    """Runs the code of a child. Whatever happens, the child never returns to the zygote's code."""
    try:
        run()
    finally:
        os._exit(1)


def _over_limit(worker: WorkerProcess) -> bool:
    """Whether a worker has written more into its scratch folder than it may."""
    size = files = 0
    for folder, folders, names in os.walk(worker.scratch):
        files += len(folders) + len(names)
        for name in names:
            with suppress(OSError):  # the file was removed meanwhile
                size += os.lstat(os.path.join(folder, name)).st_size
        if files > MAX_SCRATCH_FILES or size > worker.scratch_mb * 2**20:
            return True
    return False


def _remove(scratch: str) -> None:
    try:
        os.rmdir(scratch)
    except OSError:  # it is not empty, and may be nested deeper than Python can follow
        subprocess.run(["rm", "-rf", "--", scratch], check=True, stdout=subprocess.DEVNULL)


def main(plan: Plan, entered: tuple[str, ...]) -> None:
    """Warms up, builds the private file tree, reports the layers in force, and serves requests.

    Args:
        plan: the paths.
        entered: the namespaces that this process has entered.
    """
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    warm_up.warm_up(plan.imports)
    gc.collect()
    gc.freeze()
    huge_pages.use_huge_pages()
    proc = layer_detection.ProcState(entered)
    layers = layer_detection.detect_layers(plan, entered)
    control = socket.socket(fileno=plan.control)
    control.send(json.dumps(to_json(layers)).encode())
    Zygote(plan, layers, control, proc).serve()
