"""Times several ways of doing the same thing in turns, on one thread, and compares them.

Two clocks run. The thread's own counts only while the thread computes, so other work on the machine hardly moves it;
on a quiet machine it is the clock on the wall. Ratios are judged by it, and those of the wall stand beside.
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

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h


@dataclass(frozen=True)
class Times:
    """Seconds of one way, turn by turn: of the thread, and on the wall."""

    thread: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """A ratio and what it has to be.

    Attributes:
        name: what is divided by what.
        ratio: the figure, by the thread's clock.
        quartiles: of the same ratio over the turns.
        wall: the same ratio by the clock on the wall, from the fastest turn of each; None where it says nothing.
        end: what the ratio has to reach; None where it only informs.
        at_least: whether the end is a lower bound.
        figures: what the ratio was made from.
    """

    name: str
    ratio: float
    quartiles: tuple[float, float]
    wall: float | None = None
    end: float | None = None
    at_least: bool = False
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the end is reached."""
        return self.end is None or (self.ratio >= self.end if self.at_least else self.ratio <= self.end)


@contextmanager
def quiet() -> Iterator[None]:
    """One torch thread, no garbage collection, and an allocator that keeps its memory.

    glibc gives large blocks back at once. On a virtual machine to fetch them again, page by page, can take as long as
    the arithmetic on them, which would be a figure of the machine and not of the code.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        if not (libc.mallopt(M_MMAP_MAX, 0) and libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)):
            raise OSError("mallopt refused: the allocator would give its memory back")
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        torch.set_num_threads(threads)


def take_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """Runs every way once a round, after two turns that do not count; every second round goes backwards."""
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
    """The first and the third."""
    if len(values) < 2:
        return values[0], values[0]
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


def compare(
    name: str,
    above: Times,
    below: Times,
    end: float | None = None,
    at_least: bool = False,
    unit: float = 1.0,
) -> Row:
    """The ratio of two ways, turn by turn, in units of `unit`; its median counts."""
    ratios = [a / b / unit for a, b in zip(above.thread, below.thread, strict=True)]
    return Row(
        name,
        statistics.median(ratios),
        quartiles(ratios),
        min(above.wall) / min(below.wall) / unit,
        end,
        at_least,
        {
            "above_ms": 1e3 * statistics.median(above.thread),
            "below_ms": 1e3 * statistics.median(below.thread),
        },
    )
