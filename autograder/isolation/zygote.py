"""The process that every worker is forked from; `start` begins it.

It imports what submissions need once, so that a worker costs a fork. It never sees a test, never runs a line of a
submission, and nobody but its own children comes from it: a worker that has imported a submission forks nobody.

It listens on the plan's descriptor. A message there, with three descriptors (the worker's line to the grader, its life
line, and where it prints), asks for a worker. On the life line the zygote says how the worker ended; when the grader
closes it, or says anything on it, the worker is killed with everything it started.
"""

import gc
import json
import os
import select
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autograder.isolation import layer_detection, warm_up, worker_main
from autograder.isolation.kernel.syscalls import prctl
from autograder.isolation.lockdown import WorkerContext
from autograder.isolation.plan import MAX_SCRATCH_FILES, Layers, Plan, limits_from, to_json

USERS = 4_096
SCAN_INTERVAL = 200  # milliseconds between looks at scratch folders that no file system of their own bounds
_PR_SET_CHILD_SUBREAPER = 36


@dataclass
class WorkerProcess:
    """A worker that lives, or is dead and not buried yet."""

    pid: int
    pidfd: int
    life: socket.socket
    scratch: str
    scratch_mb: int
    limit: str = ""
    dying: bool = False

    def kill(self) -> None:
        """Ends it, and with it all that shares its process namespace; it is buried once it is dead."""
        os.kill(self.pid, signal.SIGKILL)
        self.dying = True


class Zygote:
    """Forks workers, watches them and buries them.

    Args:
        plan: where things are.
        layers: what each worker has to reach.
        control: where requests come from.
        proc: what had to be found out while there was a /proc.
    """

    def __init__(
        self, plan: Plan, layers: Layers, control: socket.socket, proc: layer_detection.ProcState
    ) -> None:
        self._plan = plan
        self._layers = layers
        self._control = control
        self._proc = proc
        self._alive: list[WorkerProcess] = []
        self._count = 0

    def serve(self) -> None:
        """Until the grader closes the line."""
        while True:
            poll = select.poll()
            poll.register(self._control, select.POLLIN)
            for worker in self._alive:
                poll.register(worker.pidfd, select.POLLIN)
                if not worker.dying:
                    poll.register(worker.life, select.POLLIN)
            bounded = self._layers.private_root or not self._alive
            ready = {descriptor for descriptor, _ in poll.poll(None if bounded else SCAN_INTERVAL)}
            if self._control.fileno() in ready and not self._spawn():
                break
            for worker in list(self._alive):
                if worker.pidfd in ready:
                    self._reap(worker)
                elif worker.life.fileno() in ready:
                    worker.kill()
                elif not bounded and not worker.dying and _over_limit(worker):
                    worker.limit = "files"
                    worker.kill()
        for worker in list(self._alive):
            worker.kill()
            self._reap(worker)

    def _spawn(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 3)
        if not message:
            return False
        request: dict[str, Any] = json.loads(message)
        line, life = (socket.socket(fileno=descriptor) for descriptor in descriptors[:2])
        printed = descriptors[2]
        limits = limits_from(request["limits"])
        self._count += 1
        scratch = (
            f"{self._plan.scratch}/{self._count}" if not self._layers.private_root else self._plan.scratch
        )
        first = self._layers.user
        user = None if first is None else first + self._count % USERS
        context = WorkerContext(
            scratch, f"{self._plan.staging}/{request['folder']}", user, self._proc.data, self._proc.mapped
        )
        try:
            if not self._layers.private_root:
                os.mkdir(scratch, 0o700)
                if user is not None:
                    os.chown(scratch, user, user)
            if self._proc.pids:
                self._proc.pids.renew()
            pid = os.fork()
        except OSError as error:
            life.send(json.dumps({"failed": str(error)}).encode())
        else:
            if pid == 0:
                _run_and_exit(
                    lambda: worker_main.run(
                        self._plan, self._layers, limits, context, line, printed, gpu=bool(request["gpu"])
                    )
                )
            self._alive.append(WorkerProcess(pid, os.pidfd_open(pid), life, scratch, limits.scratch_mb))
        line.close()
        os.close(printed)
        return True

    def _reap(self, worker: WorkerProcess) -> None:
        """Waits for a dead or dying worker, ends whatever it left behind, and says how it ended."""
        _, status, used = os.wait4(worker.pid, 0)
        os.close(worker.pidfd)
        self._alive.remove(worker)
        self._kill_orphans()
        if not self._layers.private_root:
            _remove(worker.scratch)
        end = {
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "limit": worker.limit,
        }
        with suppress(BrokenPipeError, ConnectionResetError):  # the grader need not want to know
            worker.life.send(json.dumps(end).encode(), socket.MSG_DONTWAIT)
        worker.life.close()

    def _kill_orphans(self) -> None:
        """Kills every process that came to us as an orphan, and those that come to us by that."""
        known = {worker.pid for worker in self._alive}
        while self._proc.orphans:
            self._proc.orphans.seek(0)
            orphans = {int(word) for word in self._proc.orphans.read().split()} - known
            if not orphans:
                return
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _run_and_exit(life: Any) -> None:
    """Runs a child's life; whatever happens, the child never comes back into the zygote's code."""
    try:
        life()
    finally:
        os._exit(1)


def _over_limit(worker: WorkerProcess) -> bool:
    """Whether a worker has written more into its scratch folder than it may."""
    size = files = 0
    for folder, folders, names in os.walk(worker.scratch):
        files += len(folders) + len(names)
        for name in names:
            with suppress(OSError):  # it is gone again
                size += os.lstat(os.path.join(folder, name)).st_size
        if files > MAX_SCRATCH_FILES or size > worker.scratch_mb * 2**20:
            return True
    return False


def _remove(scratch: str) -> None:
    try:
        os.rmdir(scratch)
    except OSError:  # it holds something, perhaps deeper than Python would follow
        subprocess.run(["rm", "-rf", "--", scratch], check=True, stdout=subprocess.DEVNULL)


def main(plan: Plan, namespaces: tuple[str, ...]) -> None:
    """Warms up, makes the private tree, says what is in force, and serves.

    Args:
        plan: where things are.
        namespaces: those that this process has entered.
    """
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    warm_up.warm_up(plan.imports)
    proc = layer_detection.ProcState(namespaces)
    layers = layer_detection.detect_layers(plan, namespaces)
    control = socket.socket(fileno=plan.control)
    control.send(json.dumps(to_json(layers)).encode())
    gc.collect()
    gc.freeze()
    Zygote(plan, layers, control, proc).serve()
