"""Locks a freshly forked worker down before it imports the submission. Fails closed: every required layer is checked.

The order matters: steps that need a privilege come first, then privileges are dropped, then the kernel is told to
grant no new ones.
"""

import ctypes
import os
import resource
import struct
from dataclasses import dataclass
from pathlib import Path

from autograder.isolation.kernel import landlock, namespaces, seccomp
from autograder.isolation.kernel.syscalls import call, prctl
from autograder.isolation.plan import MAX_SCRATCH_FILES, Layers, Plan, WorkerLimits

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS = 1, 4, 8
_PR_GET_NO_NEW_PRIVS, _PR_GET_SECCOMP = 39, 21
_CAPABILITIES_VERSION = 0x20080522
_FILTERED = 2
_MB = 2**20
GPU_DEVICES = "/dev/nvidia*"
GPU_READS = ("/proc", "/sys", "/etc")


class LockdownError(Exception):
    """A required layer was not reached; nothing of the submission may run."""


@dataclass(frozen=True)
class WorkerContext:
    """The folders, the user and the initial size of one worker.

    Attributes:
        scratch: the folder that it may write to.
        package: the folder that it mounts.
        user: its user and group id, or None to keep the current ones.
        data: bytes of private memory that it has at the start.
        mapped: bytes of address space that it has at the start.
    """

    scratch: str
    package: str
    user: int | None
    data: int
    mapped: int


def lock_down(plan: Plan, layers: Layers, limits: WorkerLimits, context: WorkerContext, *, gpu: bool) -> None:
    """Gives up everything that the submission must not have.

    Args:
        plan: what the worker may read.
        layers: what it must reach.
        limits: what it may use.
        context: its own folder, submission and user.
        gpu: whether it may use a GPU. (This path has not been measured.)

    Raises:
        LockdownError: a required layer is missing.
        OSError: the kernel refused a step.
    """
    if layers.private_root:
        namespaces.private_scratch(
            context.scratch, limits.scratch_mb, MAX_SCRATCH_FILES, context.user or os.getuid()
        )
        if gpu:
            namespaces.fresh_proc()
    os.chdir(context.scratch)
    _set_limits(limits, context, gpu=gpu)
    if context.user is not None:
        _change_user(context.user, keep=layers.read_capability > 0)
    _keep_capabilities(layers.read_capability)
    prctl(_PR_SET_DUMPABLE, 0)  # nobody may trace it, and its /proc entries belong to root
    prctl(_PR_SET_PDEATHSIG, 9)  # after the change of user, which resets it
    if layers.landlock:
        devices = [Path(path) for path in namespaces.DEVICES]
        reads = [Path(path) for path in (*plan.visible, context.package)]
        if gpu:
            devices += Path("/dev").glob(GPU_DEVICES.removeprefix("/dev/"))
            reads += [Path(path) for path in GPU_READS if Path(path).exists()]
        landlock.restrict(reads, [Path(context.scratch)], devices)
    if layers.seccomp:
        seccomp.install(gpu=gpu, writes=layers.can_write)
    _check_reached(layers, context)


def _set_limits(limits: WorkerLimits, context: WorkerContext, *, gpu: bool) -> None:
    rows = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: limits.file_mb * _MB,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if not gpu:
        rows[resource.RLIMIT_DATA] = context.data + limits.memory_mb * _MB
        # Only this limit counts shared memory. Libraries and the arenas of threads use address space but no memory.
        rows[resource.RLIMIT_AS] = context.mapped + (limits.memory_mb + 512) * _MB
    # This limit counts all processes of a user: for the grader's own user it would count the grader's processes.
    if context.user is not None:
        rows[resource.RLIMIT_NPROC] = limits.threads
    for kind, limit in rows.items():
        hard = resource.getrlimit(kind)[1]
        value = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        # At the lower limit of processor time SIGXCPU names the reason; who ignores it is killed a second later.
        more = kind == resource.RLIMIT_CPU and value != hard
        resource.setrlimit(kind, (value, value + more))


def _change_user(user: int, *, keep: bool) -> None:
    if keep:
        prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _keep_capabilities(wanted: int) -> None:
    header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    call("capset", header, struct.pack("=6I", wanted, wanted, 0, 0, 0, 0))


def capabilities() -> int:
    """The capabilities that this process has in any set, as bits."""
    header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    data = ctypes.create_string_buffer(24)
    call("capget", header, data)
    effective, permitted, inheritable, *high = struct.unpack("=6I", data.raw)
    return int(effective | permitted | inheritable | (high[0] | high[1] | high[2]) << 32)


def _check_reached(layers: Layers, context: WorkerContext) -> None:
    user = context.user if context.user is not None else os.getuid()
    reached = {
        "another user": os.getresuid() == (user, user, user) and os.getresgid()[0] == os.getresgid()[1],
        "no groups": context.user is None or os.getgroups() == [],
        "a limit of file size": resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY,
        "no capabilities": capabilities() == layers.read_capability,
    }
    if layers.seccomp:
        reached["seccomp"] = prctl(_PR_GET_SECCOMP) == _FILTERED
    if layers.landlock or layers.seccomp:
        reached["no new privileges"] = prctl(_PR_GET_NO_NEW_PRIVS) == 1
    if layers.landlock:
        reached["Landlock"] = not _can_list("/")
    if layers.private_root:
        reached["private root"] = not Path("/proc/1").exists() or context.user is None
    missing = [name for name, holds in reached.items() if not holds]
    if missing:
        raise LockdownError("not reached: " + ", ".join(missing))


def _can_list(folder: str) -> bool:
    try:
        os.listdir(folder)
    except PermissionError:
        return False
    return True
