"""Random mutants of the reference: their places, and the list of equivalent ones that no test must refuse."""

import ast
from textwrap import dedent

import pytest

from autograder import cli, commands
from autograder.misconceptions.bank import BankError
from autograder.misconceptions.splice import spliced
from autograder.proving import equivalent_mutants, mutation
from tests.harness.bank_texts import DOUBLE, FLIP, QUADRUPLE, SCALE, SUMMARY
from tests.harness.banked import Banked

SAME = (
    "return torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)  ->  "
    "return torch.where(torch.rand(x.shape, generator=generator) <= p[:, None], -x, x)"
)
KILLED = SAME.replace(" <= ", " > ")


@pytest.fixture
def inside(banked: Banked, monkeypatch: pytest.MonkeyPatch) -> Banked:
    """The tiny homework, with its folder as the working folder."""
    monkeypatch.chdir(banked.root)
    return banked


def explain(banked: Banked, *items: tuple[str, str, str]) -> None:
    text = "\n".join(f'[["{task}"]]\nchange = "{change}"\nwhy = "{why}"' for task, change, why in items)
    (banked.root / "mistakes/equivalent.toml").write_text(text)


def run(*arguments: str) -> int:
    return cli.main(["mutants", "--random", *arguments])


def changes(banked: Banked, task: str) -> list[str]:
    return [entry.says for entry in mutation.mutants(banked.loaded()) if entry.task == task]


def test_mutants_change_one_place_of_one_block(banked: Banked) -> None:
    assert sorted(changes(banked, DOUBLE)) == [
        f"return 2 * x  ->  return {other}" for other in ("1 * x", "2 + x", "2 - x", "2 / x", "3 * x")
    ]
    assert sorted(changes(banked, SUMMARY)) == [
        'return {"count": x.numel(), "ends": [float(x[0]), float(x[-1])]}  ->  ' + f"return {other}"
        for other in (
            '{"count": x.numel(), "ends": [float(x[ -1]), float(x[-1])]}',
            '{"count": x.numel(), "ends": [float(x[ 1]), float(x[-1])]}',
            '{"count": x.numel(), "ends": [float(x[0]), float(x[- 0])]}',
            '{"count": x.numel(), "ends": [float(x[0]), float(x[- 2])]}',
            '{"count": x.numel(), "ends": [float(x[0]), float(x[1])]}',
        )
    ]
    assert changes(banked, QUADRUPLE) == []
    assert not any("0 <= p" in says for says in changes(banked, FLIP))  # this check is given


def test_mutants_are_new_valid_programs_and_the_same_each_time(banked: Banked) -> None:
    manifest = banked.loaded()
    entries = mutation.mutants(manifest)
    path = banked.root / "model/maths.py"
    programs = {ast.dump(ast.parse(path.read_text()))}
    for entry in entries:
        programs.add(ast.dump(ast.parse(spliced(path, [entry], manifest))))
        assert entry.is_wrong and path.read_text().split("\n")[entry.line - 1].strip() in entry.says
    assert len(programs) == len(entries) + 1 and SCALE in {entry.task for entry in entries}
    again = mutation.mutants(manifest)
    assert [(e.id, e.says, e.body) for e in again] == [(e.id, e.says, e.body) for e in entries]


def test_line_of_a_longer_block_has_its_own_number(banked: Banked) -> None:
    path = banked.root / "model/maths.py"
    path.write_text(
        path.read_text().replace("    return 2 * x\n", "    # why\n    y = x\n    return y * 2\n")
    )
    (entry,) = [e for e in mutation.mutants(banked.loaded()) if e.says == "return y * 2  ->  return y + 2"]
    assert path.read_text().split("\n")[entry.line - 1] == "    return y * 2"
    assert entry.body == "# why\ny = x\nreturn y + 2\n"


def test_unexplained_survivor_is_a_failure_and_explained_one_is_not(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-q", FLIP) == commands.NOT_PASSED
    shown = capsys.readouterr().out
    assert f"SURVIVES {FLIP} (model/maths.py:" in shown and SAME in shown and KILLED not in shown
    assert shown.rstrip().endswith("random: killed 5/6, 0 equivalent")
    explain(inside, (FLIP, SAME, "a chance of 2^-24"))
    assert run("-q", FLIP) == commands.DONE
    assert capsys.readouterr().out.rstrip().endswith("random: killed 5/5, 1 equivalent")


@pytest.mark.parametrize("change", [KILLED, SAME.replace("None", "nothing")], ids=["killed", "not there"])
def test_unneeded_explanation_is_a_failure(
    inside: Banked, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    explain(inside, (FLIP, SAME, "a chance of 2^-24"), (FLIP, change, "no reason"))
    assert run("-q", FLIP) == commands.NOT_PASSED
    assert f"LISTED WITHOUT NEED {FLIP}: {change} (no reason)" in capsys.readouterr().out


def test_explanations_of_other_tasks_are_ignored_unless_the_task_is_unknown(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    explain(inside, (FLIP, SAME, "a chance of 2^-24"))
    assert run("-q", DOUBLE) == commands.DONE
    explain(inside, ("maths.gone", SAME, "once upon a time"))
    assert run("-q", DOUBLE) == commands.NOT_PASSED
    assert "LISTED WITHOUT NEED maths.gone" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[["maths.flip"]]\nchange = "a  ->  b"', "give `change` and `why`"),
        ('[["maths.flip"]]\nchange = "a  ->  b"\nwhy = ""', "give `change` and `why`"),
        (
            '[["maths.flip"]]\nchange = "a"\nwhy = "b"\n[["maths.flip"]]\nchange = "a"\nwhy = "c"',
            "is listed twice",
        ),
    ],
)
def test_item_without_a_reason_or_twice_is_refused(banked: Banked, text: str, word: str) -> None:
    (banked.root / "mistakes/equivalent.toml").write_text(dedent(text))
    with pytest.raises(BankError, match=word):
        equivalent_mutants.load(banked.loaded())


def test_no_list_explains_nothing(banked: Banked) -> None:
    assert equivalent_mutants.load(banked.loaded()) == {}
