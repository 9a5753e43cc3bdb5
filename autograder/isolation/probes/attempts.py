"""What a hostile submission would try. Each function returns in words what it got done: nothing, if a promise holds."""

import ctypes
import errno
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

LEFT = "left-by-a-probe"
_PTRACE_ATTACH, _PTRACE_DETACH = 16, 17
_PTRACE, _PROCESS_VM_READV = {"x86_64": (101, 310), "aarch64": (117, 270)}.get(os.uname().machine, (-1, -1))
_LIBC = ctypes.CDLL(None, use_errno=True)

Try = tuple[str, Callable[..., object], tuple[Any, ...]]
"""A name, and a function with its arguments: it came to something unless it raises or returns False."""


def arrive() -> list[str]:
    """Nothing that is forbidden: who calls this learns that attempts run."""
    return ["arrive"]


def read(paths: list[str]) -> list[str]:
    """Opens files and lists folders that are none of its business."""
    return _done((f"read {path}", _open_or_list, (path,)) for path in paths)


def _open_or_list(path: str) -> None:
    try:
        os.listdir(path)
    except NotADirectoryError:
        os.close(os.open(path, os.O_RDONLY))


def see(paths: list[str]) -> list[str]:
    """Asks whether they exist."""
    return _done((f"see that {path} exists", os.stat, (path,)) for path in paths)


def write(folders: list[str], files: list[str], canaries: list[str]) -> list[str]:
    """Creates files in folders, opens files for writing, and does its worst to canaries."""
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
    """Looks into other processes: their memory, environment, open files; traces them."""
    tries: list[Try] = []
    for pid in _others(pids):
        names = ("mem", "environ", "maps", "fd")  # everybody may read command lines; ours hold nothing
        tries += [(f"read /proc/{pid}/{name}", _open_or_list, (f"/proc/{pid}/{name}",)) for name in names]
        tries += [
            (f"trace process {pid}", _trace, (pid,)),
            (f"read the memory of process {pid}", _read_memory, (pid,)),
        ]
    return _done(tries)


def _trace(pid: int) -> bool:
    if _LIBC.syscall(_PTRACE, _PTRACE_ATTACH, pid, 0, 0) != 0:
        return False
    os.waitpid(pid, 0)  # it is stopped now, and would stay so
    _LIBC.syscall(_PTRACE, _PTRACE_DETACH, pid, 0, 0)
    return True


def _read_memory(pid: int) -> bool:
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_void_p * 2)(0x400000, 8)
    # A bad address would mean that the right to read was there.
    one, none = ctypes.c_long(1), ctypes.c_long(0)
    got: int = _LIBC.syscall(_PROCESS_VM_READV, ctypes.c_long(pid), local, one, remote, one, none)
    return got >= 0 or ctypes.get_errno() == errno.EFAULT


def signals(pids: list[int]) -> list[str]:
    """Signals other processes."""
    return _done((f"signal process {pid}", os.kill, (pid, 0)) for pid in _others(pids))


def _others(pids: list[int]) -> list[int]:
    """In a process namespace, a number may be our own."""
    return [pid for pid in pids if pid not in (0, os.getpid())]


def descriptors() -> list[str]:
    """Open files beyond input, output and the line to the grader."""
    return _done((f"use descriptor {number}", os.fstat, (number,)) for number in range(4, 1024))


def privileges() -> list[str]:
    """Becomes somebody else, gives itself rights."""
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
    """Makes a user namespace, in which it would be root and could reach far more of the kernel."""
    return _done([("make a namespace", lambda: _LIBC.unshare(0x10000000) == 0, ())])


def _become_root() -> bool:
    was = os.geteuid()
    os.setuid(0)
    return was != 0


def processes() -> list[str]:
    """Starts processes; the last one is a daemon that outlives its parent where it can."""
    return _done(
        [
            ("run a program", subprocess.run, ([sys.executable, "-c", ""],)),
            ("start a process", _fork, (lambda: None,)),
            ("leave a daemon", _fork, (_daemon,)),
        ]
    )


def _fork(life: Callable[[], None]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            life()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def _daemon() -> None:
    """Leaves its parent, ignores what may be ignored, and holds on to the output that the grader listens to."""
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(600)


def talk(port: int, path: str, name: str) -> list[str]:
    """Connects to sockets of this machine: TCP and UDP on `port`, one with a `path`, one with an abstract `name`."""
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


# -- taking too much -------------------------------------------------------------------------------------------


def take_memory(mb: int) -> list[str]:
    """Takes memory, of its own and shared, and touches it."""
    held = []
    for _ in range(mb // 64):
        held.append(bytearray(b"x" * (64 << 20)))
    return [f"take {mb} MB of memory"] if held else []


def take_shared_memory(mb: int) -> list[str]:
    """The same with memory that could be shared."""
    area = mmap.mmap(-1, mb << 20)
    for start in range(0, mb << 20, mmap.PAGESIZE):
        area[start] = 1
    return [f"take {mb} MB of shared memory"]


def write_a_lot(mb: int) -> list[str]:
    """One large file in its own folder."""
    with open("large", "wb") as file:
        for _ in range(mb):
            file.write(bytes(1 << 20))
    return [f"write a file of {mb} MB"]


def write_many(files: int) -> list[str]:
    """Many small files, for as long as it may."""
    for number in range(files):
        with open(f"small-{number}", "wb") as file:
            file.write(bytes(1 << 16))
    time.sleep(2)  # a limit that is watched, not enforced, needs a moment
    return [f"write {files} files"]


def open_many(files: int) -> list[str]:
    """Descriptors."""
    held = [open(os.devnull) for _ in range(files)]  # noqa: SIM115
    return [f"open {len(held)} files"]


def start_threads(count: int) -> list[str]:
    """Threads that stay."""
    stop = threading.Event()
    for _ in range(count):
        threading.Thread(target=stop.wait, daemon=True).start()
    return [f"start {count} threads"]


def print_a_lot(mb: int) -> list[str]:
    """Output."""
    line = "x" * 1023
    for _ in range(mb << 10):
        print(line)
    return [f"print {mb} MB"]


def spin() -> list[str]:
    """Computes for ever and ignores every signal that may be ignored."""
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except OSError:
            continue  # reserved by the C library
    while True:
        pass


def _done(tries: Iterable[Try]) -> list[str]:
    """The names of the tries that came to something."""
    done = []
    for name, attempt, arguments in tries:
        try:
            if attempt(*arguments) is not False:
                done.append(name)
        except (OSError, ValueError):
            continue  # refused, which is what is hoped for
    return done
