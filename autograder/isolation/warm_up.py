"""What a zygote does before its first fork, so that workers need not do it: imports, and the first use of slow parts.

It uses one thread from the first operation on: after a parallel region in the parent, every parallel region in a
child hangs.
"""

import importlib
import os
from collections.abc import Iterable

import torch

from autograder.transport.frames import pack, unpack
from autograder.transport.global_state import GlobalState
from autograder.transport.wire import Decoder, Encoder


def warm_up(imports: Iterable[str]) -> None:
    """Imports the modules and takes one training step.

    Raises:
        ImportError: a module is not installed.
        RuntimeError: something started a thread. A fork could then copy a lock that is never released.
    """
    torch.set_num_threads(1)
    for name in imports:
        importlib.import_module(name)
    weight = torch.nn.Parameter(torch.ones(2, 2))
    optimizer = torch.optim.Adam([weight])  # the first optimizer of a process takes more than a second
    torch.autograd.grad((weight * weight).sum(), weight)
    # The first convolution reads the processor's features from /proc.
    torch.nn.functional.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3))
    (weight @ weight).sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    GlobalState().restore()  # the first look at NumPy's generator loads a library
    encode = Encoder()
    stream = memoryview(b"".join(pack(encode.frame(value=encode(weight)))))
    position = 0

    def fill(buffer: memoryview) -> None:
        nonlocal position
        buffer[:] = stream[position : position + len(buffer)]
        position += len(buffer)

    frame = unpack(fill)
    Decoder(frame)(frame.header["value"])
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        raise RuntimeError(f"{threads} threads are running after the import of {', '.join(imports)}")


def needed_files() -> list[str]:
    """One file of Python and one of torch: a worker that can read both can read Python and its packages."""
    return [os.__file__, torch.__file__]
