"""Accuracy of the diagnosis: every known mistake is made on purpose, and the diagnoses are counted.

Each wrong entry is diagnosed three times. With the whole bank: is it named? Without its own entry: is another one
named, and is the class of the failure right? And, if it draws random numbers, after other draws: then only the
distribution of its results can identify it. If that distribution is right, nothing can, so no share is required there.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console
from rich.text import Text

from autograder.assignment.manifest import Manifest, Task
from autograder.diagnosis.examiner import Examiner
from autograder.diagnosis.task_calls import TaskCalls
from autograder.misconceptions.bank import Entry
from autograder.proving.diagnosis_accuracy_of_pairs import PairVerdict
from autograder.proving.matrix import Progress, Trial, try_all
from autograder.transport.session import Session

NAMED, WITHHELD, CLASSED = 0.95, 0.05, 0.90  # required shares
# No share is required for the second mistake of a pair: if the first task is a class, it cannot be replaced.
PAIRS = {"named": 0.95, "both_named": 0.0, "order_stated": 1.0}
_OTHER_DRAWS = "torch.rand(3, generator=generator)\n"


@dataclass(frozen=True)
class Verdict:
    """The diagnoses of one mistake: with its entry known, and with its entry withheld."""

    entry: Entry
    known: dict[str, Any] | None
    withheld: dict[str, Any] | None

    @property
    def is_named(self) -> bool:
        """Whether the diagnosis names it."""
        return self.known is not None and self.known["misconception"] == self.entry.id

    @property
    def is_misnamed(self) -> bool:
        """Whether the diagnosis names another mistake if its own entry is withheld."""
        return self.withheld is not None and bool(self.withheld["misconception"])

    @property
    def is_classed(self) -> bool:
        """Whether the class of the failure is right if its entry is withheld."""
        return self.withheld is not None and self.withheld["failure"] == self.entry.failure


def measure(
    manifest: Manifest,
    bank: Sequence[Entry],
    chosen: Sequence[Entry],
    *,
    seed: int,
    workers: int,
    progress: Progress = lambda *_: None,
) -> tuple[list[Verdict], list[Verdict]]:
    """Verdicts on the chosen wrong entries; and on those that draw random numbers, after other draws."""
    examiner = Examiner(manifest, bank)

    def look(
        entry: Entry, task: Task, sessions: Sequence[Session], opened: Callable[[], Session]
    ) -> dict[str, Any]:
        calls = TaskCalls(manifest, task, sessions)
        known = examiner.conclude(calls, opened)
        withheld = examiner.conclude(calls, opened, withheld=entry.id)
        return {"known": known and asdict(known), "withheld": withheld and asdict(withheld)}

    wrong = [entry for entry in chosen if entry.is_wrong]
    draws = [e for e in wrong if "generator" in e.parameters and e.failure == "distribution"]
    redrawn = [_redrawn(entry) for entry in draws]
    trials = try_all(manifest, [*wrong, *redrawn], seed=seed, workers=workers, look=look, progress=progress)
    verdicts = [_verdict(trial) for trial in trials]
    return verdicts[: len(wrong)], verdicts[len(wrong) :]


def _redrawn(entry: Entry) -> Entry:
    """The same mistake in code that draws other random numbers first."""
    return replace(entry, body=_OTHER_DRAWS + entry.body)


def _verdict(trial: Trial) -> Verdict:
    return Verdict(trial.entry, trial.seen.get("known"), trial.seen.get("withheld"))


def show(console: Console, verdicts: list[Verdict], redrawn: list[Verdict], pairs: list[PairVerdict]) -> bool:
    """Prints the counts and each wrong diagnosis; returns whether all required shares are reached."""
    rows = [
        ("named, its entry known", "is_named", verdicts, NAMED, True),
        ("another named, its entry withheld", "is_misnamed", verdicts, WITHHELD, False),
        ("class of the failure right, its entry withheld", "is_classed", verdicts, CLASSED, True),
        ("named after other draws, from the distribution alone", "is_named", redrawn, 0.0, True),
        ("another named after other draws, its entry withheld", "is_misnamed", redrawn, WITHHELD, False),
    ]
    holds = True
    for label, name, among, required, at_least in rows:
        missed = []
        for verdict in among:
            if getattr(verdict, name) != at_least:
                finding = verdict.known if name == "is_named" else verdict.withheld
                text = (
                    f"{finding['misconception'] or 'no name'}, {finding['failure']}" if finding else "nothing"
                )
                missed.append(f"{verdict.entry.id} ({verdict.entry.failure}): {text}")
        hits = sum(getattr(verdict, name) for verdict in among)
        holds &= _row(console, label, hits, len(among), required, at_least, missed)
    for label, name in (
        ("pairs: the mistake of the called task is named", "named"),
        ("pairs: the mistakes of both tasks are named", "both_named"),
        ("pairs: the feedback says which task to fix first", "order_stated"),
    ):
        lost = [pair for pair in pairs if not getattr(pair, name)]
        missed = [f"{pair.called.id}, called by {pair.calling.id}" for pair in lost]
        holds &= _row(console, label, len(pairs) - len(lost), len(pairs), PAIRS[name], True, missed)
    return holds


def _row(
    console: Console, label: str, hits: int, among: int, required: float, at_least: bool, missed: list[str]
) -> bool:
    if not among:
        return True
    for line in missed:
        console.print(Text(f"  {line}"), soft_wrap=True)
    share = hits / among
    reached = share >= required if at_least else share <= required
    sign = "at least" if at_least else "at most"
    mark = "" if reached else "  MISSED"
    console.print(f"{label}: {hits}/{among} = {share:.1%} ({sign} {required:.0%}){mark}")
    return reached
