"""Every relation accepts a right function and refuses the wrong one that it is there for, with words that say what."""

from pathlib import Path

import pytest

from autograder.assignment import manifest
from autograder.assignment.settings import choose
from autograder.errors import WrongAnswer
from autograder.testing.homework import Homework
from autograder.transport.in_process import InProcess
from tests.harness.mini import unread
from tests.oracles.expected import EXPECTED
from tests.support.cases import LARGE, MANY_DRAWS, SMALL, Draw, Inputs
from tests.support.inputs import INPUTS
from tests.support.relations import RELATIONS, hold, scaled

MANIFEST = manifest.load(manifest.find(Path(__file__)))


def halves(draw: Draw) -> dict[str, object]:
    return {"x": draw.normal(), "t": draw.integers(1, 3, draw.batch)}


def tables(draw: Draw) -> dict[str, object]:
    return {"x": draw.normal(draw.batch, draw.length), "mask": draw.mask()}


def coins(draw: Draw) -> dict[str, object]:
    return {"x": draw.normal(), "generator": None}


def learner(hw: Homework, draw: Draw) -> dict[str, object]:
    return {"network": hw.module("f.Net")}


ROWS = Inputs(halves, rows={"x": 0, "t": 0}, linear=("x",), differentiable=("x",))
MEAN = Inputs(tables, rows={"x": 0, "mask": 0}, whole="tokens", padded=("x",), differentiable=("x",))
SPREAD = Inputs(tables, rows={"x": 0}, shift=("x",))
RANDOM = Inputs(coins, cases=(MANY_DRAWS,))
NET = Inputs(
    lambda draw: {"network": lambda x: 2 * x, "x": draw.normal()},
    network=learner,
    is_graphless=True,
    cases=(MANY_DRAWS,),
)
RIGHT = {
    "times": (ROWS, "x, t", "return x * torch.as_tensor(t).reshape(-1, *[1] * (x.ndim - 1)).to(x.dtype)"),
    "mean": (MEAN, "x, mask", "return torch.where(mask, x, 0.0).sum() / mask.sum()"),
    "spread": (SPREAD, "x, mask", "return x - x.mean(1, keepdim=True)"),
    "draw": (
        RANDOM,
        "x, generator=None",
        "return x + torch.randn(x.shape, generator=generator, dtype=x.dtype)",
    ),
    "run": (NET, "network, x", "with torch.no_grad():\n        return network(x)"),
}
# relation, function, wrong body, what the message says
WRONG = [
    ("batch", "times", "return x * t.double().mean()", "order of the rows|same rows alone"),
    ("batch", "times", "return x.flip(0) * t.reshape(-1, *[1] * (x.ndim - 1))", "same rows alone"),
    (
        "batch",
        "mean",
        "return torch.where(mask, x, 0.0).sum(1).div(mask.sum(1)).mean()",
        "mean over its valid tokens",
    ),
    ("layout", "times", "return x.view(-1).view(x.shape) * 2", "view"),
    ("dtype", "times", "return (x.float() * 2).to(x.dtype)", "double precision is lost"),
    ("dtype", "times", "return (x / 3).float().to(x.dtype)", "no more digits"),
    ("dtype", "times", "return x.double() * 2", "has dtype"),
    (
        "layout",
        "draw",
        "return x.view(-1).view(x.shape) + torch.randn(x.shape, generator=generator, dtype=x.dtype)",
        "view",
    ),
    (
        "generator",
        "draw",
        "if generator: generator.manual_seed(generator.initial_seed())\n"
        "    return x + torch.randn(x.shape, generator=generator, dtype=x.dtype)",
        "same numbers again",
    ),
    ("axes", "times", "return x * t.reshape(-1, 1)", "axes|broadcast|size"),
    (
        "time",
        "times",
        "return x * (t if isinstance(t, int) else t.reshape(-1, *[1] * (x.ndim - 1)) + 1)",
        "one time",
    ),
    ("pad", "mean", "return (x * mask).sum() / mask.sum()", "padding contains nan"),
    ("pad", "mean", "return torch.where(mask, x, 0.0).mean()", "padding"),
    ("linear", "times", "return x.clamp(-50, 50)", "times the result"),
    ("shift", "spread", "return x - x.mean(1, keepdim=True).clamp(-9, 9)", "must change nothing"),
    ("gradient", "times", "return x.detach() * 2 + 0 * x", "finite differences"),
    ("gradient", "times", "return x.detach() * 2", "gets no gradient"),
    ("repeat", "draw", "f.count = vars(f).get('count', 0) + 1\n    return x * f.count", "second time"),
    (
        "generator",
        "draw",
        "return x + torch.randn(x.shape, generator=generator or torch.Generator().manual_seed(0))",
        "global",
    ),
    (
        "generator",
        "draw",
        "return x + torch.randn(x.shape, generator=torch.Generator().manual_seed(0))",
        "not advanced",
    ),
    ("surroundings", "times", "torch.set_grad_enabled(True)\n    return 2 * x", "gradient mode"),
    ("surroundings", "times", "torch.set_default_dtype(torch.float32)\n    return 2 * x", "default dtype"),
    (
        "network",
        "run",
        "isinstance(network, torch.nn.Module) and network.eval()\n    with torch.no_grad():\n        return network(x)",
        "mode of the network",
    ),
    ("network", "run", "return network(x)", "graph"),
]


def opened(folder: Path, bodies: dict[str, str]) -> Homework:
    functions = [f"def {name}({RIGHT[name][1]}):\n    {body}\n" for name, body in bodies.items()]
    net = "class Net(torch.nn.Linear):\n    def __init__(self): super().__init__(6, 6)\n"
    (folder / "__init__.py").write_text("")
    (folder / "f.py").write_text("import torch\nfrom . import f\n" + net + "\n".join(functions))
    session = InProcess(folder, "pupil").open(1, 60, {})
    return Homework(session, unread(MANIFEST), choose(MANIFEST), 1)


@pytest.mark.parametrize("name", RELATIONS)
def test_a_right_function_is_accepted(tmp_path: Path, name: str) -> None:
    hw = opened(tmp_path, {function: body for function, (_, _, body) in RIGHT.items()})
    for function in {row[1] for row in WRONG if row[0] == name}:
        hold(hw, f"f.{function}", [name], RIGHT[function][0], (*SMALL, *LARGE))


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_a_wrong_function_is_refused_with_words(tmp_path: Path, number: int) -> None:
    name, function, body, words = WRONG[number]
    hw = opened(tmp_path, {function: body})
    with pytest.raises(Exception, match=words) as caught:
        hold(hw, f"f.{function}", [name], RIGHT[function][0], (*SMALL, *LARGE))
    assert isinstance(caught.value, WrongAnswer) or "view" in words or "axes" in words


@pytest.mark.parametrize(
    "body", ["return None", "return {}", "return torch.zeros(9)", "return x.new_tensor(float('nan'))"]
)
def test_nothing_and_a_constant_satisfy_no_relation(tmp_path: Path, body: str) -> None:
    hw = opened(tmp_path, {"times": body})
    with pytest.raises(WrongAnswer, match="the same for all arguments"):
        hold(hw, "f.times", ["repeat", "surroundings"], RIGHT["times"][0], SMALL)


def test_every_relation_refuses_something() -> None:
    assert {row[0] for row in WRONG} == set(RELATIONS)


def test_scaled_relations_have_a_large_case() -> None:
    assert scaled(list(RELATIONS), LARGE) == ["batch", "pad", "dtype", "linear", "shift", "gradient"]
    assert scaled(["repeat"], LARGE) == []


def test_the_manifest_and_the_inputs_name_the_same_tasks() -> None:
    related = {task.id for task in MANIFEST.tasks.values() if task.relations}
    assert related == set(INPUTS) and set(EXPECTED) <= related
    for task in MANIFEST.tasks.values():
        assert set(task.relations) <= set(RELATIONS), task.id


def test_a_batch_that_is_cut_has_two_rows_or_more() -> None:
    own = {name: inputs.cases for name, inputs in INPUTS.items() if "batch" in MANIFEST.tasks[name].relations}
    assert all(case.batch >= 2 for cases in own.values() for case in cases), own


def test_a_message_begins_with_the_case(tmp_path: Path) -> None:
    hw = opened(tmp_path, {"times": "return (x if x.abs().max() < 1e7 else x + x.abs().max() * 1e-3) * 2"})
    with pytest.raises(WrongAnswer, match=r"^huge values: "):
        hold(hw, "f.times", ["linear"], ROWS, (*SMALL, *LARGE))
