"""The kill matrix: each entry of the bank goes through the tests of its task, as a submission that is right elsewhere.

A wrong entry has to fail at least one of them, a right one has to pass all of them and those of all tasks that need it.
Unit tests only; everything runs in processes of its own that can be ended, on the transport of `make test`.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment.manifest import Manifest, Task
from autograder.errors import HarnessError
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.splice import make
from autograder.outcomes import Outcome, TestResult
from autograder.testing import process_pool as shards
from autograder.testing.parallel import EXAMINATION, result_of
from autograder.testing.plugin import Plugin
from autograder.testing.run import Run
from autograder.testing.runner import run_tests
from autograder.testing.time_budget import Patience
from autograder.transport.in_process import InProcess
from autograder.transport.session import Session

FAULTS = 5  # that are told; one that is in everything stands there once for every entry
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
    suites = tuple(suite for suite in manifest.suites if not suite.training)
    assert manifest.staff is not None
    run = Run(manifest, manifest.root / manifest.staff.reference, suites, tuple(manifest.code_tasks()), seed)
    with tempfile.TemporaryDirectory(prefix="misconceptions-") as folder:
        finished = run_tests(run, _Trials(run, trials, Path(folder), workers, look, progress))
    if faults := finished.faults:
        more = [f"and {len(faults) - FAULTS} more"] if len(faults) > FAULTS else []
        raise HarnessError("\n".join(faults[:FAULTS] + more))
    return trials


class _Trials(Plugin):
    """Collects like a grade of the reference; then each entry takes its turn."""

    def __init__(
        self,
        run: Run,
        trials: list[Trial],
        folder: Path,
        workers: int,
        look: Look | None,
        progress: Progress,
    ) -> None:
        super().__init__(run)
        self._look = look
        self._trials = trials
        self._folder = folder
        self._workers = workers
        self._progress = progress
        self._test_of: dict[Session, str] = {}
        self.patience = Patience(
            float("inf"), {task.id: task.seconds for task in run.manifest.tasks.values()}
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        turns = [[item for item in session.items if self._tries(item, trial.entry)] for trial in self._trials]
        ended = 0

        def begin(number: int, tell: shards.Tell) -> None:
            entry = self._trials[number].entry
            if self.run.package.is_relative_to(self._folder):
                shutil.rmtree(self.run.package)
            package = make(self.run.manifest, [entry], self._folder / str(number))
            self.run = replace(self.run, package=package, examine=None)
            self._transport = InProcess(package, self.run.manifest.package)
            self._timed_out.clear()
            self._test_of.clear()  # or every session of every trial would stay in memory
            self._to_come = Counter(self.ledger[item.nodeid].task for item in turns[number])
            if self._look is not None:
                look = self._look
                seen: dict[str, Any] = {"trial": number}

                def examine(task: Task, sessions: Sequence[Session], opened: Callable[[], Session]) -> None:
                    seen.update(look(entry, task, sessions, opened))
                    seen["tests"] = [self._test_of[session] for session in sessions]

                self.run.examine = examine
                self.examining = lambda: tell(shards.examining(EXAMINATION))
                self.found = lambda task, finding, fault: tell(shards.finding({**seen, "fault": fault}))
            self.starting = lambda test, seconds: tell(shards.starting(f"{number} {test}", seconds))
            self.run.announce = lambda result: tell(shards.result({"trial": number, **result.as_dict()}))

        def told(data: dict[str, Any]) -> None:
            nonlocal ended
            number = data.pop("trial")
            result = result_of(data)
            self._trials[number].results[result.id] = result
            ended += 1
            self._progress(result, ended, sum(map(len, turns)))

        def lost(name: str, why: str) -> None:
            number, _, test = name.partition(" ")
            told(
                {
                    "trial": int(number),
                    **replace(self.ledger[test], outcome=Outcome.TIMEOUT, rationale=why).as_dict(),
                }
            )

        def found(data: dict[str, Any]) -> None:
            self.faults += filter(None, [data.pop("fault")])
            self._trials[data.pop("trial")].seen = data

        groups = [trial.entry.task for trial in self._trials]
        desk = shards.Desk(begin, told, lost, found)
        self.faults += shards.run_in_shards(turns, groups, self._workers, desk)
        for trial in self._trials:
            self.faults += [
                f"{trial.entry.id}: {result.id}: {result.rationale}\n{result.detail}"
                for result in trial.results.values()
                if result.outcome is Outcome.HARNESS
            ]
            if not trial.results:
                self.faults.append(f"{trial.entry.id}: {trial.entry.task} has no test")
        self.ledger.clear()  # the reference itself was not graded
        return True

    def _keep(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        if self._current is not None:
            self._test_of[self._current.session] = item.nodeid
        super()._keep(item, call, report)

    def _tries(self, item: pytest.Item, entry: Entry) -> bool:
        task = self.ledger[item.nodeid].task
        return task == entry.task or (not entry.is_wrong and entry.task in self._needs(task))

    def _needs(self, task: str) -> set[str]:
        """The tasks that one needs, directly or through another."""
        direct = self.run.manifest.tasks[task].needs
        return set(direct).union(*(self._needs(need) for need in direct))
