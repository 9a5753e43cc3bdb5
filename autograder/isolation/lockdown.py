"""Locks a freshly forked worker in, before the submission is imported. Fails closed: what is due is read back.

The order matters: what needs a privilege comes first, then privileges go, then the kernel is told to give no more.
"""

import ctypes
import os
import resource
import struct
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
    """A layer that is due was not reached; nothing of the submission may run."""


def lock_down(
    plan: Plan, layers: Layers, limits: WorkerLimits, context: "WorkerContext", *, gpu: bool
) -> None:
    """Gives up everything that the submission must not have.

    Args:
        plan: what may be read.
        layers: what has to be reached.
        limits: what may be used up.
        context: the worker's own folder, submission and user.
        gpu: whether a GPU may be used. (This path has not been measured.)

    Raises:
        LockdownError: a layer that is due is missing.
        OSError: the kernel refused a step.
    """
    if layers.private_root:
        namespaces.private_scratch(
            context.scratch, limits.scratch_mb, MAX_SCRATCH_FILES, context.user or os.getuid()
        )
        if gpu:
            namespaces.fresh_proc()
    os.chdir(context.scratch)
    _limit(limits, context, gpu=gpu)
    if context.user is not None:
        _become(context.user, keep=layers.read_capability > 0)
    _keep_capabilities(layers.read_capability)
    prctl(_PR_SET_DUMPABLE, 0)  # no trace, and /proc entries that belong to root
    prctl(_PR_SET_PDEATHSIG, 9)  # after the change of user, which forgets it
    if layers.landlock:
        devices = [Path(path) for path in namespaces.DEVICES]
        reads = [Path(path) for path in (*plan.visible, context.package)]
        if gpu:
            devices += Path("/dev").glob(GPU_DEVICES.removeprefix("/dev/"))
            reads += [Path(path) for path in GPU_READS if Path(path).exists()]
        landlock.restrict(reads, [Path(context.scratch)], devices)
    if layers.seccomp:
        seccomp.install(gpu=gpu, writes=layers.can_write)
    _read_back(layers, context)


class WorkerContext:
    """Where one worker lives.

    Attributes:
        scratch: its folder to write to.
        package: the folder that it mounts.
        user: its user and group id, or None to stay as it is.
        data: bytes of private memory that it has to begin with.
        mapped: bytes of address space that it has to begin with.
    """

    def __init__(self, scratch: str, package: str, user: int | None, data: int, mapped: int) -> None:
        self.scratch = scratch
        self.package = package
        self.user = user
        self.data = data
        self.mapped = mapped


def _limit(limits: WorkerLimits, context: WorkerContext, *, gpu: bool) -> None:
    rows = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: limits.file_mb * _MB,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if not gpu:
        rows[resource.RLIMIT_DATA] = context.data + limits.memory_mb * _MB
        # Shared memory counts here only; libraries and arenas of threads take address space and no memory.
        rows[resource.RLIMIT_AS] = context.mapped + (limits.memory_mb + 512) * _MB
    if (
        context.user is not None
    ):  # counts all processes of a user: as the grader's own it would count the grader's
        rows[resource.RLIMIT_NPROC] = limits.threads
    for kind, most in rows.items():
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))


def _become(user: int, *, keep: bool) -> None:
    if keep:
        prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _keep_capabilities(wanted: int) -> None:
    header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    call("capset", header, struct.pack("=6I", wanted, wanted, 0, 0, 0, 0))


def capabilities() -> int:
    """Those that this process has in any set, as bits."""
    header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    data = ctypes.create_string_buffer(24)
    call("capget", header, data)
    effective, permitted, inheritable, *high = struct.unpack("=6I", data.raw)
    return int(effective | permitted | inheritable | (high[0] | high[1] | high[2]) << 32)


def _read_back(layers: Layers, context: WorkerContext) -> None:
    user = context.user if context.user is not None else os.getuid()
    due = {
        "another user": os.getresuid() == (user, user, user) and os.getresgid()[0] == os.getresgid()[1],
        "no groups": context.user is None or os.getgroups() == [],
        "no file limit beyond the due one": resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        != resource.RLIM_INFINITY,
        "no capabilities": capabilities() == layers.read_capability,
    }
    if layers.seccomp:
        due["seccomp"] = prctl(_PR_GET_SECCOMP) == _FILTERED
    if layers.landlock or layers.seccomp:
        due["no new privileges"] = prctl(_PR_GET_NO_NEW_PRIVS) == 1
    if layers.landlock:
        due["Landlock"] = not _can_list("/")
    if layers.private_root:
        due["private root"] = not Path("/proc/1").exists() or context.user is None
    missing = [name for name, reached in due.items() if not reached]
    if missing:
        raise LockdownError("not reached: " + ", ".join(missing))


def _can_list(folder: str) -> bool:
    try:
        os.listdir(folder)
    except PermissionError:
        return False
    return True
