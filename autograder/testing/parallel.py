"""Runs a plugin's tests several at a time, in processes of the grader's own, and brings home what they tell."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from autograder.outcomes import Finding, Outcome, TestResult
from autograder.testing import process_pool as shards
from autograder.testing.plugin import LATE, Plugin

EXAMINATION = 60.0  # seconds that one look at a failed task may take


class Sharded:
    """Takes the place of pytest's own loop.

    Args:
        plugin: whose tests are run.
        workers: how many processes.
    """

    def __init__(self, plugin: Plugin, workers: int) -> None:
        self._plugin = plugin
        self._workers = workers

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.testsfailed:
            return None
        plugin = self._plugin
        tasks: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            tasks.setdefault(plugin.ledger[item.nodeid].task, []).append(item)
        order = list(tasks)
        groups = [plugin.run.manifest.tasks[task].question for task in order]

        def begin(number: int, tell: shards.Tell) -> None:
            for other in order[:number]:
                plugin.patience.dismiss(other)
            plugin.starting = lambda test, seconds: tell(shards.starting(test, seconds))
            plugin.run.announce = lambda result: tell(shards.result(result.as_dict()))
            plugin.examining = lambda: tell(shards.examining(EXAMINATION))
            plugin.found = lambda task, finding, fault: tell(
                shards.finding({"task": task, "finding": finding and asdict(finding), "fault": fault})
            )

        def told(data: dict[str, Any]) -> None:
            plugin.settle(result_of(data))

        def found(data: dict[str, Any]) -> None:
            plugin.learn(data["task"], data["finding"] and Finding(**data["finding"]), data["fault"])

        def lost(test: str, why: str) -> None:
            """This test took its process with it, and the task's tests after it were to run there."""
            names = [item.nodeid for item in tasks[plugin.ledger[test].task]]
            plugin.settle(replace(plugin.ledger[test], outcome=Outcome.TIMEOUT, rationale=why))
            for name in names[names.index(test) + 1 :]:
                plugin.settle(replace(plugin.ledger[name], outcome=Outcome.TIMEOUT, rationale=LATE))

        desk = shards.Desk(begin, told, lost, found)
        plugin.faults += shards.run_in_shards(list(tasks.values()), groups, self._workers, desk)
        return True


def result_of(data: dict[str, Any]) -> TestResult:
    """A result as it was before `as_dict`."""
    return TestResult(**{**data, "outcome": Outcome(data["outcome"])})
