"""Namespaces of a zygote and its workers, and a file tree that contains only what they need.

The zygote enters them once, before it imports anything. Each worker then gets its own process and mount namespace.
Every function reports what it reached and leaves the rest to other layers; `lockdown` checks what is required.
"""

import os
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from autograder.isolation.kernel.syscalls import call

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_NAMES = {"user": NEWUSER, "mount": NEWNS, "pid": NEWPID, "network": NEWNET, "ipc": NEWIPC}

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_RDONLY, _NOSUID, _NODEV = 1, 2, 4  # of mount_setattr
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def enter_namespaces() -> tuple[str, ...]:
    """Enters new namespaces and returns their names. The caller has one thread, and forks to enter the "pid" one.

    Root makes each namespace that it may. Any other user needs a user namespace to make the others in.
    """
    if os.geteuid() == 0:
        return tuple(name for name, flag in _NAMES.items() if name != "user" and _try_unshare(flag))
    # Some systems (Ubuntu 24.04 and later) grant the namespaces and no rights in them, and there is no way back.
    if exit_code_in_child(_enter_as_user):
        return ()
    _enter_as_user()
    return tuple(_NAMES)


def _enter_as_user() -> None:
    uid, gid = os.getuid(), os.getgid()
    flags = 0
    for flag in _NAMES.values():
        flags |= flag
    call("unshare", flags)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def exit_code_in_child(step: Callable[[], int | None]) -> int:
    """What a step returns in a child of this process, which has one thread; 0 for None, and 2 if it raises."""
    pid = os.fork()
    if pid == 0:
        code = 2
        try:
            code = step() or 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _try_unshare(flags: int) -> bool:
    try:
        call("unshare", flags)
    except OSError:  # not allowed here, or this kernel has no such namespace
        return False
    return True


class NextPidNamespace:
    """Gives each child that is forked after `renew` its own process namespace, in which it is process 1."""

    def __init__(self) -> None:
        self._home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def renew(self) -> None:
        """Must be called before every fork: a process namespace ends with its first process."""
        call("setns", self._home, NEWPID)
        call("unshare", NEWPID)


def build_root(visible: Iterable[str], scratch: str) -> bool:
    """Builds a root of the `visible` paths, read-only, and the `scratch` folder only. Needs a mount namespace.

    Returns:
        Whether it worked. If not, nothing is hidden, and the caller must not rely on it.
    """
    root = Path(scratch) / "root"
    root.mkdir()
    try:
        _mount(None, "/", None, _MS_REC | _MS_PRIVATE)  # the mounts below stay in this namespace
        _mount("tmpfs", str(root), "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
        for path in sorted(set(visible)):
            _bind(path, root, _RDONLY | _NOSUID | _NODEV)
        for path in DEVICES:
            _bind(path, root, _RDONLY | _NOSUID)
        (root / scratch.lstrip("/")).mkdir(parents=True, exist_ok=True)
        _set_attributes(str(root), _RDONLY | _NOSUID | _NODEV, recursive=False)
        os.chdir(root)
        call("pivot_root", b".", b".")
        call("umount2", b".", _MNT_DETACH)
        os.chdir("/")
    except OSError:  # a kernel before 5.12, or a machine that allows namespaces but no mounts
        return False
    return True


def _bind(path: str, root: Path, attributes: int) -> None:
    inside = root / path.lstrip("/")
    if inside.exists():  # it is in a folder that is already visible
        return
    if os.path.isdir(path):
        inside.mkdir(parents=True)
    else:
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.touch()
    _mount(os.path.realpath(path), str(inside), None, _MS_BIND | _MS_REC)
    _set_attributes(str(inside), attributes, recursive=True)


def private_scratch(folder: str, size_mb: int, files: int, owner: int) -> None:
    """Mounts a new file system, which ends with the worker, on a scratch folder. Needs the right to mount."""
    call("unshare", NEWNS)
    options = f"size={size_mb}m,nr_inodes={files},mode=700,uid={owner},gid={owner}"
    _mount("tmpfs", folder, "tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, options)


def fresh_proc() -> None:
    """Mounts a /proc of the worker's own process namespace: the driver of a GPU reads it."""
    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = [os.fsencode(text) if text else None for text in (source, target, kind, options)]
    call("mount", *texts[:3], flags, texts[3])


def _set_attributes(path: str, attributes: int, *, recursive: bool) -> None:
    # struct mount_attr: set, clear, propagation, user namespace
    change = struct.pack("=4Q", attributes, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    call("mount_setattr", _AT_FDCWD, os.fsencode(path), flags, change, len(change))
