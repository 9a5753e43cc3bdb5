"""Supports a direct call of `pytest tests/public`: without a run of the command line, the plugin grades `student/`."""

from pathlib import Path

import pytest

from autograder.manifest import load
from autograder.plugin import Plugin
from autograder.terms import Run


def pytest_configure(config: pytest.Config) -> None:
    if any(isinstance(plugin, Plugin) for plugin in config.pluginmanager.get_plugins()):
        return
    manifest = load(Path(__file__).parent.parent / "assignment.toml")
    run = Run(manifest, manifest.root / manifest.package, manifest.suites, tuple(manifest.tasks))
    config.pluginmanager.register(Plugin(run), "autograder")
