"""Runs the tests of a `Run` through pytest and returns one result for every test in the ledger."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from autograder.outcomes import Outcome, TestResult
from autograder.testing.observer import Observer
from autograder.testing.plugin import Plugin
from autograder.testing.run import Run

Loop = Callable[[Plugin], object]


@dataclass(frozen=True)
class Results:
    """What came of a run.

    Attributes:
        tests: one result a test, in the ledger's order.
        reports: of the examined tasks, where something was found.
        faults: what was our own fault, in words.
        is_complete: whether every test that should be there has an outcome of its own.
    """

    tests: list[TestResult]
    reports: dict[str, Any]
    faults: list[str]
    is_complete: bool


def run_tests(run: Run, observer: Observer | None = None, loop: Loop | None = None) -> Results:
    """Runs the tests; never raises for anything that a submission or a test does.

    Raises:
        KeyboardInterrupt: whoever runs this wants it to end.

    Settings of pytest that happen to exist (pyproject.toml, PYTEST_ADDOPTS, other plugins) do not apply.

    Args:
        run: what is run.
        observer: is called at each step.
        loop: makes a pytest plugin that runs the collected tests in its own way; None for the usual ways: in this
            process where the submission is trusted, otherwise in a pool of processes.
    """
    import torch

    manifest = run.settings.manifest
    torch.set_num_threads(int(manifest.limits["threads"]))
    if str(manifest.root) not in sys.path:
        sys.path.insert(0, str(manifest.root))
    plugin = Plugin(run, observer)
    plugins: list[object] = [plugin, interruption := _Interruption()]
    if loop is not None:
        plugins.append(loop(plugin))
    elif run.transport is not None:  # only in isolation, which students' copies do not have
        from autograder.testing.parallel import Parallel

        plugins.append(Parallel(plugin, run.transport, run.settings.workers))
    code = _pytest(run, plugins)
    if interruption.error is not None:
        raise interruption.error
    faults = list(plugin.ledger.faults)
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        faults.append(f"pytest ended with {pytest.ExitCode(code).name}")
        plugin.is_whole = False
    tests = list(plugin.ledger.tests.values())
    ungraded = _ungraded(tests)
    return Results(tests, plugin.ledger.reports, faults + ungraded, plugin.is_whole and not ungraded)


def _ungraded(tests: list[TestResult]) -> list[str]:
    """One line for each reason why tests have no outcome of their own, with its first test."""
    by_reason: dict[str, list[TestResult]] = {}
    for test in tests:
        if test.outcome is Outcome.HARNESS:
            by_reason.setdefault(test.rationale, []).append(test)
    lines = []
    for why, found in by_reason.items():
        more = f" and {len(found) - 1} more tests" if len(found) > 1 else ""
        trace = f"\n{found[0].detail}" if why.startswith("the test itself") else ""
        lines.append(f"{found[0].id}{more}: {why}{trace}".rstrip())
    return lines


class _Interruption:
    """Keeps the KeyboardInterrupt with which a run ended: pytest does not pass it on."""

    error: BaseException | None = None

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # pytest's own kinds say that it cannot collect a file, or that a test called pytest.exit.
        if not isinstance(excinfo.value, pytest.Session.Interrupted | pytest.exit.Exception):
            self.error = excinfo.value


def _pytest(run: Run, plugins: list[object]) -> int:
    root = run.settings.manifest.root
    arguments = [str(root / suite.path) for suite in run.settings.suites]
    arguments += [f"--rootdir={root}", "-c", os.devnull, "--import-mode=importlib", "--assert=plain"]
    # Several processes would share the file that captures output; a worker's output does not come this way.
    arguments += ["--capture=sys"] if run.transport else []
    arguments += ["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-p", "no:faulthandler"]
    # Both collect all garbage at the end of a run, which takes long when much is loaded.
    arguments += ["-p", "no:unraisableexception", "-p", "no:threadexception"]
    old = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        return pytest.main(arguments, plugins=plugins)
    finally:
        os.environ.update({name: value for name, value in old.items() if value is not None})
