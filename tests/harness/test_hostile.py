"""The hostile corpus: it is complete, every escape would be noticed, and nothing escapes."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autograder.isolation.kernel.syscalls import supported
from autograder.outcomes import Outcome
from tests.harness.hostile import __main__ as command
from tests.harness.hostile.corpus import ENTRIES
from tests.harness.hostile.entry import Entry
from tests.harness.hostile.homework import POINTS

ROOT = Path(__file__).parents[2]
linux = pytest.mark.skipif(not supported(), reason="isolation needs Linux")


# -- the corpus ------------------------------------------------------------------------------------------------


def test_corpus_has_every_class_several_times_and_enough_in_all() -> None:
    counts = Counter(entry.kind for entry in ENTRIES)
    assert set(counts) == set(range(1, 13)) and min(counts.values()) >= 5
    assert len(ENTRIES) >= 60


def test_ids_are_unique_and_every_entry_says_what_it_tries() -> None:
    assert [id for id, count in Counter(entry.id for entry in ENTRIES).items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", entry.id) and entry.tries for entry in ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_entry_expects_a_possible_outcome_and_its_code_parses(entry: Entry) -> None:
    for task, (outcome, points) in entry.expected().items():
        assert outcome in set(Outcome) - {Outcome.HARNESS} and 0 <= points <= POINTS[task]
    if entry.kind not in (6, 12):  # the files of this class are broken on purpose
        for name, text in entry.files.items():
            if name.endswith(".py") and isinstance(text, str):
                ast.parse(text, name)


def test_most_entries_attack_one_task_and_keep_the_others() -> None:
    few = [entry for entry in ENTRIES if len(entry.ends) <= 2]
    assert len(few) > len(ENTRIES) / 2


# -- the command -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "line", "code"),
    [
        ([(1, True), (0, True), (5, True)], "hostile: 2 contained, 0 escaped", 0),
        ([(1, True), (0, True), (5, False)], "hostile: 1 contained, 1 escaped", 1),
        ([(1, True), (0, False), (5, True)], "hostile: 2 contained, 1 escaped", 1),
    ],
    ids=["none", "one", "the honest one lost a point"],
)
def test_last_line_has_the_counts_and_the_exit_code_the_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], told: Any, line: str, code: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["hostile", "--jobs", "1"])
    monkeypatch.setattr(command, "some", lambda ids, keep: told)
    assert command.main() == code
    assert capsys.readouterr().out.splitlines()[-1] == line


def test_unknown_entry_is_a_bad_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["hostile", "--only", "nonsense"])
    with pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == 2


@linux
@pytest.mark.slow
def test_nothing_escapes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.harness.hostile"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    lines = done.stdout.splitlines()
    last = re.fullmatch(r"hostile: (\d+) contained, 0 escaped", lines[-1] if lines else "")
    assert last and done.returncode == 0, [
        line for line in lines if not line.startswith("contained")
    ] or done.stderr
    assert int(last[1]) == len(ENTRIES)
