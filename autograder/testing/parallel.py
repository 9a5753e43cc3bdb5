"""Runs the tests of a run several at a time: a batch for each task, in the grader's own processes."""

from dataclasses import replace
from typing import Any

import pytest

from autograder.outcomes import Finding, Outcome, TestResult
from autograder.testing.ledger import Ledger
from autograder.testing.observer import Observer
from autograder.testing.plugin import LATE, Plugin
from autograder.testing.process_pool import Batch, run_batches


class Parallel:
    """Replaces pytest's own loop over the tests.

    Args:
        plugin: whose tests run.
        workers: how many processes.
    """

    def __init__(self, plugin: Plugin, workers: int) -> None:
        self._plugin = plugin
        self._workers = workers

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.testsfailed:
            return None
        by_task: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            by_task.setdefault(self._plugin.ledger.tests[item.nodeid].task, []).append(item)
        order = list(by_task)
        batches = [self._batch(order[:number], task, by_task[task]) for number, task in enumerate(order)]
        for words in run_batches(batches, self._workers):
            self._plugin.ledger.fault(words)
        return True

    def _batch(self, earlier: list[str], task: str, tests: list[pytest.Item]) -> Batch:
        plugin = self._plugin

        def enter(observer: Observer) -> None:
            for other in earlier:
                plugin.budget.skip(other)
            plugin.ledger.observers = (observer,)

        question = plugin.run.settings.manifest.tasks[task].question
        return Batch(tests, question, enter, _Parent(plugin.ledger), self._lost)

    def _lost(self, test: str, why: str) -> None:
        """This test ended its process, and the later tests of its task were to run there."""
        ledger = self._plugin.ledger
        tests = ledger.tests_of(ledger.tests[test].task)
        late = tests[tests.index(test) + 1 :]
        for name, words in ((test, why), *((name, LATE) for name in late)):
            ledger.test_ended(replace(ledger.tests[name], outcome=Outcome.TIMEOUT, rationale=words))


class _Parent(Observer):
    """Writes the steps of a batch into the ledger of the process that keeps the record."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def test_ended(self, result: TestResult) -> None:
        self._ledger.test_ended(result)

    def task_examined(self, task: str, report: Any) -> None:
        self._ledger.task_examined(task, report and Finding(**report))

    def fault(self, words: str) -> None:
        self._ledger.fault(words)
