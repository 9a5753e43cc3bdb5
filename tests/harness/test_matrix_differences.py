"""The reported difference between an entry and the right answer: the call, and both answers."""

import re

import pytest
import torch

from autograder.proving import difference
from autograder.proving.call_difference import WIDTH, summary
from tests.harness.bank_homework import TESTS
from tests.harness.banked import Banked
from tests.harness.mistakes import fill, tried, wrong

GRADIENTS = (
    TESTS
    + """
@pytest.mark.task("maths.double")
def test_gradient(hw):
    "Its slope is two."
    reply = hw("maths.double").ask(x=torch.tensor([3.0], requires_grad=True), grad_of=("x",))
    assert_close(reply.grads["x"], torch.tensor([2.0]))

@pytest.mark.task("maths.Scale")
def test_buffers(hw):
    "A forward pass changes no parameter."
    scale = hw.module("maths.Scale", 2)
    scale(torch.tensor([[3.0, 5.0]]))
    assert_close(scale.state_dict()["weight"], torch.tensor([1.0, 2.0]))

@pytest.mark.task("maths.scaled")
def test_calls(hw):
    "The model is asked for the value itself."
    seen = []
    def model(x):
        seen.append(x)
        return 2 * x
    assert_close(hw("maths.scaled")(model, torch.tensor([3.0])), torch.tensor([7.0]))
    assert_close(seen[0], torch.tensor([3.0]))

@pytest.mark.task("maths.power")
def test_small_powers(hw):
    "However small."
    x = torch.tensor([1.0, 1e-9], dtype=torch.float64)
    assert_close(hw("maths.power")(x, 2), torch.tensor([1.0, 1e-18], dtype=torch.float64), rtol=1e-6, atol=0.0)
"""
)


@pytest.mark.parametrize(
    ("task", "body", "parameters", "test", "what", "right", "reply"),
    [
        ("double", "return 3 * x", "x", "test_double", "value", "6, 2", "9, 3"),
        ("double", "return (2 * x).double()", "x", "test_double", "value", "float32[2]", "float64[2]"),
        (
            "double",
            "return torch.from_numpy(2 * x.numpy())",
            "x",
            "test_gradient",
            "exception",
            "float32[1] 6",
            "RuntimeError",
        ),
        ("double", "return 2 * x.detach()", "x", "test_gradient", "gradients", "x: float32[1] 2", "None"),
        (
            "double",
            "return x.mul_(2) if not x.requires_grad else 2 * x",
            "x",
            "test_double",
            "arguments",
            "()",
            "(0,)",
        ),
        ("double", "return lambda: x", "x", "test_double", "type", "float32[2] 6, 2", "function"),
        (
            "Scale",
            "with torch.no_grad():\n    y = self.weight * x\n    self.weight += 1\nreturn y",
            "self, x",
            "test_scale",
            "what outlasts the call",
            "nothing",
            "changed: the parameters of the network",
        ),
        (
            "scaled",
            "return model(x) + 1 if isinstance(model, torch.nn.Module) else model(x + 0.5)",
            "model, x",
            "test_calls",
            "calls",
            "callback 0 of float32[1]",
            "3.5",
        ),
        (
            "power",
            "return torch.where(x < 1e-6, 0, x**n)",
            "x, n, verbose",
            "test_small",
            "small values",
            "1e-18",
            "[1]: 0",
        ),
        (
            "flip",
            "y = torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)\n"
            "return torch.rand(9, generator=generator) < 2 and y[:, :1].expand(3, 9)",
            "x, p, generator",
            "test_flip",
            "exception",
            "float32[3, ",
            "RuntimeError: Boolean value",
        ),
    ],
)
def test_first_call_with_a_different_answer_is_reported(
    banked: Banked, task: str, body: str, parameters: str, test: str, what: str, right: str, reply: str
) -> None:
    banked.public(GRADIENTS)
    fill(banked, wrong(f"maths.{task}", "entry", body, parameters))
    found = difference.of(tried(banked)["entry"])
    assert found is not None and test in found["test"] and what in found["what"]
    assert right in found["right"] and reply in found["reply"]


def test_call_is_reported_with_named_arguments_and_its_randomness(banked: Banked) -> None:
    trials = tried(banked)
    flip, double = (difference.of(trials[name]) for name in ("flip_half_as_often", "double_triples"))
    assert flip is not None and double is not None
    assert flip["call"] == "maths.flip" and flip["drawn"] and not double["drawn"]
    arguments = r"x=float32\[3, \d+\] 1, 1, 1, 1, ..., p=float32\[3\] 0, 0.25, 1, generator=a generator"
    assert re.fullmatch(arguments, flip["arguments"])


def test_generator_in_another_state_is_a_difference(banked: Banked) -> None:
    banked.public(
        TESTS.replace(
            "    mean = hw",
            "    generator = hw.generator()\n    state = generator.get_state()\n    mean = hw",
        )
        .replace("hw.generator()).mean(1)", "generator).mean(1)")
        .replace(
            "atol=0.2)",
            "atol=0.2)\n    spare = torch.Generator()\n    spare.set_state(state)\n"
            "    torch.rand(x.shape, generator=spare)\n"
            "    assert torch.equal(spare.get_state(), generator.get_state())",
        )
    )
    body = "y = torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)"
    fill(
        banked,
        wrong(
            "maths.flip",
            "once_more",
            f"{body}\ntorch.rand(1, generator=generator)\nreturn y",
            "x, p, generator",
        ),
        wrong(
            "maths.flip",
            "of_its_own",
            body.replace("generator=generator", "generator=torch.Generator()") + "\nreturn y",
            "x, p, generator",
        ),
    )
    trials = tried(banked)
    found = difference.of(trials["once_more"])
    assert found is not None and found["what"] == "generator"
    other = difference.of(trials["of_its_own"])
    assert other is not None and other["what"] == "value"


def test_summary_of_a_large_value_is_short() -> None:
    assert summary(torch.arange(10_000)) == "int64[10000] 0, 1, 2, 3, 4, 5, ..."
    assert summary(torch.tensor(0.5)) == "float32[] 0.5"
    assert len(summary([torch.zeros(3)] * 500)) == WIDTH
    assert summary({"a": None, "b": (1, "two")}) == "{a: None, b: tuple(1, 'two')}"
