"""The list of random mutants that no test must refuse, each with its reason; and the report of a run of mutants.

    [["rlhf.advantages.gae"]]
    change = "columns = [0]  ->  columns = [1]"
    why = "equivalent: the first is never read"

A surviving mutant that is not listed is a gap in the tests. A listed mutant that a test refuses, or that no longer
exists, is a line to delete.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.assignment.manifest import Manifest
from autograder.misconceptions.bank import BankError, Entry
from autograder.proving.matrix import Trial

FILE, KINDS = "equivalent.toml", "equivalent_kinds.toml"
Change = tuple[str, str]  # task, and the `says` of the mutant's `Entry`


def load(manifest: Manifest, file: str = FILE) -> dict[Change, str]:
    """For each listed change the reason why no test can find it.

    Raises:
        BankError: an item has other keys, or no reason, or is listed twice.
    """
    assert manifest.staff is not None
    folder = import_module(manifest.staff.misconceptions).__path__[0]
    path = Path(folder) / file
    if not path.exists():
        return {}
    found: dict[Change, str] = {}
    for task, items in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for item in items:
            if item.keys() != {"change", "why"} or not item["why"]:
                raise BankError(f"{path}: {task}: give `change` and `why`, not {item}")
            if (task, item["change"]) in found:
                raise BankError(f"{path}: {task}: {item['change']!r} is listed twice")
            found[task, item["change"]] = item["why"]
    return found


@dataclass(frozen=True)
class MutationReport:
    """Trials of random mutants, and the list of equivalent ones.

    Attributes:
        manifest: the assignment.
        trials: the trials of the mutants.
        listed: the result of `load`.
    """

    manifest: Manifest
    trials: Sequence[Trial]
    listed: dict[Change, str]

    @cached_property
    def survivors(self) -> list[Trial]:
        """Mutants that no test refuses and that are not listed."""
        return [trial for trial in self._passing if change_of(trial.entry) not in self.listed]

    @cached_property
    def stale(self) -> dict[Change, str]:
        """Listed changes, of the tasks that ran, that a test refuses or that do not exist."""
        tasks = {trial.entry.task for trial in self.trials}
        passing = {change_of(trial.entry) for trial in self._passing}
        return {
            change: why
            for change, why in self.listed.items()
            if change not in passing and (change[0] in tasks or change[0] not in self.manifest.tasks)
        }

    @property
    def _passing(self) -> list[Trial]:
        return [trial for trial in self.trials if not trial.killers]

    @property
    def holds(self) -> bool:
        """Whether every mutant is refused or listed, and every listed one is needed."""
        return not self.survivors and not self.stale

    def last_line(self) -> str:
        """The result in one line."""
        equivalent = len(self._passing) - len(self.survivors)
        killed = len(self.trials) - len(self._passing)
        return f"random: killed {killed}/{len(self.trials) - equivalent}, {equivalent} equivalent"

    def show(self, console: Console) -> None:
        """Prints the report."""
        table = Table("task", "mutants", "killed", "equivalent", header_style="bold")
        for task in self.manifest.tasks:
            mine = [trial for trial in self.trials if trial.entry.task == task]
            killed = sum(bool(trial.killers) for trial in mine)
            explained = sum(not t.killers and change_of(t.entry) in self.listed for t in mine)
            if mine:
                table.add_row(task, str(len(mine)), str(killed), str(explained))
        console.print(table)
        for trial in self.survivors:
            where = trial.entry.where.removeprefix(f"{self.manifest.root}/")
            console.print(Text(f"SURVIVES {trial.entry.task} ({where}): {trial.entry.says}"), soft_wrap=True)
        for (task, change), why in self.stale.items():
            console.print(Text(f"LISTED WITHOUT NEED {task}: {change} ({why})"), soft_wrap=True)
        console.print(self.last_line())


def change_of(entry: Entry) -> Change:
    """The key of a mutant in the list."""
    return entry.task, entry.says
