"""The processes of a running grade, by kind, seen from outside.

| kind | what it is |
| --- | --- |
| grader | the command itself, which keeps the record |
| reader | parses what was handed in |
| guard | starts the zygote, and waits outside its process namespace |
| zygote | forks the workers; without process namespaces it is the guard until it has forked one |
| worker | runs the submission, for one test |
| tests | a process of the pool that runs tests |
"""

import ctypes
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

KINDS = ("grader", "reader", "guard", "zygote", "worker", "tests")
POLL = 0.01  # seconds between two looks
_SETTLED = (
    0.03  # seconds: a child that has just been forked to start another program still looks like its parent
)
_PR_SET_CHILD_SUBREAPER = 36
_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError, ProcessLookupError)


def adopt_orphans() -> None:
    """Makes this process the parent of every process that a grade leaves behind, so that none can be overlooked."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def by_kind(grader: psutil.Process) -> dict[str, list[psutil.Process]]:
    """The live processes of a grade, by kind, each kind in the order of its process ids."""
    found: dict[str, list[psutil.Process]] = {kind: [] for kind in KINDS}
    try:
        command = grader.cmdline()
        children = _children(grader)
    except _GONE:
        return found
    found["grader"].append(grader)
    for child in children:
        try:
            words = child.cmdline()
            if any("autograder.isolation" in word for word in words):
                _zygote(child, found)
            elif any("submission/reader" in word for word in words):
                found["reader"].append(child)
            elif words == command and not _starts_a_program(grader) and child.cmdline() == command:
                found["tests"].append(child)
        except _GONE:  # it ended after it was listed
            continue
    return found


def _starts_a_program(process: psutil.Process) -> bool:
    """Whether it may be waiting in vfork: until its child is another program, the child looks like a copy of it."""
    return bool(process.status() == psutil.STATUS_DISK_SLEEP)


def _zygote(top: psutil.Process, found: dict[str, list[psutil.Process]]) -> None:
    """Sorts the zygote's family: with a process namespace, its first process stays outside as the guard."""
    children = _children(top)
    inside = [child for child in children if _depth(child) > _depth(top)]
    if inside or not children:
        found["guard"].append(top)
        found["zygote"] += inside
        children = [worker for zygote in inside for worker in _children(zygote)]
    else:
        found["zygote"].append(top)
    found["worker"] += [child for child in children if child.status() != psutil.STATUS_ZOMBIE]


def _children(process: psutil.Process) -> list[psutil.Process]:
    """Its children, in the order of their process ids; much cheaper than psutil, which looks at every process."""
    lists = [path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/children")]
    found = []
    for pid in sorted(int(word) for text in lists for word in text.split()):
        with suppress(psutil.NoSuchProcess):  # it ended after it was listed
            found.append(psutil.Process(pid))
    return found


def _depth(process: psutil.Process) -> int:
    """In how many nested process namespaces it is."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(len(line.split()) for line in status.splitlines() if line.startswith("NSpid:"))


def tree(grader: psutil.Process) -> list[psutil.Process]:
    """The grader and all its descendants, parents first; empty if it has ended."""
    try:
        return [grader, *grader.children(recursive=True)]
    except _GONE:
        return []


def send(processes: Iterable[psutil.Process], number: signal.Signals) -> int:
    """Sends a signal to each process that still runs; returns to how many."""
    sent = 0
    for process in processes:
        try:
            process.send_signal(number)
            sent += 1
        except _GONE:
            continue
    return sent


def left_behind(seconds: float) -> list[str]:
    """What still runs below this process after `seconds`, in words; ends it. Call `adopt_orphans` before."""
    end = time.monotonic() + seconds
    while running := _running():
        if time.monotonic() > end:
            break
        time.sleep(POLL)
    words = [f"{process.pid} {_words(process)}" for process in running]
    while processes := _running():
        send(processes, signal.SIGKILL)
        time.sleep(POLL)
    return words


def _running() -> list[psutil.Process]:
    """Descendants that have not ended; those that have are reaped."""
    running = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
            elif process.ppid() == os.getpid():
                os.waitpid(process.pid, os.WNOHANG)
        except (*_GONE, ChildProcessError):
            continue
    return running


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:100]
    except _GONE:
        return "(ended meanwhile)"
