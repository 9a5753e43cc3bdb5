"""Landlock: the kernel restricts this process to the folders and devices that it is given. This needs no privilege.

Landlock does not cover stat, chdir, chmod, utime and extended attributes. `seccomp` refuses those that change
something.
"""

import os
import stat
import struct
from collections.abc import Sequence
from errno import ENOSYS, EOPNOTSUPP, EPERM
from pathlib import Path

from autograder.isolation.kernel import syscalls

# Rights on files, by the version of Landlock that introduced them (include/uapi/linux/landlock.h).
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_CHAR, _MAKE_DIR, _MAKE_REG, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM = (
    1 << bit for bit in range(6, 13)
)
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
_TCP_BIND_AND_CONNECT = {4: 0b11}
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = {6: 0b11}

# No right to execute anywhere: the kernel checks it in execve only, not when a library is mapped.
_READ = _READ_FILE | _READ_DIR
_WRITE = (
    _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _REFER | _TRUNCATE
)
_DEVICE = _READ | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
_OF_ONE_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

_ASK_VERSION, _BENEATH_A_PATH = 1, 1


def abi() -> int:
    """The version of Landlock that the kernel offers; 0 if it is too old, switched off, or blocked by a filter."""
    if not syscalls.supported():
        return 0
    try:
        return syscalls.call("landlock_create_ruleset", None, 0, _ASK_VERSION)
    except OSError as error:
        if error.errno in (ENOSYS, EOPNOTSUPP, EPERM):
            return 0
        raise


def restrict(read: Sequence[Path], write: Sequence[Path], devices: Sequence[Path]) -> None:
    """Restricts this process, and the threads that it starts later, to these paths, for good. Sets no_new_privs.

    Everything else that the kernel's version of Landlock can deny is denied: TCP (version 4), ioctl on other devices
    (5), signals and abstract sockets to processes outside (6). Open files stay open.

    Args:
        read: folders to read, with everything in them, or single files.
        write: folders in which plain files, folders and symbolic links can be read, created, written and removed, or
            single files.
        devices: device files, or folders of them, to read, write and control.

    Raises:
        OSError: a path does not exist or cannot be opened, or the kernel refuses.
        RuntimeError: there is no Landlock here, or other threads are running, which it would not restrict.
    """
    version = abi()
    if not version:
        raise RuntimeError("this kernel has no Landlock")
    if _threads() > 1:
        raise RuntimeError("Landlock would restrict this thread only, and other threads are running")
    files = _known(_FILE_RIGHTS, version)
    attributes = struct.pack(
        "=QQQ",
        files,
        _known(_TCP_BIND_AND_CONNECT, version),
        _known(_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS, version),
    )
    ruleset = syscalls.call("landlock_create_ruleset", attributes, len(attributes), 0)
    try:
        for paths, rights in ((read, _READ), (write, _WRITE), (devices, _DEVICE)):
            for path in paths:
                _allow(ruleset, path, rights & files)
        syscalls.forgo_privileges()
        syscalls.call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _known(rights: dict[int, int], version: int) -> int:
    """The rights that this version of Landlock has."""
    return sum(bits for since, bits in rights.items() if since <= version)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_ONE_FILE
        rule = struct.pack("=Qi", rights, descriptor)  # struct landlock_path_beneath_attr, packed
        syscalls.call("landlock_add_rule", ruleset, _BENEATH_A_PATH, rule, 0)
    finally:
        os.close(descriptor)


def _threads() -> int:
    """How many threads this process has; 1 if /proc is hidden and cannot be read."""
    try:
        return len(os.listdir("/proc/self/task"))
    except FileNotFoundError:
        return 1
