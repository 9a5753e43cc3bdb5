"""Splicing: the body of an entry replaces one solution block, and the rest of the reference does not change."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.misconceptions import bank
from autograder.misconceptions.bank import BankError, Entry
from autograder.misconceptions.splice import make, spliced
from tests.harness.bank_homework import CODE
from tests.harness.banked import Banked

GUARDED = '''
import torch


def double(x):
    """Twice x."""
    if x is None:
        raise ValueError("x is missing")
    # BEGIN SOLUTION q1
    # HINT: add it to itself.
    return 2 * x
    # END SOLUTION


@torch.no_grad()
def quadruple(x):
    """Four times x."""
    # BEGIN SOLUTION q1
    y = double(x)
    return double(y)
    # END SOLUTION


def after():
    return "untouched"
'''


def entry(banked: Banked, name: str, **changes: object) -> Entry:
    return replace(bank.load(banked.loaded())[name], **changes)  # type: ignore[arg-type]


def test_checks_decorators_and_all_other_code_stay(banked: Banked) -> None:
    path = banked.root / "model/guarded.py"
    path.write_text(GUARDED)
    body = entry(banked, "quadruple_doubles_once", body="y = x\nfor _ in range(3):\n    y = y + x\nreturn y")
    triple = entry(banked, "double_triples", body="return 3 * x")
    text = spliced(path, [body, triple], banked.loaded())
    assert text == (
        GUARDED.replace(
            "    # BEGIN SOLUTION q1\n    # HINT: add it to itself.\n    return 2 * x\n",
            "    return 3 * x\n",
            1,
        )
        .replace("    # END SOLUTION\n", "", 2)
        .replace(
            "    # BEGIN SOLUTION q1\n    y = double(x)\n    return double(y)\n",
            "    y = x\n    for _ in range(3):\n        y = y + x\n    return y\n",
        )
    )


def test_entry_of_a_class_replaces_its_forward(banked: Banked) -> None:
    path = banked.root / "model/maths.py"
    text = spliced(path, [entry(banked, "scale_divides")], banked.loaded())
    assert "    def forward(self, x):\n        return x / self.weight\n" in text
    assert "self.weight = torch.nn.Parameter" in text


@pytest.mark.parametrize(
    ("name", "parameters", "wanted"),
    [
        ("double_triples", ("y",), r"\(x\)"),
        ("flip_whole_rows", ("x", "generator", "p"), r"\(x, p, generator\)"),
        ("scale_divides", ("x",), r"\(self, x\)"),
    ],
)
def test_entry_with_other_parameters_is_refused(
    banked: Banked, name: str, parameters: tuple[str, ...], wanted: str
) -> None:
    odd = entry(banked, name, parameters=parameters)
    with pytest.raises(BankError, match=rf"q1\.py:\d+: its parameters have to be {wanted}"):
        spliced(banked.root / "model/maths.py", [odd], banked.loaded())


def test_two_entries_of_one_task_are_refused(banked: Banked) -> None:
    both = [entry(banked, "double_triples"), entry(banked, "double_adds_one")]
    with pytest.raises(BankError, match="two entries of one task: double_triples, double_adds_one"):
        spliced(banked.root / "model/maths.py", both, banked.loaded())


def test_entry_without_a_block_in_the_reference_is_refused(banked: Banked) -> None:
    path = banked.root / "model/bare.py"
    path.write_text(CODE.split("def flip")[0])
    with pytest.raises(BankError, match="has no block for flip"):
        spliced(path, [entry(banked, "flip_whole_rows")], banked.loaded())


def test_made_submission_has_the_entries_of_several_tasks_and_the_reference_stays(banked: Banked) -> None:
    model = banked.root / "model"
    (model / "artifacts").mkdir()
    (model / "artifacts/weights").write_text("large")
    (model / "given.py").write_text("ONE = 1\n")
    before = _digests(model)
    chosen = [entry(banked, "double_triples"), entry(banked, "scale_divides")]
    made = make(banked.loaded(), chosen, banked.root / "made")
    text = (made / "maths.py").read_text()
    assert "return x + x + x" not in text and "return 3 * x" in text and "return x / self.weight" in text
    assert "return maths.double(maths.double(x))" in text  # the other task has the solution of the reference
    assert (made / "given.py").read_text() == "ONE = 1\n" and not (made / "artifacts").exists()
    assert _digests(model) == before


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
