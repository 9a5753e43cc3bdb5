"""What isolation promises. Each promise is tested by a real attack from a worker, whose effect is observed outside it.

A grade tests the promises that are required before it lets a submission run; `autograder doctor` tests all of them.
"""

import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.isolation.attack_runner import AttackRunner
from autograder.isolation.probes.attempts import LEFT

SPIN_SECONDS = 1.0

Attack = Callable[[AttackRunner], list[str]]
"""Attacks one promise and returns what a worker achieved against it, in words."""


@dataclass(frozen=True)
class Promise:
    """One thing that a submission cannot do.

    Attributes:
        name: one to three words.
        sentence: the promise as a sentence.
        required: whether nothing is graded if it does not hold.
        violations: attacks it and returns what a worker achieved; an empty list if the promise holds.
    """

    name: str
    sentence: str
    required: bool
    violations: Attack


def _attempt(name: str) -> Attack:
    return lambda runner: runner.attack(name)


def _spin(runner: AttackRunner) -> list[str]:
    return runner.attack("spin", module="exhaustion", seconds=SPIN_SECONDS)


def _write(runner: AttackRunner) -> list[str]:
    candidates = [
        *(sys.prefix, "/tmp", "/var/tmp", "/dev/shm", str(Path.home())),
        *runner.secrets,
        runner.isolated.staging,
    ]
    folders = [path for path in candidates if os.path.isdir(path)] + [str(runner.canary_folder)]
    files = [path for path in runner.secrets if os.path.isfile(path)]
    before = os.stat(runner.canary)
    done = runner.attack("write", folders, files, [str(runner.canary)])
    for folder in folders:
        with suppress(FileNotFoundError):
            os.unlink(f"{folder}/{LEFT}")
            done.append(f"leave a file in {folder}")
    unchanged = (
        runner.canary.exists() and os.stat(runner.canary) == before and runner.canary.read_text() == "alive"
    )
    return done if unchanged or done else ["harm a file"]


def _connect(runner: AttackRunner) -> list[str]:
    done = runner.attack("connect", runner.port, runner.path, runner.name)
    for listener in runner.listeners:
        listener.setblocking(False)
        with suppress(BlockingIOError):
            if listener.type == socket.SOCK_DGRAM:
                listener.recv(64)
            else:
                listener.accept()[0].close()
            done.append(f"reach {listener.getsockname()!r}")
    return done


def _limited(attempt: str, little: int, much: int, *, memory_mb: int = 1024, writes: bool = False) -> Attack:
    """An attack that must fail with `much` and succeed with `little`: otherwise nothing works at all."""

    def violations(runner: AttackRunner) -> list[str]:
        done = runner.attack(attempt, much, module="exhaustion", memory_mb=memory_mb)
        if writes and not runner.isolated.layers.can_write:  # a worker can write nothing at all there
            return done
        allowed = runner.attack(attempt, little, module="exhaustion", memory_mb=memory_mb)
        return done if allowed else [*done, f"not even {attempt}({little})"]

    return violations


_MEMORY = _limited("take_memory", 64, 1024, memory_mb=256)
_SHARED_MEMORY = _limited("take_shared_memory", 64, 1024, memory_mb=256)

PROMISES = (
    Promise("secrets", "Staff's files cannot be read.", True, lambda r: r.attack("read", r.secrets)),
    Promise("memory", "No other process can be inspected.", True, lambda r: r.attack("memory", r.pids)),
    Promise("signals", "No other process can be signalled.", True, lambda r: r.attack("signals", r.pids)),
    Promise("descriptors", "No open file of the grader is inherited.", True, _attempt("descriptors")),
    Promise("privileges", "No privilege can be gained.", True, _attempt("privileges")),
    Promise("files", "Nothing is written outside the scratch folder.", True, _write),
    Promise("network", "No connection can be made, over the network or on the machine.", True, _connect),
    Promise("namespaces", "No namespace can be made.", False, _attempt("namespaces")),
    Promise("processes", "No process can be started.", False, _attempt("processes")),
    Promise("leftovers", "No process stays alive.", True, lambda r: r.attack_and_end("processes")),
)
LIMITS = (
    Promise("time", "An endless computation is stopped.", True, _spin),
    Promise("memory limit", "Memory is limited.", True, _MEMORY),
    Promise("shared memory limit", "Shared memory is limited.", True, _SHARED_MEMORY),
    Promise(
        "file size",
        "The size of one file is limited.",
        True,
        _limited("write_large_file", 8, 64, writes=True),
    ),
    Promise(
        "scratch size",
        "The size of all files together is limited.",
        True,
        _limited("write_many_files", 100, 5_000, writes=True),
    ),
    Promise("open files", "The number of open files is limited.", True, _limited("open_files", 50, 1_000)),
    Promise("threads", "The number of threads is limited.", False, _limited("start_threads", 20, 500)),
    Promise("output", "The amount of output is limited.", True, _limited("print_output", 1, 64)),
)
EXISTENCE = Promise(
    "existence",
    "It cannot be seen which of staff's files exist.",
    False,
    lambda r: r.attack("see", r.secrets),
)


def try_all(runner: AttackRunner, promises: tuple[Promise, ...]) -> dict[str, list[str]]:
    """What a worker achieved against each promise: an empty list if the promise holds."""
    return {promise.name: promise.violations(runner) for promise in promises}
