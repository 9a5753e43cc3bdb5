"""A known mistake is called by its name, another one by its class, and a right answer is left alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.diagnosis.examiner import Examiner
from autograder.errors import HarnessError
from autograder.isolation.isolated import Isolated
from autograder.outcomes import Finding
from tests.harness.bank_questions import ASK, X, quadruple
from tests.harness.bank_texts import ADDS_ONE, DOUBLE, FLIP, OCTUPLE, QUADRUPLE, SCALE, SCALED, TRIPLES, code
from tests.harness.banked import Banked
from tests.harness.examination import Examination


def found(banked: Banked, task: str, body: str, withheld: str = "") -> Finding | None:
    banked.submit({task: body})
    return Examination(banked, task, ASK[task]).finding(withheld)


def name_of(banked: Banked, task: str, body: str, withheld: str = "") -> str:
    finding = found(banked, task, body, withheld)
    assert finding is not None
    return finding.misconception


def test_a_known_mistake_is_named_with_its_hint(banked: Banked) -> None:
    expected = Finding("values", "adds one", "What is twice nothing?", "double_adds_one")
    assert found(banked, DOUBLE, ADDS_ONE) == expected


def test_where_several_agree_it_is_the_commonest_wherever_it_stands(banked: Banked) -> None:
    assert name_of(banked, DOUBLE, TRIPLES) == "double_triples"
    assert name_of(banked, DOUBLE, TRIPLES, withheld="double_triples") == "double_sums_thrice"


def test_a_mistake_that_is_not_known_gets_its_class(banked: Banked) -> None:
    finding = found(banked, DOUBLE, ADDS_ONE, withheld="double_adds_one")
    assert finding is not None and (finding.failure, finding.misconception) == ("values", "")
    for body, failure in (("return -2 * x", "sign"), ("return 5 * x", "constant factor")):
        finding = found(banked, DOUBLE, body)
        assert finding is not None and (finding.failure, finding.misconception) == (failure, "")


@pytest.mark.parametrize("body", ["return 2 * x", "return x + x", "y = x.clone()\ny.add_(x)\nreturn y"])
def test_a_right_answer_is_left_alone(banked: Banked, body: str) -> None:
    assert found(banked, DOUBLE, body) is None


@pytest.mark.parametrize(
    "body", ["return x * 3.0", "return torch.stack([x, x, x]).sum(0)", "y = x + x\nreturn torch.add(y, x)"]
)
def test_a_mistake_is_known_by_what_it_answers_however_it_is_written(banked: Banked, body: str) -> None:
    assert name_of(banked, DOUBLE, body) == "double_triples"


@pytest.mark.parametrize(
    "body",
    [
        "return 3 * x if x.dim() == 1 else 2 * x + 1",  # each of two known ones in a part of the calls
        "return 3 * x.detach()",
        "return (3 * x).float()",
        "return 3.001 * x",
        "x.sum().item()\nreturn 3 * x + 0 * x.sum() * float('nan') if x.dim() > 1 else 3 * x",
    ],
)
def test_who_agrees_in_part_is_not_named(banked: Banked, body: str) -> None:
    assert name_of(banked, DOUBLE, body) == ""


def test_a_mistake_in_a_class_is_named_whatever_state_its_modules_are_in(banked: Banked) -> None:
    assert name_of(banked, SCALE, "return x * self.weight.reciprocal()") == "scale_divides"
    assert (
        name_of(banked, SCALE, "return x / (1 + torch.arange(3))") == ""
    )  # as it was only until it was loaded


RATE = "torch.where(torch.rand(x.shape, generator=generator) < p[:, None]{}, -x, x)"
COLUMNS = "torch.where(torch.rand(x.shape[::-1], generator=generator).t() < p[:, None]{}, -x, x)"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("return " + RATE.format(" / 2"), "flip_half_as_often"),
        ("return " + COLUMNS.format(" / 2"), "flip_half_as_often"),
        ("torch.rand(5, generator=generator)\nreturn " + RATE.format(" / 2"), "flip_half_as_often"),
        (
            "coins = torch.rand(len(x), dtype=torch.float64, generator=generator) < p\n"
            "return x * (1 - 2 * coins[:, None].float())",
            "flip_whole_rows",
        ),
        ("return " + COLUMNS.format(" / 3"), ""),
        ("return " + COLUMNS.format(""), ""),
    ],
)
def test_a_mistake_about_chance_is_named_by_its_law(banked: Banked, body: str, name: str) -> None:
    examined = found(banked, FLIP, body)
    assert (examined.misconception if examined else "") == name


def test_who_may_be_right_by_law_is_not_told_that_the_law_is_wrong(banked: Banked) -> None:
    finding = found(banked, FLIP, "return " + COLUMNS.format(""))
    assert finding is None or finding.failure != "distribution"


def test_beside_a_stand_in_a_tasks_own_mistake_is_named(banked: Banked) -> None:
    banked.submit({DOUBLE: TRIPLES, QUADRUPLE: "return maths.double(x)"})
    stand_ins = {DOUBLE: lambda x: 2 * x}
    examination = Examination(banked, QUADRUPLE, quadruple, stand_ins)
    assert getattr(examination.finding(), "misconception", "") == "quadruple_doubles_once"
    finding = examination.finding(withheld="quadruple_doubles_once")
    assert finding is not None and (finding.failure, finding.misconception) == ("constant factor", "")


def test_beside_a_stand_in_a_right_task_is_right(banked: Banked) -> None:
    banked.submit({DOUBLE: TRIPLES})
    assert Examination(banked, QUADRUPLE, quadruple, {DOUBLE: lambda x: 2 * x}).finding() is None
    assert (
        Examination(banked, OCTUPLE, lambda hw: hw(OCTUPLE)(X), {DOUBLE: lambda x: 2 * x}).finding() is None
    )


def test_a_task_that_was_never_asked_is_not_judged(banked: Banked) -> None:
    banked.submit({DOUBLE: TRIPLES})
    assert Examination(banked, DOUBLE, lambda hw: hw(QUADRUPLE)(X)).finding() is None


def test_only_staff_can_examine(banked: Banked) -> None:
    with pytest.raises(HarnessError):
        Examiner(replace(banked.loaded(), staff=None))


BOTH = [
    {DOUBLE: TRIPLES},
    {DOUBLE: "raise ValueError('no')"},
    {DOUBLE: "return [10 ** 400]"},
    {QUADRUPLE: "return maths.double(x)"},
    {FLIP: "return " + COLUMNS.format(" / 2")},
    {FLIP: "return torch.where(torch.rand(x.shape, generator=generator) < 0.5, -x, x)"},
    {SCALE: "return x / self.weight"},
    {SCALE: "return x.detach() * self.weight"},
    {SCALED: "return model(x).detach() + 1"},
]


@pytest.mark.parametrize("number", range(len(BOTH)))
def test_both_transports_find_the_same(banked: Banked, zygote: Isolated, pupil: Path, number: int) -> None:
    (task,) = BOTH[number]
    banked.submit(BOTH[number])
    (pupil / "maths.py").write_text(code(BOTH[number]))
    here = Examination(banked, task, ASK[task]).finding()
    assert here is not None and here == Examination(banked, task, ASK[task], transport=zygote).finding()
