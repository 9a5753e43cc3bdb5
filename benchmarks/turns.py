"""Measures the time of several ways of doing the same thing, in turns, on one thread, and compares them.

Two clocks run. The thread's clock counts only while the thread computes, so other work on the machine hardly changes
it; on a quiet machine it agrees with the wall clock. Its ratios are compared with the targets, and the ratios of the
wall clock are shown beside them.
"""

import ctypes
import gc
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # from glibc's malloc.h


@dataclass(frozen=True)
class Times:
    """Seconds of one way, turn by turn, by the thread's clock and by the wall clock."""

    thread: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """A ratio and its target.

    Attributes:
        name: what is divided by what.
        ratio: the ratio, by the thread's clock.
        quartiles: the quartiles of the same ratio over the turns.
        wall: the same ratio by the wall clock, from the fastest turn of each way; None if it is not measured.
        target: what the ratio must reach; None if the row has no target.
        at_least: whether the target is a lower bound.
        figures: the numbers from which the ratio is calculated.
    """

    name: str
    ratio: float
    quartiles: tuple[float, float]
    wall: float | None = None
    target: float | None = None
    at_least: bool = False
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the target is reached."""
        return self.target is None or (
            self.ratio >= self.target if self.at_least else self.ratio <= self.target
        )


@contextmanager
def quiet() -> Iterator[None]:
    """One torch thread, no garbage collection, and an allocator that keeps its memory.

    glibc returns large blocks of memory to the system at once. On a virtual machine, fetching them again page by page
    can take as long as the arithmetic on them. Then the result would describe the machine and not the code.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        if not (libc.mallopt(M_MMAP_MAX, 0) and libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)):
            raise OSError("mallopt failed: the allocator would return its memory to the system")
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        torch.set_num_threads(threads)


def take_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """Runs every way once per round, after two rounds that do not count; every second round is in reverse order."""
    times = {name: Times() for name in ways}
    for number in range(-2, rounds):
        for name, way in list(ways.items())[:: 1 if number % 2 else -1]:
            wall, thread = time.perf_counter(), time.thread_time()
            way()
            thread, wall = time.thread_time() - thread, time.perf_counter() - wall
            if number >= 0:
                times[name].thread.append(thread)
                times[name].wall.append(wall)
    return times


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The first and the third quartile."""
    if len(values) < 2:
        return values[0], values[0]
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


def compare(
    name: str,
    above: Times,
    below: Times,
    target: float | None = None,
    at_least: bool = False,
    unit: float = 1.0,
) -> Row:
    """The median of the ratios of two ways, turn by turn, divided by `unit`."""
    ratios = [a / b / unit for a, b in zip(above.thread, below.thread, strict=True)]
    return Row(
        name,
        statistics.median(ratios),
        quartiles(ratios),
        min(above.wall) / min(below.wall) / unit,
        target,
        at_least,
        {
            "above_ms": 1e3 * statistics.median(above.thread),
            "below_ms": 1e3 * statistics.median(below.thread),
        },
    )
