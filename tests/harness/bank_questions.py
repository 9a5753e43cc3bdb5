"""What a test asks each task of the tiny homework that has a bank of mistakes."""

import torch

from autograder.testing.homework import Homework
from tests.harness.bank_texts import DOUBLE, FLIP, QUADRUPLE, SCALE, SCALED

X = torch.tensor([3.0, -1.0, 0.5])
P = torch.tensor([0.1, 0.4, 0.9])


def double(hw: Homework) -> None:
    hw(DOUBLE)(X)
    hw(DOUBLE)(torch.zeros(2, 2))
    hw(DOUBLE).ask(x=X.double(), grad_of=("x",))


def quadruple(hw: Homework) -> None:
    hw(QUADRUPLE)(X)
    hw(QUADRUPLE).ask(x=2 * X, grad_of=("x",))


def flip(hw: Homework) -> None:
    generator = hw.generator()
    for p in (P, P / 2, P.flip(0)):
        hw(FLIP)(torch.ones(3, 500), p, generator)


def scale(hw: Homework) -> None:
    model = hw.module(SCALE, 3)
    model(X[None])
    model.load_state_dict({"weight": torch.tensor([2.0, 4.0, -8.0])})
    model.ask(x=X[None], grad_of=("self", "x"))


def scaled(hw: Homework) -> None:
    hw(SCALED).ask(model=hw.module(SCALE, 3), x=X[None], grad_of=("model", "x"))


ASK = {DOUBLE: double, QUADRUPLE: quadruple, FLIP: flip, SCALE: scale, SCALED: scaled}
