"""Attempts to use more than a worker may. Each function returns in words what it achieved, if it is not stopped."""

import mmap
import os
import signal
import threading
import time


def take_memory(mb: int) -> list[str]:
    """Allocates private memory and writes to it."""
    held = []
    for _ in range(mb // 64):
        held.append(bytearray(b"x" * (64 << 20)))
    return [f"take {mb} MB of memory"] if held else []


def take_shared_memory(mb: int) -> list[str]:
    """Allocates memory that could be shared, and writes to it."""
    area = mmap.mmap(-1, mb << 20)
    for start in range(0, mb << 20, mmap.PAGESIZE):
        area[start] = 1
    return [f"take {mb} MB of shared memory"]


def write_large_file(mb: int) -> list[str]:
    """Writes one large file in its own folder."""
    with open("large", "wb") as file:
        for _ in range(mb):
            file.write(bytes(1 << 20))
    return [f"write a file of {mb} MB"]


def write_many_files(files: int) -> list[str]:
    """Writes many small files."""
    for number in range(files):
        with open(f"small-{number}", "wb") as file:
            file.write(bytes(1 << 16))
    time.sleep(2)  # where the zygote only checks the folder now and then, a check happens meanwhile
    return [f"write {files} files"]


def open_files(files: int) -> list[str]:
    """Opens many descriptors."""
    held = [open(os.devnull) for _ in range(files)]  # noqa: SIM115
    return [f"open {len(held)} files"]


def start_threads(count: int) -> list[str]:
    """Starts threads that go on running."""
    stop = threading.Event()
    for _ in range(count):
        threading.Thread(target=stop.wait, daemon=True).start()
    return [f"start {count} threads"]


def print_output(mb: int) -> list[str]:
    """Prints much."""
    line = "x" * 1023
    for _ in range(mb << 10):
        print(line)
    return [f"print {mb} MB"]


def spin() -> list[str]:
    """Computes without end and ignores every signal that can be ignored."""
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except OSError:
            continue  # the C library reserves this signal
    while True:
        pass
