"""The bank: entries that state only in what they differ from a base, and every way in which that does not fit."""

from itertools import pairwise

import pytest

from autograder.misconceptions import bank
from autograder.misconceptions.bank import BankError
from tests.harness.banked import Banked
from tests.harness.mistakes import write

EDITED = """
TASK = "maths.flip"

@wrong("never draws", often="distribution")
@hint("Who draws?")
@edit("-x, x", "x, x")
@edit("torch.rand(x.shape, generator=generator)", "torch.ones(x.shape)")
def flip_never(): ...

@wrong("always flips", often="distribution")
@hint("Who draws?")
@edit("x, x)", "-x, -x)", of="flip_never")
def flip_always(): ...

@right("divides by a half")
@edit("p[:, None] / 2", "p[:, None] / 2 / 1", of="flip_half_as_often")
def flip_by_half(): ...
"""


def test_edits_give_the_base_with_these_places_changed_and_its_parameters(banked: Banked) -> None:
    write(banked, "q2.py", EDITED)
    entries = bank.load(banked.loaded())
    body = "return torch.where(torch.{} < p[:, None], {}x, {}x)"
    assert entries["flip_never"].body == body.format("ones(x.shape)", "", "")
    assert entries["flip_always"].body == body.format("ones(x.shape)", "-", "-")
    assert entries["flip_by_half"].body == entries["flip_half_as_often"].body.replace("/ 2", "/ 2 / 1")
    assert entries["flip_always"].parameters == ("x", "p", "generator")
    assert entries["flip_always"].where == f"{banked.root}/mistakes/q2.py:11"
    assert not entries["flip_by_half"].is_wrong and entries["flip_by_half"].hint == ""


def test_base_is_no_entry_and_what_is_based_on_it_is(banked: Banked) -> None:
    usual = 'TASK = "maths.double"\n@base\ndef double_usual(x):\n    y = x\n    return x + y\n'
    one = '@right("s")\n@edit("x + y", "y + x", of="double_usual")\ndef double_turned(): ...\n'
    write(banked, "q2.py", usual + one)
    entries = bank.load(banked.loaded())
    assert "double_usual" not in entries
    assert entries["double_turned"].body == "y = x\nreturn y + x"


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ('@edit("3 * x", "4 * x")', r"'3 \* x' does not occur in the base:\nreturn 2 \* x"),
        ('@edit("", "4 * x")', "'' does not occur"),
        ('@edit("x", "y", of="double_sums_thrice")', "'x' occurs 3 times in the base:\nreturn x"),
        ('@edit("2 * x", "2 * x")', r"the edit of '2 \* x' changes nothing"),
        ('@edit("2 * x", "3 * x")\n@edit("x", "y")', "the edit of 'x' overlaps another one"),
        ('@edit("x", "y", of="double_nowhere")', "its base 'double_nowhere' is not an entry of maths.double"),
        (
            '@edit("x", "y", of="octuple_squares")',
            "its base 'octuple_squares' is not an entry of maths.double",
        ),
        ('@edit("x", "y", of="another")', "circular: another is an edit of another"),
        (
            '@edit("x", "y")\n@edit("2", "3", of="double_triples")',
            "one base, not the reference, 'double_trip",
        ),
    ],
)
def test_edit_that_does_not_fit_its_base_is_refused_by_name(banked: Banked, edits: str, why: str) -> None:
    write(banked, "q2.py", f'TASK = "maths.double"\n@right("s")\n{edits}\ndef another(): ...\n')
    with pytest.raises(BankError, match=rf"q2\.py:3: .*{why}"):
        bank.load(banked.loaded())


def test_bases_that_go_round_in_a_circle_are_refused_and_all_are_named(banked: Banked) -> None:
    one = '@right("s")\n@edit("x", "y", of="{}")\ndef {}(): ...\n'
    names = ["first", "second", "third", "first"]
    circle = [one.format(base, name) for name, base in pairwise(names)]
    write(banked, "q2.py", 'TASK = "maths.double"\n' + "".join(circle))
    with pytest.raises(
        BankError, match=r"q2\.py:3: circular: first is an edit of second is .* third is an edit of first"
    ):
        bank.load(banked.loaded())


@pytest.mark.parametrize("function", ["def another(x): ...", "def another():\n    return 2 * x"])
def test_entry_of_edits_has_neither_parameters_nor_a_body(banked: Banked, function: str) -> None:
    write(banked, "q2.py", f'TASK = "maths.double"\n@right("s")\n@edit("2", "3")\n{function}\n')
    with pytest.raises(BankError, match=r"q2\.py:3: has edits, so write `def another\(\): \.\.\.`"):
        bank.load(banked.loaded())


def test_base_is_the_code_of_the_block_without_its_comments_and_hints(banked: Banked) -> None:
    reference = banked.root / "model/maths.py"
    commented = "# HINT: 2 * x?\n    # 2 * x\n    y = x  # not 2 * x\n\n    return 2 * x  # '"
    reference.write_text(reference.read_text().replace("return 2 * x", commented))
    write(
        banked, "q2.py", 'TASK = "maths.double"\n@right("s")\n@edit("2 *", "\'#\' *")\ndef another(): ...\n'
    )
    assert bank.load(banked.loaded())["another"].body == "y = x\n\nreturn '#' * x"
