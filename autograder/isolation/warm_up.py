"""What a zygote does before its first fork, so that no worker has to: imports, and the first use of slow things.

With one thread from the first operation on: after a parallel region in the parent, those of every child would hang.
"""

import importlib
import os
from collections.abc import Iterable

import torch

from autograder.transport.frames import pack, unpack
from autograder.transport.wire import Decoder, Encoder


def warm_up(imports: Iterable[str]) -> None:
    """Imports the modules and takes one training step.

    Raises:
        ImportError: a module is not installed.
        RuntimeError: something started a thread; a fork would then copy locks that nobody ever opens.
    """
    torch.set_num_threads(1)
    for name in imports:
        importlib.import_module(name)
    weight = torch.nn.Parameter(torch.ones(2, 2))
    optimizer = torch.optim.Adam([weight])  # the first optimizer of a process costs more than a second
    torch.autograd.grad((weight * weight).sum(), weight)
    torch.nn.functional.conv2d(
        torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3)
    )  # looks at the processor, in /proc
    (weight @ weight).sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
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
        raise RuntimeError(f"{threads} threads run after importing {', '.join(imports)}")


def files() -> list[str]:
    """Files that a worker reads if it can read Python and its packages at all."""
    return [os.__file__, torch.__file__]
