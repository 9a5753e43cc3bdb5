"""Lets `pytest tests/public` be called by hand: without the command line's run, the plugin grades `student/`."""

from pathlib import Path

import pytest

from autograder.assignment.manifest import load
from autograder.assignment.settings import choose
from autograder.submission import staged
from autograder.testing.plugin import Plugin
from autograder.testing.run import Run


def pytest_configure(config: pytest.Config) -> None:
    if any(isinstance(plugin, Plugin) for plugin in config.pluginmanager.get_plugins()):
        return
    manifest = load(Path(__file__).parent.parent / "assignment.toml")
    package = staged.read(manifest.root / manifest.package, manifest)
    config.pluginmanager.register(Plugin(Run(settings=choose(manifest), submission=package)), "autograder")
