"""A worker's life after the fork: lock in, say so, then answer one frame with one frame until the line closes."""

import io
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import torch

from autograder.errors import CallbackError, WireError
from autograder.isolation.lockdown import WorkerContext, lock_down
from autograder.isolation.plan import Layers, Plan, WorkerLimits
from autograder.transport.frames import pack, unpack
from autograder.transport.wire import Frame
from autograder.transport.worker import Worker

LOCKDOWN_FAILED = 70  # exit code


def run(
    plan: Plan,
    layers: Layers,
    limits: WorkerLimits,
    context: WorkerContext,
    line: socket.socket,
    printed: int,
    *,
    gpu: bool,
) -> NoReturn:
    """Never returns: the process ends with the line.

    Args:
        plan: where things are.
        layers: what has to be in force before the submission is imported.
        limits: what may be used up.
        context: this worker's own folders and user.
        line: to the grader.
        printed: descriptor to which output goes.
        gpu: whether a GPU may be used.
    """
    line = _only_these_open(line, printed)
    _settle(context.scratch)
    try:
        lock_down(plan, layers, limits, context, gpu=gpu)
    except Exception as error:
        _send(line, Frame({"unready": f"{type(error).__name__}: {error}"}))
        os._exit(LOCKDOWN_FAILED)
    torch.set_num_threads(plan.threads)
    _send(line, Frame({"ready": True}))
    _serve(line, Worker(Path(context.package), plan.package, peer=_peer(line)))


def _only_these_open(line: socket.socket, printed: int) -> socket.socket:
    """Closes every descriptor that came with the fork but the line, and puts output in its place."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (printed, 1), (printed, 2), (line.detach(), 3)):
        os.dup2(source, target)
    os.closerange(4, 1 << 16)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stdout, sys.stderr = _unbuffered(1), _unbuffered(2)
    return socket.socket(fileno=3)


def _unbuffered(descriptor: int) -> io.TextIOWrapper:
    """Output that is out before the process can die of what comes next."""
    raw = open(descriptor, "wb", buffering=0, closefd=False)  # noqa: SIM115 - lives as long as the process
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)


def _settle(scratch: str) -> None:
    os.environ["HOME"] = os.environ["TMPDIR"] = scratch
    tempfile.tempdir = scratch
    sys.argv = [""]


def _serve(line: socket.socket, worker: Worker) -> NoReturn:
    while True:
        reply = worker.handle(_receive(line))
        try:
            pieces = pack(reply)
        except (WireError, ValueError) as error:  # too large; or a number of more digits than JSON may have
            pieces = pack(Frame({"refused": f"something too large: {error}"}))
        for piece in pieces:
            line.sendall(piece)


def _peer(line: socket.socket) -> Callable[[Frame], Frame]:
    def ask(frame: Frame) -> Frame:
        _send(line, frame)
        answer = _receive(line)
        if "callback_error" in answer.header:
            raise CallbackError(answer.header["callback_error"])
        return answer

    return ask


def _send(line: socket.socket, frame: Frame) -> None:
    for piece in pack(frame):
        line.sendall(piece)


def _receive(line: socket.socket) -> Frame:
    def fill(buffer: Any) -> None:
        while buffer:
            got = line.recv_into(buffer)
            if not got:  # the grader has what it wanted
                os._exit(0)
            buffer = buffer[got:]

    return unpack(fill)
