"""The main function of a worker after the fork: it locks itself down, reports that it is ready, and answers requests.

It answers one frame with one frame until the grader closes the connection.
"""

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
    frames: socket.socket,
    output: int,
    *,
    gpu: bool,
) -> NoReturn:
    """Never returns: the process ends when the connection closes.

    Args:
        plan: the paths.
        layers: what must be in force before the submission is imported.
        limits: what this worker may use.
        context: this worker's own folders and user.
        frames: connection to the grader.
        output: descriptor to which the worker prints.
        gpu: whether it may use a GPU.
    """
    connection = _close_other_descriptors(frames, output)
    _use_scratch_folder(context.scratch)
    try:
        lock_down(plan, layers, limits, context, gpu=gpu)
    except Exception as error:
        _send(connection, Frame({"unready": f"{type(error).__name__}: {error}"}))
        os._exit(LOCKDOWN_FAILED)
    torch.set_num_threads(plan.threads)
    _send(connection, Frame({"ready": True}))
    _serve(connection, Worker(Path(context.package), plan.package, peer=_peer(connection)))


def _close_other_descriptors(frames: socket.socket, output: int) -> socket.socket:
    """Closes every inherited descriptor except the connection and the output; returns the connection."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2), (frames.detach(), 3)):
        os.dup2(source, target)
    os.closerange(4, 1 << 16)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - open as long as the process lives
    sys.stdout, sys.stderr = _unbuffered(1), _unbuffered(2)
    return socket.socket(fileno=3)


def _unbuffered(descriptor: int) -> io.TextIOWrapper:
    """A text stream without a buffer, so that nothing printed is lost if the process dies right afterwards."""
    raw = open(descriptor, "wb", buffering=0, closefd=False)  # noqa: SIM115 - open as long as the process lives
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)


def _use_scratch_folder(scratch: str) -> None:
    """Makes `scratch` the home folder and the folder of temporary files."""
    os.environ["HOME"] = os.environ["TMPDIR"] = scratch
    tempfile.tempdir = scratch
    sys.argv = [""]


def _serve(connection: socket.socket, worker: Worker) -> NoReturn:
    while True:
        reply = worker.handle(_receive(connection))
        try:
            pieces = pack(reply)
        except (WireError, ValueError) as error:  # too large, or an integer with more digits than JSON allows
            pieces = pack(Frame({"refused": f"something too large: {error}"}))
        for piece in pieces:
            connection.sendall(piece)


def _peer(connection: socket.socket) -> Callable[[Frame], Frame]:
    """Returns a function that sends a request to the grader and returns the answer."""

    def ask(frame: Frame) -> Frame:
        _send(connection, frame)
        answer = _receive(connection)
        if "callback_error" in answer.header:
            raise CallbackError(answer.header["callback_error"])
        return answer

    return ask


def _send(connection: socket.socket, frame: Frame) -> None:
    for piece in pack(frame):
        connection.sendall(piece)


def _receive(connection: socket.socket) -> Frame:
    def fill(buffer: Any) -> None:
        while buffer:
            got = connection.recv_into(buffer)
            if not got:  # the grader has closed the connection
                os._exit(0)
            buffer = buffer[got:]

    return unpack(fill)
