"""What isolation promises. Each promise is tested by a real attack from a worker, whose effect is observed outside it.

A grade tests the promises that are required before it lets a submission run; `autograder doctor` tests all of them.
A promise holds only if its attack has failed by it. An attack that ends for another reason is tried once more; if it
ends so again, the promise is not tested, and a required one then counts as little as a broken one.
"""

import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import HarnessError
from autograder.isolation.attack_runner import (
    OUTPUT,
    READ_ONLY,
    SCRATCH,
    TIME,
    AttackRunner,
    Inconclusive,
)
from autograder.isolation.probes.attempts import LEFT

SPIN_SECONDS = 2.0

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


@dataclass(frozen=True)
class Result:
    """The result of the attack on one promise.

    Attributes:
        achieved: what a worker achieved, in words.
        untested: why the promise could not be tested; "" if it was.
    """

    achieved: tuple[str, ...] = ()
    untested: str = ""

    @property
    def holds(self) -> bool:
        """Whether the promise was tested, and nothing was achieved."""
        return not self.achieved and not self.untested

    def describe(self, most: int = 5) -> str:
        """In words: "holds", why it is not tested, or up to `most` things that a worker achieved."""
        return f"not tested: {self.untested}" if self.untested else "; ".join(self.achieved[:most]) or "holds"


def _attempt(name: str) -> Attack:
    return lambda runner: runner.attack(name)


def _spin(runner: AttackRunner) -> list[str]:
    return runner.attack("spin", module="exhaustion", held_by=(TIME,), seconds=SPIN_SECONDS)


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


def _limited(attempt: str, little: int, much: int, *held_by: str, memory_mb: int = 1024) -> Attack:
    """An attack that must fail with `much`, by one of the ends `held_by`, and succeed with `little`.

    Otherwise nothing works at all. Only where nothing need be writable, writing little need not succeed.
    """

    def violations(runner: AttackRunner) -> list[str]:
        read_only = SCRATCH in held_by and not runner.isolated.layers.can_write
        ends = (*held_by, READ_ONLY) if read_only else held_by
        done = runner.attack(attempt, much, module="exhaustion", held_by=ends, memory_mb=memory_mb)
        if done or read_only:
            return done
        if not runner.attack(attempt, little, module="exhaustion", held_by=ends, memory_mb=memory_mb):
            raise Inconclusive(f"{attempt} failed with {much}, but also with {little}, which is allowed")
        return []

    return violations


_MEMORY = _limited("take_memory", 64, 1024, "memory", memory_mb=256)
_SHARED_MEMORY = _limited("take_shared_memory", 64, 1024, "memory", memory_mb=256)

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
        _limited("write_large_file", 8, 64, "file size", SCRATCH),
    ),
    Promise(
        "scratch size",
        "The size of all files together is limited.",
        True,
        _limited("write_many_files", 100, 5_000, "file size", SCRATCH),
    ),
    Promise(
        "open files",
        "The number of open files is limited.",
        True,
        _limited("open_files", 50, 1_000, "open files"),
    ),
    Promise(
        "threads",
        "The number of threads is limited.",
        False,
        _limited("start_threads", 20, 500, "processes", "memory"),  # each has a stack
    ),
    Promise("output", "The amount of output is limited.", True, _limited("print_output", 1, 64, OUTPUT)),
)
EXISTENCE = Promise(
    "existence",
    "It cannot be seen which of staff's files exist.",
    False,
    lambda r: r.attack("see", r.secrets),
)


def try_all(runner: AttackRunner, promises: tuple[Promise, ...]) -> dict[str, Result]:
    """Attacks each promise. Gives the results by the promise's name."""
    return {promise.name: _attacked(runner, promise) for promise in promises}


def _attacked(runner: AttackRunner, promise: Promise) -> Result:
    try:
        return Result(tuple(runner.twice(lambda: promise.violations(runner))))
    except HarnessError as error:
        return Result(untested=str(error))
