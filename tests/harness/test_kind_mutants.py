"""Mutants by kind: programs that compile, where the docstring's types make them mutants, and a list of their own."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from autograder import cli, commands
from autograder.assignment import manifest
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.splice import spliced
from autograder.proving import kind_mutants
from tests.harness.bank_texts import FLIP
from tests.harness.banked import Banked

MANIFEST = manifest.load(manifest.find(Path(__file__)))


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return kind_mutants.mutants(MANIFEST)


def says(entries: list[Entry], task: str) -> set[str]:
    return {entry.says for entry in entries if entry.task == task}


def test_every_task_has_mutants_and_every_mutant_is_another_program(entries: list[Entry]) -> None:
    assert {entry.task for entry in entries} == set(MANIFEST.code_tasks())
    programs = Counter()
    for entry in entries:
        path = MANIFEST.root / "solutions" / MANIFEST.tasks[entry.task].file
        programs[entry.task, ast.dump(ast.parse(spliced(path, [entry], MANIFEST)))] += 1
    assert max(programs.values()) == 1 and len(entries) > 1400


def test_a_kind_is_tried_only_where_the_docstring_makes_it_a_mistake(entries: list[Entry]) -> None:
    step = says(entries, "diffusion.binary.flip_step")
    assert {"seeds torch", "never uses the generator", "draws one row for all"} <= step
    gae = says(entries, "rlhf.advantages.gae")
    assert (
        "limits `rewards` to 20" in gae
        and "keeps `mask` in 8 bits" not in gae
        and "draws one row for all" not in gae
    )
    assert "keeps `tokens` in 8 bits" in says(entries, "rlhf.log_probs.shift_right")
    kept = says(entries, "diffusion.binary.ancestral_step")  # its decorator puts the gradient mode back
    assert "leaves gradients switched off" not in kept and "seeds torch" in kept
    learns = says(entries, "rlhf.rewards.kl_estimates")
    assert "cuts `log_probs` from the graph" in learns and "cuts `ref_log_probs` from the graph" not in learns


def test_the_command_lists_survivors_unless_they_are_explained(
    banked: Banked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(banked.root)
    assert cli.main(["mutants", "--kinds", "-q", FLIP]) == commands.NOT_PASSED
    shown = capsys.readouterr().out
    survivors = [line.split("): ")[1] for line in shown.split("\n") if line.startswith("SURVIVES")]
    assert survivors and "seeds torch" not in shown
    items = "\n".join(f'[["{FLIP}"]]\nchange = "{change}"\nwhy = "the tiny tests"' for change in survivors)
    (banked.root / "mistakes/equivalent_kinds.toml").write_text(items)
    assert cli.main(["mutants", "--kinds", "-q", FLIP]) == commands.DONE
