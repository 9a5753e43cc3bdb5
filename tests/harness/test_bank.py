"""The bank: what an entry has to say, which entries a name chooses, and what the homework's own bank holds."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from autograder.assignment import manifest as manifests
from autograder.errors import InputError
from autograder.misconceptions import bank
from autograder.misconceptions.bank import BankError, Entry
from autograder.misconceptions.splice import spliced
from autograder.proving import equivalent_mutants
from autograder.release import markers
from tests.harness.banked import Banked
from tests.harness.mistakes import write

HOMEWORK = manifests.load(Path(__file__).parents[2] / "assignment.toml")
ENTRIES = list(bank.load(HOMEWORK).values())
WRONG = [entry for entry in ENTRIES if entry.is_wrong]


def entry(says: str = "s", told: str = "h", seen: str = 'often="values"', task: str = "maths.double") -> str:
    return f'TASK = "{task}"\n@wrong({says!r}, {seen})\n@hint({told!r})\ndef another(x):\n    return 5 * x\n'


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"seen": 'often="odd"'}, "what is seen is one of exception, .*; not 'odd'"),
        ({"seen": 'never="values"'}, "how common it is, is one of often, .*, not never"),
        ({"seen": ""}, "how common it is, is one of often, .*, not nothing"),
        ({"seen": 'often="values", rarely="values"'}, "how common it is, is one of .*, not often, rarely"),
        ({"told": ""}, "what to ask"),
        ({"says": ""}, "what is wrong"),
    ],
)
def test_entry_that_lacks_a_word_is_refused_by_name(
    banked: Banked, changes: dict[str, str], word: str
) -> None:
    write(banked, "q2.py", entry(**changes))
    with pytest.raises(BankError, match=rf"q2\.py:3: .*{word}"):
        bank.load(banked.loaded())


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('@right("s")\ndef another(x):\n    return 5 * x\n', "names no task"),
        ('TASK = "maths.double"; @right("")\ndef another(x):\n    return 2 * x\n', "says what is different"),
        ('TASK = "maths.double"; @right("s")\ndef another(): ...\n', "neither a body nor an edit"),
        (
            'TASK = "maths.double"; @hint("h")\ndef another(x):\n    return 5 * x\n',
            "neither @wrong nor @right",
        ),
        ('TASK = "maths.double"; @right("s")\n@hint("h")\ndef another(x):\n    return 2 * x\n', "no hint"),
        ('TASK = "maths.double"; @hint("h")\n@right("s")\ndef another(x):\n    return 2 * x\n', "the first"),
    ],
)
def test_half_an_entry_is_refused_by_name(banked: Banked, text: str, word: str) -> None:
    write(banked, "q2.py", text.replace("; ", "\n"))
    with pytest.raises(BankError, match=rf"q2\.py:[23]: .*{word}"):
        bank.load(banked.loaded())


def test_entry_of_no_task_is_refused_by_name(banked: Banked) -> None:
    write(banked, "q2.py", entry(task="maths.halve"))
    with pytest.raises(BankError, match=r"q2\.py:3: 'maths.halve' is not a code task"):
        bank.load(banked.loaded())


def test_two_entries_of_one_id_are_refused_and_both_are_named(banked: Banked) -> None:
    write(banked, "q2.py", entry().replace("another", "double_triples"))
    with pytest.raises(BankError, match=r"q2\.py:3: 'double_triples' is already in .*q1\.py:\d+"):
        bank.load(banked.loaded())


def test_manifest_without_a_bank_is_a_bad_call(banked: Banked) -> None:
    banked.manifest((banked.root / "assignment.toml").read_text().replace('misconceptions = "mistakes"', ""))
    with pytest.raises(InputError, match="names no bank"):
        bank.load(banked.loaded())


def test_body_is_the_source_between_signature_and_end_without_its_indentation(banked: Banked) -> None:
    write(
        banked,
        "q2.py",
        """
        TASK = "maths.double"

        @right(
            "goes a long way round",
        )
        def double_by_loop(
            x,
        ):
            total = 0 * x
            for _ in range(2):
                # a comment of its own
                total = total + x

            return total

        unrelated = 1
        """,
    )
    body = bank.load(banked.loaded())["double_by_loop"].body
    assert body == (
        "total = 0 * x\nfor _ in range(2):\n    # a comment of its own\n    total = total + x\n\nreturn total"
    )


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("double_triples", {"double_triples"}),
        ("maths.Scale", {"scale_divides"}),
        ("q2", {"flip_half_as_often", "flip_whole_rows", "scale_divides"}),
    ],
)
def test_name_chooses_an_entry_a_task_or_a_question(banked: Banked, name: str, ids: set[str]) -> None:
    manifest = banked.loaded()
    entries = list(bank.load(manifest).values())
    assert {entry.id for entry in bank.select(manifest, entries, (name,))} == ids
    twice = bank.select(manifest, entries, (name, name))
    assert len(twice) == len(ids)
    assert bank.select(manifest, entries, ()) == entries


def test_name_that_fits_nothing_is_a_bad_call(banked: Banked) -> None:
    with pytest.raises(InputError, match="'q9' is not a question"):
        bank.select(banked.loaded(), list(bank.load(banked.loaded()).values()), ("double_triples", "q9"))


def test_one_letter_less_names_all_parts_of_a_question() -> None:
    chosen = {entry.task for entry in bank.select(HOMEWORK, ENTRIES, ("q4",))}
    assert {HOMEWORK.tasks[task].question for task in chosen} == {"q4a", "q4b", "q4c"}


# -- the homework's own bank ---------------------------------------------------------------------------------


def test_every_code_task_has_eight_known_mistakes_at_least() -> None:
    counts = Counter(entry.task for entry in WRONG)
    assert {task: counts[task] for task in HOMEWORK.code_tasks() if counts[task] < 8} == {}


def test_bank_holds_200_wrong_answers_and_70_right_ones() -> None:
    assert len(WRONG) >= 200 and len(ENTRIES) - len(WRONG) >= 70


def test_every_entry_fits_its_place_and_compiles() -> None:
    assert HOMEWORK.staff is not None
    for entry in ENTRIES:
        path = HOMEWORK.root / HOMEWORK.staff.reference / HOMEWORK.tasks[entry.task].file
        compile(spliced(path, [entry], HOMEWORK), entry.where, "exec")


def test_no_two_entries_of_a_task_are_the_same_program() -> None:
    programs = Counter(
        (entry.task, ast.dump(ast.parse(f"def f():\n    {_indented(entry)}"))) for entry in ENTRIES
    )
    assert [task for (task, _), count in programs.items() if count > 1] == []


def test_no_hint_holds_a_line_of_the_reference() -> None:
    assert all(map(_block, HOMEWORK.code_tasks()))
    given_away = [
        (entry.id, line)
        for entry in WRONG
        for line in _lines_of_the_reference(entry.task)
        if _plain(line) in _plain(entry.hint + " " + entry.says)
    ]
    assert given_away == []


def test_every_explained_mutant_changes_a_line_of_its_tasks_block() -> None:
    listed = equivalent_mutants.load(HOMEWORK)
    assert listed
    for task, change in listed:
        was, _, becomes = change.partition("  ->  ")
        assert was in {line.strip() for line in _block(task)} and becomes != was, change


def _indented(entry: Entry) -> str:
    return entry.body.replace("\n", "\n    ")


def _block(task: str) -> list[str]:
    assert HOMEWORK.staff is not None
    path = HOMEWORK.root / HOMEWORK.staff.reference / HOMEWORK.tasks[task].file
    text = markers.read_text(path)
    name = HOMEWORK.tasks[task].name
    owner = next(node for node in ast.parse(text).body if getattr(node, "name", "") == name)
    (block,) = (
        b for b in markers.blocks(path, text) if owner.lineno < b.begin <= (owner.end_lineno or 0) + 1
    )
    return text.split("\n")[block.begin : block.end - 1]


@cache
def _lines_of_the_reference(task: str) -> list[str]:
    """What each line of the block computes, without what it is called; short pieces say nothing."""
    lines = [re.sub(r"#.*", "", line) for line in _block(task)]
    pieces = [re.sub(r"^\s*(return |[\w, ]+ = )", "", line) for line in lines]
    return [piece for piece in pieces if len(_plain(piece)) >= 12]


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)
