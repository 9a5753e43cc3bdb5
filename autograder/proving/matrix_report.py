"""The report of the kill matrix: in the terminal, as plain data, and as a page."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.assignment.manifest import Manifest
from autograder.misconceptions.bank import Entry
from autograder.proving import difference, page
from autograder.proving.matrix import Trial


@dataclass(frozen=True)
class MatrixReport:
    """All trials of one seed, and the results computed from them."""

    manifest: Manifest
    trials: list[Trial]
    seed: int

    @cached_property
    def wrong(self) -> list[Trial]:
        """Trials of wrong entries."""
        return [trial for trial in self.trials if trial.entry.is_wrong]

    @cached_property
    def right(self) -> list[Trial]:
        """Trials of right entries."""
        return [trial for trial in self.trials if not trial.entry.is_wrong]

    @cached_property
    def survivors(self) -> list[Trial]:
        """Wrong entries that no test refuses."""
        return [trial for trial in self.wrong if not trial.killers]

    @cached_property
    def unproven(self) -> list[Trial]:
        """Wrong entries that a test refuses although nothing shows that they differ from the reference."""
        return [trial for trial in self.wrong if trial.killers and difference.of(trial) is None]

    @cached_property
    def refused(self) -> list[Trial]:
        """Right entries that a test refuses."""
        return [trial for trial in self.right if trial.killers]

    @cached_property
    def kills(self) -> dict[str, int]:
        """Wrong entries that each test kills."""
        counts = {test: 0 for trial in self.wrong for test in trial.results}
        for test in (test for trial in self.wrong for test in trial.killers):
            counts[test] += 1
        return counts

    @cached_property
    def never_alone(self) -> list[str]:
        """Tests without which every entry would still be killed."""
        alone = {trial.killers[0] for trial in self.wrong if len(trial.killers) == 1}
        return [test for test in self.kills if test not in alone]

    @property
    def holds(self) -> bool:
        """Whether every wrong entry is refused and shown to differ, and every right one is accepted."""
        return not self.survivors and not self.refused and not self.unproven

    def last_line(self) -> str:
        """The result in one line."""
        return "killed {killed}/{wrong}, accepted {accepted}/{right}".format(**self._counts(self.trials))

    def show(self, console: Console) -> None:
        """Prints the report."""
        table = Table("task", "killed", "by public tests", "accepted", header_style="bold")
        for row in self._tasks():
            killed, accepted = "{killed}/{wrong}".format(**row), "{accepted}/{right}".format(**row)
            table.add_row(row["id"], killed, str(row["killed_by_public"]), accepted)
        console.print(table)
        for test_file, names in self._by_file(self.never_alone).items():
            console.print(Text(f"  {test_file}: {names}"), soft_wrap=True)
        none = sum(not self.kills[test] for test in self.never_alone)
        console.print(
            f"{len(self.never_alone)} of {len(self.kills)} tests, listed above, kill only what others kill as well; "
            f"{none} of them, marked with *, kill nothing",
            soft_wrap=True,
        )
        for word, trials in self._failures():
            for trial in trials:
                self._name(console, word, trial)
        counts = self._counts(self.trials)
        console.print(
            "public tests alone kill {killed_by_public} of {wrong}; shown to differ from the right answer: "
            "{proven} of {wrong}; seed {seed}".format(**counts, seed=self.seed),
            soft_wrap=True,
        )
        console.print(self.last_line())

    def write(self, out: Path) -> None:
        """Writes `matrix.json` and `matrix.html` into a folder."""
        out.mkdir(parents=True, exist_ok=True)
        data = self.as_dict()
        (out / "matrix.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        (out / "matrix.html").write_text(page.render(data), encoding="utf-8")

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "assignment": self.manifest.id,
            "title": self.manifest.title,
            "seed": self.seed,
            "holds": self.holds,
            "last_line": self.last_line(),
            "totals": self._counts(self.trials),
            "failures": {word: [trial.entry.id for trial in trials] for word, trials in self._failures()},
            "tasks": self._tasks(),
            "entries": [self._entry(trial) for trial in self.trials],
            "kills": self.kills,
            "never_alone": self.never_alone,
        }

    def _failures(self) -> list[tuple[str, list[Trial]]]:
        return [
            ("SURVIVES", self.survivors),
            ("REFUSED", self.refused),
            ("NOT PROVEN DIFFERENT", self.unproven),
        ]

    @property
    def _visible(self) -> Sequence[str]:
        return [suite.name for suite in self.manifest.suites if suite.visibility == "visible"]

    def _counts(self, trials: Sequence[Trial]) -> dict[str, int]:
        wrong = [trial for trial in trials if trial.entry.is_wrong]
        right = [trial for trial in trials if not trial.entry.is_wrong]
        return {
            "wrong": len(wrong),
            "killed": sum(bool(trial.killers) for trial in wrong),
            "killed_by_public": sum(trial.refused_by(self._visible) for trial in wrong),
            "proven": sum(difference.of(trial) is not None for trial in wrong),
            "right": len(right),
            "accepted": sum(not trial.killers for trial in right),
        }

    def _tasks(self) -> list[dict[str, Any]]:
        by_task: dict[str, list[Trial]] = defaultdict(list)
        for trial in self.trials:
            by_task[trial.entry.task].append(trial)
        return [
            {"id": task.id, "question": task.question, **self._counts(by_task[task.id])}
            for task in self.manifest.tasks.values()
            if task.id in by_task
        ]

    def _entry(self, trial: Trial) -> dict[str, Any]:
        entry = trial.entry
        return {
            "id": entry.id,
            "task": entry.task,
            "wrong": entry.is_wrong,
            "where": self._where(entry),
            "says": entry.says,
            "hint": entry.hint,
            "failure": entry.failure,
            "common": entry.common,
            "tests": {test: str(result.outcome) for test, result in trial.results.items()},
            "killed": bool(trial.killers),
            "killed_by_public": trial.refused_by(self._visible),
            "difference": difference.of(trial) if entry.is_wrong else None,
        }

    def _name(self, console: Console, word: str, trial: Trial) -> None:
        entry = trial.entry
        console.print(Text(f"{word} {entry.id} ({self._where(entry)}): {entry.says}"), soft_wrap=True)
        for test in trial.killers:
            result = trial.results[test]
            said = result.rationale or result.detail
            console.print(Text(f"    {test}: {result.outcome}: {said}"), soft_wrap=True)

    def _where(self, entry: Entry) -> str:
        return entry.where.removeprefix(f"{self.manifest.root}/")

    def _by_file(self, tests: Iterable[str]) -> dict[str, str]:
        """Names of tests by file: with a count if a function makes several tests, with a star if they kill nothing."""
        files: dict[str, Counter[str]] = defaultdict(Counter)
        for test in tests:
            test_file, _, name = test.partition("::")
            files[test_file][name.partition("[")[0] + ("" if self.kills[test] else "*")] += 1
        return {
            test_file: ", ".join(f"{count} x {name}" if count > 1 else name for name, count in names.items())
            for test_file, names in files.items()
        }
