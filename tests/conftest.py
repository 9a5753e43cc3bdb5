"""Lets `pytest tests/public` be called by hand: without the command line's run, the plugin grades `student/`."""

from pathlib import Path

import pytest

from autograder.assignment.manifest import load
from autograder.testing.plugin import Plugin
from autograder.testing.run import Run


def pytest_configure(config: pytest.Config) -> None:
    if any(isinstance(plugin, Plugin) for plugin in config.pluginmanager.get_plugins()):
        return
    manifest = load(Path(__file__).parent.parent / "assignment.toml")
    run = Run(manifest, manifest.root / manifest.package, manifest.suites, tuple(manifest.tasks))
    config.pluginmanager.register(Plugin(run), "autograder")
