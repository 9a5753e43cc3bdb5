"""The kill matrix: each entry of the bank goes through the tests of its task, as a submission that is right elsewhere.

A wrong entry must fail at least one of them, a right one must pass all of them and those of all tasks that need it.
Unit tests only; everything runs in processes of its own that can be ended, on the transport of `make test`.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from autograder import scratch
from autograder.assignment.manifest import Manifest, Task
from autograder.assignment.settings import choose
from autograder.errors import HarnessError
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.splice import make
from autograder.outcomes import Outcome, TestResult
from autograder.submission import staged
from autograder.testing.observer import Observer
from autograder.testing.plugin import Plugin
from autograder.testing.pool_process import Batch
from autograder.testing.process_pool import run_batches
from autograder.testing.run import Examine, Run
from autograder.testing.runner import run_tests
from autograder.testing.time_budget import TimeBudget
from autograder.transport.session import Session

MAX_FAULTS = 5  # that are shown; one that every entry has would be shown once for every entry
Progress = Callable[[TestResult, int, int], None]
# Looks at an entry after its tests, from the sessions of them; gives plain data.
Look = Callable[[Entry, Task, Sequence[Session], Callable[[], Session]], dict[str, Any]]


@dataclass
class Trial:
    """One entry, and what its tests made of it.

    Attributes:
        entry: the entry.
        results: of its tests, by test id.
        seen: what `look` saw of it, and the `tests` whose sessions it was shown.
    """

    entry: Entry
    results: dict[str, TestResult] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def killers(self) -> list[str]:
        """The tests that refuse it."""
        return [test for test, result in self.results.items() if result.outcome is not Outcome.PASSED]

    def refused_by(self, suites: Iterable[str]) -> bool:
        """Whether a test of these suites refuses it."""
        return any(self.results[test].suite in suites for test in self.killers)


def try_all(
    manifest: Manifest,
    entries: Sequence[Entry],
    *,
    seed: int,
    workers: int,
    look: Look | None = None,
    progress: Progress = lambda *_: None,
) -> list[Trial]:
    """Runs every entry's tests, and has a look at those that fail.

    Raises:
        HarnessError: the tests cannot be collected, or one failed by its own fault.
    """
    trials = [Trial(entry) for entry in entries]
    assert manifest.staff is not None
    unit = [suite.name for suite in manifest.suites if not suite.training]
    settings = choose(manifest, suites=unit, only=manifest.code_tasks(), seed=seed, workers=workers)
    reference = staged.read(manifest.root / manifest.staff.reference, manifest)
    run = Run(settings=settings, submission=reference, budget=TimeBudget.without_bound(manifest))
    with scratch.folder() as folder:
        loop = _Trials(trials, folder, look, progress)
        faults = run_tests(run, loop=loop.of).faults
    if faults:
        more = [f"and {len(faults) - MAX_FAULTS} more"] if len(faults) > MAX_FAULTS else []
        raise HarnessError("\n".join(faults[:MAX_FAULTS] + more))
    return trials


class _Trials:
    """Takes the tests that were collected for the reference, and runs them on one entry after another."""

    def __init__(self, trials: list[Trial], folder: Path, look: Look | None, progress: Progress) -> None:
        self._trials = trials
        self._folder = folder
        self._look = look
        self._progress = progress
        self._previous: Path | None = None
        self._is_second_try = False
        self._ended: set[tuple[str, str]] = set()

    def of(self, plugin: Plugin) -> "_Trials":
        """As the loop of this plugin's tests."""
        self._plugin = plugin
        return self

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        ledger, workers = self._plugin.ledger, self._plugin.run.settings.workers
        batches = [self._batch(trial, session.items) for trial in self._trials]
        self._total = sum(len(batch.tests) for batch in batches)
        unfinished = run_batches(batches, workers)  # somebody may have killed their processes
        self._is_second_try = True
        for number in run_batches([batches[number] for number in unfinished], workers):
            trial = self._trials[unfinished[number]]
            if all(result.outcome is not Outcome.KILLED for result in trial.results.values()):
                ledger.fault(f"{trial.entry.id}: its process ended between two tests, twice")
        for trial in self._trials:
            for result in trial.results.values():
                if result.outcome is Outcome.HARNESS:
                    ledger.fault(f"{trial.entry.id}: {result.id}: {result.rationale}\n{result.detail}")
            if not trial.results:
                ledger.fault(f"{trial.entry.id}: {trial.entry.task} has no test")
        ledger.tests.clear()  # the reference itself was not graded
        return True

    def _batch(self, trial: Trial, items: Sequence[pytest.Item]) -> Batch:
        entry = trial.entry
        tests = [item for item in items if self._runs(item, entry)]

        def enter(observer: Observer) -> None:
            if self._previous is not None:
                shutil.rmtree(self._previous.parent)
            run = self._plugin.run
            self._previous = make(
                run.settings.manifest, [entry], Path(tempfile.mkdtemp(dir=self._folder)) / "package"
            )
            submission = replace(run.submission, package=self._previous)
            run = replace(run, submission=submission, examine=self._examine(entry) if self._look else None)
            self._plugin.start(run, [item.nodeid for item in tests])
            self._plugin.ledger.observers = (observer,)

        def ended(result: TestResult) -> None:
            trial.results[result.id] = result
            self._ended.add((trial.entry.id, result.id))
            self._progress(result, len(self._ended), self._total)

        def lost(test: str, outcome: Outcome, why: str) -> None:
            if outcome is Outcome.HARNESS and self._is_second_try:
                outcome = Outcome.KILLED  # the entry itself ends the process, for example by os._exit
            if outcome is not Outcome.HARNESS:  # otherwise its batch is unfinished
                ended(replace(self._plugin.ledger.tests[test], outcome=outcome, rationale=why))

        return Batch(tests, entry.task, enter, _Watch(trial, ended, self._plugin.ledger), lost)

    def _examine(self, entry: Entry) -> Examine:
        look = self._look
        assert look is not None

        def examine(
            task: Task, sessions: Mapping[str, Session], reopen: Callable[[], Session]
        ) -> dict[str, Any]:
            return {**look(entry, task, list(sessions.values()), reopen), "tests": list(sessions)}

        return examine

    def _runs(self, item: pytest.Item, entry: Entry) -> bool:
        task = self._plugin.ledger.tests[item.nodeid].task
        return task == entry.task or (not entry.is_wrong and entry.task in self._needs(task))

    def _needs(self, task: str) -> set[str]:
        """The tasks that one needs, directly or through another."""
        direct = self._plugin.run.settings.manifest.tasks[task].needs
        return set(direct).union(*(self._needs(need) for need in direct))


class _Watch(Observer):
    """Keeps what happens in a trial."""

    def __init__(self, trial: Trial, ended: Callable[[TestResult], None], faults: Observer) -> None:
        self._trial = trial
        self._ended = ended
        self._faults = faults

    def test_ended(self, result: TestResult) -> None:
        self._ended(result)

    def task_examined(self, task: str, report: Any) -> None:
        self._trial.seen = report or {}

    def fault(self, words: str) -> None:
        self._faults.fault(words)
