"""How good the diagnosis is: every known mistake is made on purpose, and what is said of it is counted.

Each wrong entry is examined with the whole bank (is it named?), with itself left out of it (is another one named? is
the class of the failure right?) and, where it draws random numbers, after drawing others first: then only the law of
its replies can give it away, and where that is the right one nothing can, so that no share is asked for.
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

NAMED, WITHHELD, CLASSED = 0.95, 0.05, 0.90  # what has to be reached
# Of the second mistake of a pair nothing is asked: where the first is a class, nobody can stand in for it.
PAIRS = {"named": 0.95, "both_named": 0.0, "order_stated": 1.0}
_OTHER_DRAWS = "torch.rand(3, generator=generator)\n"


@dataclass(frozen=True)
class Verdict:
    """What was said of one mistake: of it as it stands, with its entry withheld, and after other draws."""

    entry: Entry
    known: dict[str, Any] | None
    withheld: dict[str, Any] | None

    @property
    def is_named(self) -> bool:
        """Whether it was called by its name."""
        return self.known is not None and self.known["misconception"] == self.entry.id

    @property
    def is_misnamed(self) -> bool:
        """Whether it was called by another name when its own was withheld."""
        return self.withheld is not None and bool(self.withheld["misconception"])

    @property
    def is_classed(self) -> bool:
        """Whether its class is right, its name being withheld."""
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
    """Verdicts on the chosen wrong entries of the bank; and on those of them that draw, after other draws."""
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
    """The same mistake, by a student who draws something else first."""
    other = replace(entry)
    vars(other)["body"] = _OTHER_DRAWS + entry.body
    return other


def _verdict(trial: Trial) -> Verdict:
    return Verdict(trial.entry, trial.seen.get("known"), trial.seen.get("withheld"))


def show(console: Console, verdicts: list[Verdict], redrawn: list[Verdict], pairs: list[PairVerdict]) -> bool:
    """Prints what was counted, and each that went wrong; returns whether all ends are reached."""
    rows = [
        ("named, its entry known", "is_named", verdicts, NAMED, True),
        ("another named, its entry withheld", "is_misnamed", verdicts, WITHHELD, False),
        ("class of the failure right, its entry withheld", "is_classed", verdicts, CLASSED, True),
        ("named after other draws, by law alone", "is_named", redrawn, 0.0, True),
        ("another named after other draws, its entry withheld", "is_misnamed", redrawn, WITHHELD, False),
    ]
    holds = True
    for words, name, among, end, at_least in rows:
        missed = []
        for verdict in among:
            if getattr(verdict, name) != at_least:
                said = verdict.known if name == "is_named" else verdict.withheld
                told = f"{said['misconception'] or 'no name'}, {said['failure']}" if said else "nothing"
                missed.append(f"{verdict.entry.id} ({verdict.entry.failure}): {told}")
        hits = sum(getattr(verdict, name) for verdict in among)
        holds &= _row(console, words, hits, len(among), end, at_least, missed)
    for words, name in (
        ("pairs: the mistake of the task that is called is named", "named"),
        ("pairs: and that of the task that calls it", "both_named"),
        ("pairs: it is said which to mend first", "order_stated"),
    ):
        lost = [pair for pair in pairs if not getattr(pair, name)]
        missed = [f"{pair.called.id}, called by {pair.calling.id}" for pair in lost]
        holds &= _row(console, words, len(pairs) - len(lost), len(pairs), PAIRS[name], True, missed)
    return holds


def _row(
    console: Console, words: str, hits: int, among: int, end: float, at_least: bool, missed: list[str]
) -> bool:
    if not among:
        return True
    for line in missed:
        console.print(Text(f"  {line}"), soft_wrap=True)
    share = hits / among
    reached = share >= end if at_least else share <= end
    sign = "at least" if at_least else "at most"
    mark = "" if reached else "  MISSED"
    console.print(f"{words}: {hits}/{among} = {share:.1%} ({sign} {end:.0%}){mark}")
    return reached
