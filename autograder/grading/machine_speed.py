"""Measures how fast this machine is, so that limits of time written for one machine are fair on a slower one.

The measured work looks like what the limits bound: many small torch operations with gradients, a convolution, processes
that are forked, and imports. Processor time is measured, not the clock, so other programs change the figure little.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Callable

import torch

from autograder.assignment.manifest import Manifest
from autograder.errors import HarnessError

REPETITIONS = 3
IMPORT = [
    sys.executable,
    "-I",
    "-S",
    "-c",
    "import logging",
]  # pure Python, as are the modules that it imports


def slowness(manifest: Manifest) -> float:
    """How many times slower this machine is than the one for which the manifest's limits were written; at least 1.

    `speed` in its `[limits]` is the figure of `measure` on that machine. Without it, the limits hold as they are.

    Raises:
        HarnessError: no process can be started here.
    """
    if "speed" not in manifest.limits:
        return 1.0
    return max(1.0, round(measure() / manifest.limits["speed"], 2))


def measure() -> float:
    """Seconds of processor time for a fixed piece of work, its child processes included; takes about 0.3 s.

    Each part counts with its fastest repetition. Torch uses one thread meanwhile; no random state changes.

    Raises:
        HarnessError: no process can be started here.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return sum(_fastest(part) for part in (_small_operations, _convolutions, _fork, _import))
    except (OSError, subprocess.CalledProcessError) as error:
        raise HarnessError(f"the speed of this machine cannot be measured: {error}") from error
    finally:
        torch.set_num_threads(threads)


def _fastest(part: Callable[[], None]) -> float:
    seconds = []
    for _ in range(REPETITIONS):
        before = _processor_seconds()
        part()
        seconds.append(_processor_seconds() - before)
    return min(seconds)


def _processor_seconds() -> float:
    """Of this process and of its children that have ended, in user and kernel mode."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _small_operations() -> None:
    weight = torch.linspace(-1, 1, 256).reshape(16, 16).requires_grad_()
    x = torch.linspace(0, 1, 128).reshape(8, 16)
    for _ in range(120):
        loss = (torch.tanh(x @ weight).softmax(-1) * x).sum()
        torch.autograd.grad(loss, weight)


def _convolutions() -> None:
    weight = torch.linspace(-1, 1, 2304).reshape(16, 16, 3, 3).requires_grad_()
    x = torch.linspace(0, 1, 65536).reshape(16, 16, 16, 16)
    for _ in range(8):
        torch.autograd.grad(torch.nn.functional.conv2d(x, weight, padding=1).square().sum(), weight)


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _import() -> None:
    subprocess.run(IMPORT, check=True, capture_output=True)
