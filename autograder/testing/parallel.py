"""Runs the tests of a run several at a time: a batch for each task, in the grader's own processes.

Cheap tasks come first and training last. A test gets a part of its limit at first. Where that is not enough, or where a
fault that may not be the submission's ends a test, all tests of its task run once more when everything else has ended,
one at a time and with their full limits. Only this second try decides. (ADR 15)
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import pytest

from autograder.errors import HarnessError
from autograder.outcomes import Finding, Outcome, TestResult
from autograder.testing.ledger import Ledger
from autograder.testing.observer import Observer
from autograder.testing.plugin import Plugin
from autograder.testing.pool_process import Batch
from autograder.testing.process_pool import run_batches
from autograder.testing.time_budget import TimeBudget
from autograder.testing.verdict import LATE, NOT_GRADED
from autograder.transport.session import Transport


class Parallel:
    """Replaces pytest's own loop over the tests.

    Args:
        plugin: whose tests run.
        transport: of the run.
        workers: how many processes.
    """

    def __init__(self, plugin: Plugin, transport: Transport, workers: int) -> None:
        self._plugin = plugin
        self._transport = transport
        self._workers = workers
        self._items: dict[str, list[pytest.Item]] = {}
        self._settled: dict[str, TestResult] = {}  # by test; no later fault takes it away

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.testsfailed:
            return None
        plugin, ledger = self._plugin, self._plugin.ledger
        for item in session.items:
            self._items.setdefault(ledger.tests[item.nodeid].task, []).append(item)
        tasks = plugin.run.settings.manifest.tasks
        order = sorted(self._items, key=lambda task: tasks[task].seconds)
        plugin.budget.is_first_try = True
        unfinished = self._run(order, self._workers)
        plugin.budget.is_first_try = False
        again = self._unsettled(order, unfinished)
        # What is killed during the second try of slow code has been killed once, and not twice.
        slow = [task for task in again if not self._has_failed_before(task)]
        plugin.is_second_try = True
        unfinished = self._try_again(again)
        plugin.is_second_try = False
        self._try_again([task for task in self._unsettled(again, unfinished) if task in slow])
        for test, result in list(ledger.tests.items()):
            if test not in ledger.ended or result.outcome is Outcome.HARNESS:
                ledger.test_ended(self._settled.get(test) or self._ungraded(result))
        return True

    def _unsettled(self, tasks: Sequence[str], unfinished: Collection[str]) -> list[str]:
        """Those of the tasks that must be tried once more; what has been settled of them is kept."""
        ledger = self._plugin.ledger
        found = []
        for task in tasks:
            tests = ledger.tests_of(task)
            settled = {
                test: ledger.tests[test]
                for test in tests
                if test in ledger.ended and ledger.tests[test].outcome is not Outcome.HARNESS
            }
            self._settled |= settled
            if task in unfinished or len(settled) < len(tests):
                found.append(task)
        return found

    def _has_failed_before(self, task: str) -> bool:
        """Whether a fault of ours, and not its time, ended the first try of the task."""
        tries = self._plugin.ledger.first_tries
        return any(
            test in tries and tries[test].outcome is not Outcome.TIMEOUT
            for test in self._plugin.ledger.tests_of(task)
        )

    def _try_again(self, tasks: Sequence[str]) -> list[str]:
        """Runs these tasks alone; returns those that did not come to their end."""
        plugin = self._plugin
        if not tasks or plugin.budget.is_used_up:
            return []
        try:
            self._transport.restart_if_dead()
        except HarnessError as error:
            plugin.ledger.fault(str(error))
            return []
        plugin.start(plugin.run, [item.nodeid for task in tasks for item in self._items[task]])
        return self._run(tasks, 1)

    def _run(self, tasks: Sequence[str], workers: int) -> list[str]:
        """Runs the tests of these tasks; returns the tasks that did not come to their end."""
        batches = [self._batch(task) for task in tasks]
        slowness = self._transport.slowness
        unfinished = run_batches(batches, workers, budget=self._plugin.budget, slowness=slowness)
        return [tasks[number] for number in unfinished]

    def _batch(self, task: str) -> Batch:
        plugin = self._plugin

        def enter(observer: Observer) -> None:
            plugin.is_deferring = False
            plugin.ledger.observers = (observer,)

        question = plugin.run.settings.manifest.tasks[task].question
        parent = _Parent(plugin.ledger, plugin.budget)
        return Batch(self._items[task], question, enter, parent, self._lost, lambda: not plugin.is_deferring)

    def _lost(self, test: str, outcome: Outcome, why: str) -> None:
        """This test ended its process, and the later tests of its task were to run there."""
        ledger = self._plugin.ledger
        result = replace(ledger.tests[test], outcome=outcome, rationale=why)
        if self._plugin.budget.is_first_try:
            ledger.test_deferred(result)
            return
        ledger.test_ended(result.after(ledger.first_tries.get(test)))
        tests = ledger.tests_of(result.task)
        if outcome is not Outcome.HARNESS:
            for late in tests[tests.index(test) + 1 :]:
                ledger.test_ended(replace(ledger.tests[late], outcome=outcome, rationale=LATE[outcome]))

    def _ungraded(self, result: TestResult) -> TestResult:
        """The result of a test that no try has brought to an end."""
        ledger, budget = self._plugin.ledger, self._plugin.budget
        too_slow = NOT_GRADED.format(budget.clock)
        tried = ledger.first_tries.get(result.id, result)
        for known in (result, tried):
            is_known = known is not result or result.id in ledger.ended
            if is_known and known.outcome is Outcome.HARNESS and known.rationale != too_slow:
                return known
        if not budget.is_used_up:
            return replace(tried, outcome=Outcome.HARNESS)
        if not budget.is_used_by_submission:
            return replace(result, outcome=Outcome.HARNESS, rationale=too_slow)
        ran = tried.rationale if tried.outcome is Outcome.TIMEOUT else "not run"
        why = f"{ran}; the code has used up the time of the whole grade"
        return replace(result, outcome=Outcome.TIMEOUT, rationale=why)


class _Parent(Observer):
    """Writes the steps of a batch into the ledger of the process that keeps the record, and charges the submission."""

    def __init__(self, ledger: Ledger, budget: TimeBudget) -> None:
        self._ledger = ledger
        self._budget = budget

    def test_ended(self, result: TestResult) -> None:
        self._budget.charge(result.charged)
        self._ledger.test_ended(result)

    def test_deferred(self, result: TestResult) -> None:
        self._budget.charge(result.charged)
        self._ledger.test_deferred(result)

    def task_examined(self, task: str, report: Any) -> None:
        self._ledger.task_examined(task, report and Finding(**report))

    def fault(self, words: str) -> None:
        self._ledger.fault(words)
