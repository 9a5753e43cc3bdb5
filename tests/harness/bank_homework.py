"""A homework of eight tasks that call each other, with its tests, as text."""

MANIFEST = """
[assignment]
id = "banked"
title = "A tiny homework with a bank"
package = "pupil"
points = 22

[limits]
total = 60
threads = 1
seconds = 5
memory_mb = 512

[feedback]
hints_from_attempt = 1
upstream_credit = 0.8

[[suites]]
name = "public"
path = "checks/public"
visibility = "visible"

[[suites]]
name = "hidden"
path = "checks/hidden"
visibility = "outcome"

[[questions]]
id = "q1"
title = "Multiples"
tasks = [
    { id = "maths.double", points = 4 },
    { id = "maths.quadruple", points = 5, needs = ["maths.double"] },
    { id = "maths.octuple", points = 3, needs = ["maths.quadruple", "maths.double"] },
]

[[questions]]
id = "q2"
title = "Coins and layers"
tasks = [
    { id = "maths.flip", points = 3 },
    { id = "maths.Scale", points = 3 },
    { id = "maths.scaled", points = 2, needs = ["maths.Scale"] },
]

[[questions]]
id = "q3"
title = "Odds and ends"
tasks = [{ id = "maths.power", points = 1 }, { id = "maths.summary", points = 1 }]

[staff]
reference = "model"
misconceptions = "mistakes"
"""


CODE = '''
"""Numbers."""

import torch
from . import maths


def double(x):
    # BEGIN SOLUTION q1
    return 2 * x
    # END SOLUTION


def quadruple(x):
    # BEGIN SOLUTION q1
    return maths.double(maths.double(x))
    # END SOLUTION


def octuple(x):
    # BEGIN SOLUTION q1
    return maths.double(maths.quadruple(x))
    # END SOLUTION


def flip(x, p, generator):
    if not torch.all((0 <= p) & (p <= 1)):
        raise ValueError("p is a probability")
    # BEGIN SOLUTION q2
    return torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)
    # END SOLUTION


class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(1.0 + torch.arange(size))

    def forward(self, x):
        # BEGIN SOLUTION q2
        return self.weight * x
        # END SOLUTION


def scaled(model, x):
    # BEGIN SOLUTION q2
    return model(x) + 1
    # END SOLUTION


def power(x, n, verbose=False):
    # BEGIN SOLUTION q3
    return x**n
    # END SOLUTION


def summary(x):
    # BEGIN SOLUTION q3
    return {"count": x.numel(), "ends": [float(x[0]), float(x[-1])]}
    # END SOLUTION
'''


TESTS = """
import pytest, torch
from tests.support.compare import assert_close

@pytest.mark.task("maths.double")
def test_double(hw):
    "Two times three is six."
    assert_close(hw("maths.double")(torch.tensor([3.0, 1.0])), torch.tensor([6.0, 2.0]), hint="Add it to itself.")

@pytest.mark.task("maths.double")
def test_double_of_none(hw):
    "Two times zero is zero."
    assert_close(hw("maths.double")(torch.zeros(2)), torch.zeros(2))

@pytest.mark.task("maths.quadruple")
def test_quadruple(hw):
    "Four times three is twelve."
    assert_close(hw("maths.quadruple")(torch.tensor([3.0, 1.0])), torch.tensor([12.0, 4.0]))

@pytest.mark.task("maths.octuple")
def test_octuple(hw):
    "Eight times three is twenty-four."
    assert_close(hw("maths.octuple")(torch.tensor([3.0, 1.0])), torch.tensor([24.0, 8.0]))

@pytest.mark.task("maths.flip")
def test_flip(hw):
    "Each row has a probability of its own."
    x, p = torch.ones(3, 1000), torch.tensor([0.0, 0.25, 1.0])
    mean = hw("maths.flip")(x, p, hw.generator()).mean(1)
    assert_close(mean, torch.tensor([1.0, 0.5, -1.0]), atol=0.2)

@pytest.mark.task("maths.Scale")
def test_scale(hw):
    "Each column has a weight of its own."
    assert_close(hw.module("maths.Scale", 2)(torch.tensor([[3.0, 5.0]])), torch.tensor([[3.0, 10.0]]))

@pytest.mark.task("maths.scaled")
def test_scaled(hw):
    "One more than the scaled value."
    model = hw.module("maths.Scale", 2)
    assert_close(hw("maths.scaled")(model, torch.tensor([[3.0, 5.0]])), torch.tensor([[4.0, 11.0]]))

@pytest.mark.task("maths.power")
def test_power(hw):
    "Two to the third is eight."
    assert_close(hw("maths.power")(torch.tensor([2.0, 3.0]), 3), torch.tensor([8.0, 27.0]))

@pytest.mark.task("maths.summary")
def test_summary(hw):
    "How many, and the first and the last of them."
    assert hw("maths.summary")(torch.tensor([5.0, 6.0, 7.0])) == {"count": 3, "ends": [5.0, 7.0]}
"""


HIDDEN = """
import pytest, torch
from tests.support.compare import assert_close

@pytest.mark.task("maths.double")
def test_secret_double(hw):
    "A secret title."
    assert_close(hw("maths.double")(torch.tensor([3.25])), torch.tensor([6.5]), hint="What is x + x?")
"""
