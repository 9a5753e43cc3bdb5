"""Attempts to reach what is forbidden. Each function returns in words what it achieved: nothing, if a promise holds."""

import ctypes
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

LEFT = "left-by-a-probe"
_PTRACE_ATTACH, _PTRACE_DETACH = 16, 17
_PTRACE, _PROCESS_VM_READV = {"x86_64": (101, 310), "aarch64": (117, 270)}.get(os.uname().machine, (-1, -1))
_LIBC = ctypes.CDLL(None, use_errno=True)

Try = tuple[str, Callable[..., object], tuple[Any, ...]]
"""A name, and a function with its arguments. It succeeds unless it raises or returns False."""


def arrive() -> list[str]:
    """Does nothing that is forbidden. Its reply shows that attempts can run at all."""
    return ["arrive"]


def read(paths: list[str]) -> list[str]:
    """Opens files and lists folders that a submission must not read."""
    return _done((f"read {path}", _open_or_list, (path,)) for path in paths)


def _open_or_list(path: str) -> None:
    try:
        os.listdir(path)
    except NotADirectoryError:
        os.close(os.open(path, os.O_RDONLY))


def see(paths: list[str]) -> list[str]:
    """Asks whether files exist."""
    return _done((f"see that {path} exists", os.stat, (path,)) for path in paths)


def write(folders: list[str], files: list[str], canaries: list[str]) -> list[str]:
    """Creates files in folders, opens files for writing, and tries to change or remove the canaries."""
    tries: list[Try] = [(f"create a file in {folder}", _create, (f"{folder}/{LEFT}",)) for folder in folders]
    tries += [(f"write to {file}", _open_for_writing, (file,)) for file in files]
    for file in canaries:
        tries += [
            (f"change the mode of {file}", os.chmod, (file, 0o777)),
            (f"change the times of {file}", os.utime, (file, (0, 0))),
            (f"link to {file}", os.link, (file, file + "-link")),
            (f"cut {file} short", os.truncate, (file, 0)),
            (f"rename {file}", os.rename, (file, file + "~")),
            (f"remove {file}", os.unlink, (file,)),
        ]
    return _done(tries)


def _create(path: str) -> None:
    with open(path, "x") as file:
        file.write("left by a probe\n")


def _open_for_writing(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY))


def memory(pids: list[int]) -> list[str]:
    """Reads the memory, environment and open files of other processes, and traces them."""
    tries: list[Try] = []
    for pid in _others(pids):
        names = ("mem", "environ", "maps", "fd")  # command lines are public; the grader's contain no secrets
        tries += [(f"read /proc/{pid}/{name}", _open_or_list, (f"/proc/{pid}/{name}",)) for name in names]
        tries += [
            (f"trace process {pid}", _trace, (pid,)),
            (f"read the memory of process {pid}", _read_memory, (pid,)),
        ]
    return _done(tries)


def _trace(pid: int) -> bool:
    if _LIBC.syscall(_PTRACE, _PTRACE_ATTACH, pid, 0, 0) != 0:
        return False
    os.waitpid(pid, 0)  # the process is stopped now, and would stay stopped
    _LIBC.syscall(_PTRACE, _PTRACE_DETACH, pid, 0, 0)
    return True


def _read_memory(pid: int) -> bool:
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_void_p * 2)(0x400000, 8)
    # The error "bad address" would mean that reading is permitted.
    one, none = ctypes.c_long(1), ctypes.c_long(0)
    got: int = _LIBC.syscall(_PROCESS_VM_READV, ctypes.c_long(pid), local, one, remote, one, none)
    return got >= 0 or ctypes.get_errno() == errno.EFAULT


def signals(pids: list[int]) -> list[str]:
    """Signals other processes."""
    return _done((f"signal process {pid}", os.kill, (pid, 0)) for pid in _others(pids))


def _others(pids: list[int]) -> list[int]:
    """Without this process itself: in a process namespace, one of the numbers may be its own."""
    return [pid for pid in pids if pid not in (0, os.getpid())]


def descriptors() -> list[str]:
    """Uses open descriptors other than input, output and the connection to the grader."""
    return _done((f"use descriptor {number}", os.fstat, (number,)) for number in range(4, 1024))


def privileges() -> list[str]:
    """Changes its user and gains privileges."""
    return _done(
        [
            ("become root", _become_root, ()),
            ("change its groups", os.setgroups, ([0],)),
            ("change its root folder", os.chroot, (".",)),
            ("mount", lambda: _LIBC.mount(b"none", b"/", None, 0, None) == 0, ()),
            ("make a device", os.mknod, ("device", 0o020666, os.makedev(1, 1))),
            ("raise a limit", resource.setrlimit, (resource.RLIMIT_NOFILE, (1 << 16, 1 << 16))),
        ]
    )


def namespaces() -> list[str]:
    """Makes a user namespace, in which it would be root and could use far more of the kernel."""
    return _done([("make a namespace", lambda: _LIBC.unshare(0x10000000) == 0, ())])


def _become_root() -> bool:
    was = os.geteuid()
    os.setuid(0)
    return was != 0


def processes() -> list[str]:
    """Starts processes. The last one is a daemon that tries to outlive its parent."""
    return _done(
        [
            ("run a program", subprocess.run, ([sys.executable, "-c", ""],)),
            ("start a process", _fork, (lambda: None,)),
            ("leave a daemon", _fork, (_daemon,)),
        ]
    )


def _fork(run: Callable[[], None]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            run()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def _daemon() -> None:
    """Leaves its parent, ignores signals, and keeps the output open that the grader reads."""
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(600)


def connect(port: int, path: str, name: str) -> list[str]:
    """Connects to sockets of this machine: TCP and UDP on `port`, one at `path`, and one with an abstract `name`."""
    loopback = ("127.0.0.1", port)
    return _done(
        [
            ("connect over TCP", _connect, (socket.AF_INET, socket.SOCK_STREAM, loopback)),
            ("send over UDP", _connect, (socket.AF_INET, socket.SOCK_DGRAM, loopback)),
            ("connect to a Unix socket", _connect, (socket.AF_UNIX, socket.SOCK_STREAM, path)),
            ("connect to an abstract socket", _connect, (socket.AF_UNIX, socket.SOCK_STREAM, "\0" + name)),
        ]
    )


def _connect(family: int, kind: int, address: Any) -> None:
    with socket.socket(family, kind) as end:
        end.settimeout(2)
        end.connect(address)
        end.send(b"hello")


def use_gpu() -> list[str]:
    """Computes on a GPU, as a training run would."""
    import torch

    total = torch.ones(2, device="cuda").sum().item()
    return ["compute on the GPU"] if total == 2 else []


def _done(tries: Iterable[Try]) -> list[str]:
    """The names of the tries that succeeded."""
    done = []
    for name, attempt, arguments in tries:
        try:
            if attempt(*arguments) is not False:
                done.append(name)
        except (OSError, ValueError):
            continue  # refused, as it should be
    return done
