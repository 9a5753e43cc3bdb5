"""What the kill matrix says, on the terminal."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.manifest import Manifest
from autograder.misconceptions.matrix import Trial


@dataclass(frozen=True)
class Report:
    """All trials of one seed, and what follows from them."""

    manifest: Manifest
    trials: list[Trial]
    seed: int

    @property
    def wrong(self) -> list[Trial]:
        """Trials of wrong entries."""
        return [trial for trial in self.trials if trial.entry.is_wrong]

    @property
    def right(self) -> list[Trial]:
        """Trials of right entries."""
        return [trial for trial in self.trials if not trial.entry.is_wrong]

    @property
    def survivors(self) -> list[Trial]:
        """Wrong entries that no test refuses."""
        return [trial for trial in self.wrong if not trial.killers]

    @property
    def refused(self) -> list[Trial]:
        """Right entries that a test refuses."""
        return [trial for trial in self.right if trial.killers]

    @property
    def holds(self) -> bool:
        """Whether every wrong entry is refused and every right one accepted."""
        return not self.survivors and not self.refused

    def last_line(self) -> str:
        """The result in one line."""
        killed, accepted = len(self.wrong) - len(self.survivors), len(self.right) - len(self.refused)
        return f"killed {killed}/{len(self.wrong)}, accepted {accepted}/{len(self.right)}"

    def show(self, console: Console) -> None:
        """Prints it."""
        visible = [suite.name for suite in self.manifest.suites if suite.visibility == "visible"]
        table = Table("task", "killed", "by public tests", "accepted", header_style="bold")
        for task in self.manifest.tasks:
            wrong = [trial for trial in self.wrong if trial.entry.task == task]
            right = [trial for trial in self.right if trial.entry.task == task]
            if not wrong and not right:
                continue
            killed = sum(bool(trial.killers) for trial in wrong)
            early = sum(trial.refused_by(visible) for trial in wrong)
            accepted = sum(not trial.killers for trial in right)
            table.add_row(task, f"{killed}/{len(wrong)}", str(early), f"{accepted}/{len(right)}")
        console.print(table)
        for trial in self.survivors:
            _name(console, "SURVIVES", trial, [])
        for trial in self.refused:
            _name(console, "REFUSED", trial, trial.killers)
        public = sum(trial.refused_by(visible) for trial in self.wrong)
        console.print(f"public tests alone kill {public} of {len(self.wrong)}; seed {self.seed}")
        console.print(self.last_line())

    def write(self, out: Path) -> None:
        """Writes it."""
        raise NotImplementedError


def _name(console: Console, word: str, trial: Trial, tests: list[str]) -> None:
    entry = trial.entry
    console.print(Text(f"{word} {entry.id} ({entry.where}): {entry.says}"), soft_wrap=True)
    for test in tests:
        result = trial.results[test]
        console.print(
            Text(f"    {test}: {result.outcome}: {result.rationale or result.detail}"), soft_wrap=True
        )
