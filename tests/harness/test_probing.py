"""An ignored argument is found by calling the submission again, whatever the submission does then."""

import sys
from collections.abc import Iterator

import pytest
import torch

from autograder.errors import Killed
from autograder.misconceptions.bank import FAILURES
from autograder.testing.homework import Homework
from autograder.transport.session import Session
from tests.harness.bank_texts import DOUBLE, FLIP, POWER, QUADRUPLE, SCALE, SUMMARY
from tests.harness.banked import Banked
from tests.harness.examination import Examination

X, P = torch.tensor([2.0, 3.0, 5.0]), torch.tensor([0.1, 0.4, 0.9])
SEEN = "seen_by_the_submission"  # a name in `sys`, which survives an import


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Removes the state of submissions in this process after their test."""
    yield
    vars(sys).pop(SEEN, None)


def power(hw: Homework) -> None:
    for n in (2, 3):
        hw(POWER)(X, n)
        hw(POWER)(x=X / 2, n=n)


def power_by_name(hw: Homework) -> None:
    hw(POWER)(x=X, n=2)
    hw(POWER)(x=X, n=3)


def flip(hw: Homework) -> None:
    generator = hw.generator()
    for p in (P, P / 2):
        hw(FLIP)(torch.ones(3, 400), p, generator)


def scale(hw: Homework) -> None:
    model = hw.module(SCALE, 3)
    model.load_state_dict({"weight": torch.tensor([5.0, -1.0, 2.0])})
    model(X[None])
    model(X.expand(2, 3) + torch.tensor([[0.0], [1.0]]))


def scale_by_name(hw: Homework) -> None:
    model = hw.module(SCALE, 3)
    model.ask(x=X[None], grad_of=("x",))
    model.ask(x=X.flip(0)[None], grad_of=("x",))


def found(banked: Banked, task: str, body: str, ask=None) -> tuple[str, str]:
    """The failure class and the text for a submission with this body."""
    banked.submit({task: body})
    finding = Examination(banked, task, ask or {POWER: power, FLIP: flip, SCALE: scale}[task]).finding()
    assert finding is not None
    return finding.failure, finding.says


IGNORES = [
    (POWER, "return x**2.5", power, "n"),
    (POWER, "return x**2.5", power_by_name, "n"),
    (POWER, "return torch.tensor([1.0, 3.0, 7.0]) * n", power, "x"),
    (FLIP, "return torch.where(torch.rand(x.shape, generator=generator) < 0.5, -x, x)", flip, "p"),
    (FLIP, "return torch.where(torch.rand(x.shape) < p[:, None], -x, x)", flip, "generator"),
    (
        FLIP,
        "generator.manual_seed(3)\nreturn torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)",
        flip,
        "generator",
    ),
    (
        FLIP,
        "generator.manual_seed(-1)\nreturn torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)",
        flip,
        "generator",
    ),
    (SCALE, "return self.weight[None].expand(x.shape)", scale, "x"),
    (SCALE, "return self.weight[None].expand(x.shape) + 0 * x", scale_by_name, "x"),
]


@pytest.mark.parametrize(
    "row", IGNORES, ids=[f"{row[0]} {row[3]} {number}" for number, row in enumerate(IGNORES)]
)
def test_the_argument_that_is_ignored_is_named(banked: Banked, row: tuple) -> None:
    task, body, ask, name = row
    assert found(banked, task, body, ask) == (
        "ignores an argument",
        f"the result does not depend on `{name}`",
    )


USES = [
    (POWER, "return x ** (n + 1.5)", power),
    (POWER, "return x**2.5 if n == 2 else x**3.5", power),  # not every change of n changes the result
    (POWER, "return x.abs().sqrt() + n", power),  # ignores `verbose`, like the right solution
    (FLIP, "return torch.where(torch.rand(x.shape, generator=generator) < p.mean(), -x, x)", flip),
    (FLIP, "return torch.where(torch.rand(x.shape, generator=generator) < p[:, None] ** 2, -x, 2 * x)", flip),
    (
        POWER,
        "return torch.where(x % 0.5 != 0, 7.0, 1.0) * n",
        power,
    ),  # only small changes of x change the result
    (SCALE, "return x + 1", scale),
]


@pytest.mark.parametrize("number", range(len(USES)))
def test_an_argument_that_is_used_wrongly_is_not_ignored(banked: Banked, number: int) -> None:
    assert found(banked, *USES[number])[0] in ("values", "distribution")


def test_off_by_one_is_not_an_ignored_time(banked: Banked) -> None:
    assert found(banked, POWER, "return x ** (n + 1)")[0] == "off by one in time"
    assert found(banked, POWER, "return x ** (n - 1)")[0] == "off by one in time"
    assert found(banked, POWER, "return x ** (n + 1) if n < 3 else x ** (n + 2)")[0] == "values"


COUNTED = f"import sys\nsys.{SEEN} = getattr(sys, '{SEEN}', 0) + 1\n"
WHEN_PROBED = {  # after the four calls of a test
    "hangs": COUNTED + f"while sys.{SEEN} > 4: pass\nreturn x + n",
    "raises": COUNTED + f"if sys.{SEEN} > 4: raise ValueError('probed')\nreturn x + n",
    "leaves": COUNTED + f"if sys.{SEEN} > 4: sys.exit()\nreturn x + n",
    "answers otherwise each time": COUNTED + f"return x + sys.{SEEN}",
    "answers right from then on": COUNTED + f"return x + n if sys.{SEEN} < 5 else x ** n",
    "answers nonsense": COUNTED + f"return x + n if sys.{SEEN} < 5 else [10 ** 400, {{'a': None}}]",
    "changes its arguments": COUNTED + f"if sys.{SEEN} > 4: x.zero_()\nreturn x + n",
    "returns no plain data": COUNTED + f"return x + n if sys.{SEEN} < 5 else object()",
}


@pytest.mark.parametrize("name", WHEN_PROBED)
def test_a_submission_that_changes_its_answers_is_not_believed(banked: Banked, name: str) -> None:
    banked.submit({POWER: WHEN_PROBED[name]})
    finding = Examination(banked, POWER, power, seconds=0.5).finding()
    assert finding is not None and finding.failure == "values"


@pytest.mark.parametrize(
    ("is_explained", "named"), [(False, ("ignores an argument", 2)), (True, ("values", 1))]
)
def test_a_process_that_something_else_has_ended_is_asked_once_more(
    banked: Banked, monkeypatch: pytest.MonkeyPatch, is_explained: bool, named: tuple[str, int]
) -> None:
    banked.submit({POWER: "return x**2.5"})
    examination = Examination(banked, POWER, power)
    opened, calls = examination._open, []

    def ended() -> Session:
        calls.append(opened)
        if len(calls) == 1:
            raise Killed("signal 9", is_explained=is_explained)
        return opened()

    monkeypatch.setattr(examination, "_open", ended)
    finding = examination.finding()
    assert finding is not None and (finding.failure, min(len(calls), 2)) == named


def test_a_package_that_cannot_be_imported_again_is_not_believed(banked: Banked) -> None:
    banked.submit({POWER: "return x + n"})
    path = banked.root / "pupil/maths.py"
    path.write_text(f"{COUNTED}if sys.{SEEN} > 1: raise ImportError('again')\n{path.read_text()}")
    finding = Examination(banked, POWER, power).finding()
    assert finding is not None and finding.failure == "values"


@pytest.mark.parametrize(
    "again", ["if {}: raise ImportError('again')", "while {}: pass", "if {}: sys.exit()"]
)
def test_a_package_that_cannot_be_imported_with_a_stand_in_is_not_believed(
    banked: Banked, again: str
) -> None:
    banked.submit({QUADRUPLE: "return x + 1"})
    path = banked.root / "pupil/maths.py"
    path.write_text(COUNTED + again.format(f"sys.{SEEN} > 1") + "\n" + path.read_text())
    examination = Examination(
        banked,
        QUADRUPLE,
        lambda hw: [hw(QUADRUPLE)(X), hw(QUADRUPLE)(2 * X)],
        {DOUBLE: lambda x: 2 * x},
        seconds=0.5,
    )
    finding = examination.finding()
    assert finding is not None and finding.failure == "values"


ODD = [
    *(
        "None",
        "True",
        "10 ** 400",
        "-10 ** 18",
        "'x'",
        "float('nan')",
        "[x, {'a': x}]",
        "()",
        "object()",
        "lambda: 1",
    ),
    *("x.to(torch.complex64)", "x.to(torch.uint8)", "x.bool()", "x.half()", "x.numpy()", "torch.Generator()"),
    *("x.new_zeros(0)", "x.sum()", "x.expand(20000, *x.shape)", "x * float('nan')", "x / 0", "x.to_sparse()"),
    *("torch.nn.Linear(1, 1)", "torch.stack([x, x], -1)[..., 0]", "torch.float32", "[0] * 2000", "-x"),
    *(
        "{'count': 10 ** 400, 'ends': [1.0, 2.0]}",
        "{'count': 3, 'ends': [10 ** 400, 0]}",
        "{'ends': [], 'count': 0}",
    ),
    *(
        "{'count': True, 'ends': [float('nan')] * 2}",
        "{'count': 4, 'ends': [1.0, float('inf')]}",
        "{'a': {'b': x}}",
    ),
    "(x.requires_grad_(), 3)[0]",
]


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("number", range(len(ODD)))
def test_every_unusual_answer_can_be_examined(banked: Banked, number: int) -> None:
    tasks = {POWER: power, FLIP: flip, SCALE: scale, SUMMARY: lambda hw: [hw(SUMMARY)(X), hw(SUMMARY)(2 * X)]}
    for task, ask in tasks.items():
        banked.submit({task: f"return {ODD[number]}"})
        finding = Examination(banked, task, ask).finding()
        assert finding is None or finding.failure in FAILURES
