"""The examiner takes whatever a worker replies, and never fails on it."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
import torch

from autograder.errors import Stopped
from autograder.misconceptions.bank import FAILURES
from autograder.testing.homework import Homework
from autograder.transport.session import Session
from autograder.transport.wire import Encoder, Frame
from tests.harness.bank_questions import P, double, flip, scale, scaled
from tests.harness.bank_texts import FLIP, SCALE
from tests.harness.banked import Banked
from tests.harness.examination import Examination

Answer = Callable[[Frame], Frame]


def forged(value: Any = None, **nodes: Any) -> Answer:
    """A reply with this value and, by name, nodes that no worker would send."""
    encode = Encoder()
    empty = {"gradients": encode({}), "arguments": encode(()), "keywords": encode({})}
    return lambda frame: encode.frame(**{"value": encode(value), **empty, **nodes})


def echo(frame: Frame) -> Frame:
    """The arguments as they were, and the first of them as the value."""
    header = frame.header
    positional = header.get("args", {}).get("tuple", [])
    after = {"arguments": header.get("args"), "keywords": header.get("kwargs")}
    return Frame({"value": next(iter(positional), None), "gradients": {"dict": []}, **after}, frame.storages)


COINS = -torch.ones(3, 500)
REPLIES: Mapping[str, Answer] = {
    "echo": echo,
    "nothing": lambda frame: Frame({}),
    "an error of a number": lambda frame: Frame({"error": 3}),
    "an error without a name": lambda frame: Frame({"error": {}}),
    "an error of lists": lambda frame: Frame({"error": {"kind": [1], "message": {"a": 1}, "frames": 3}}),
    "a refusal of nothing": lambda frame: Frame({"refused": ""}),
    "a list of gradients": forged(COINS, gradients={"list": [1]}),
    "no gradients": forged(COINS, gradients=None),
    "deep gradients": forged(COINS, gradients={"dict": [["x", {"dict": [["y", {"dict": [["z", 3]]}]]}]]}),
    "a number of arguments": forged(COINS, arguments=3, keywords="x"),
    "generators": forged(COINS, arguments=Encoder()([None] * 3)),
    "a handle that is none": forged(**{"value": {"handle": 10**30}}),
    "a handle before the first": forged(**{"value": {"handle": -1}}),
    "a callback": forged(**{"value": {"callback": 0}}),
    "a number that is none": forged(**{"value": {"float": "0x1p99999"}}),
    "a tensor without a storage": forged(**{"value": {"tensor": {}}}),
    "a number of hundreds of digits": forged(10**400),
    "a key twice": forged(**{"value": {"dict": [["a", 1], ["a", 2]]}}),
    "a request": lambda frame: Frame({"op": "callback"}),
}


class Liar:
    """Opens sessions with nobody: their replies come from a list, over and over."""

    def __init__(self, answers: list[Answer]) -> None:
        self._answers: Iterator[Answer] = itertools.cycle(answers)

    def open(
        self, seed: int, seconds: float, overrides: Mapping[str, Callable], *, memory_mb: int, gpu: bool
    ) -> Session:
        return Session(lambda frame: next(self._answers)(frame), seed)


def ask_all(hw: Homework) -> None:
    for ask in (double, flip, scale, scaled, lambda hw: hw(FLIP)(-COINS, P, hw.generator())):
        with suppress(Exception, Stopped):
            ask(hw)


@pytest.mark.parametrize("name", REPLIES)
def test_whatever_a_worker_says_can_be_examined(banked: Banked, name: str) -> None:
    for task in (FLIP, SCALE):
        for answers in ([REPLIES[name]], [REPLIES[name], echo]):
            finding = Examination(banked, task, ask_all, transport=Liar(answers)).finding()
            assert finding is None or finding.failure in FAILURES
