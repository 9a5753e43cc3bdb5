"""Runs the tests of a `Run` through pytest and returns one result for every test in the ledger."""

import os
import sys
from dataclasses import dataclass

import pytest

from autograder.outcomes import Outcome, TestResult
from autograder.testing.plugin import Plugin
from autograder.testing.run import Run


@dataclass(frozen=True)
class Finished:
    """A run's end: results in the ledger's order, and what was our own fault, in words."""

    results: list[TestResult]
    faults: list[str]


def run_tests(run: Run, plugin: Plugin | None = None) -> Finished:
    """Runs the tests; never raises for anything that a submission or a test does.

    Settings of pytest that lie about (pyproject.toml, PYTEST_ADDOPTS, other plugins) do not apply.
    """
    import torch

    torch.set_num_threads(int(run.manifest.limits["threads"]))
    root = run.manifest.root
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    plugin = plugin or Plugin(run)
    plugins: list[object] = [plugin]
    if run.workers:  # only in isolation, which students do without
        from autograder.testing.parallel import Sharded

        plugins.append(Sharded(plugin, run.workers))
    arguments = [str(root / suite.path) for suite in run.suites]
    arguments += [f"--rootdir={root}", "-c", os.devnull, "--import-mode=importlib", "--assert=plain"]
    # Several processes would share the file that output is captured in; a worker's output does not come this way.
    arguments += ["--capture=sys"] if run.transport else []
    arguments += ["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-p", "no:faulthandler"]
    # Both collect all garbage at the end of a run, which takes long where much is loaded.
    arguments += ["-p", "no:unraisableexception", "-p", "no:threadexception"]
    old = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        code = pytest.main(arguments, plugins=plugins)
    finally:
        os.environ.update({name: value for name, value in old.items() if value is not None})
    faults = list(plugin.faults)
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        faults.append(f"pytest ended with {pytest.ExitCode(code).name}")
    for result in plugin.ledger.values():
        if result.outcome is Outcome.HARNESS:
            faults.append(f"{result.id}: {result.rationale}\n{result.detail}".rstrip())
    return Finished(list(plugin.ledger.values()), faults)
