"""Settings of Hypothesis in graded tests: a seed from the run, no deadline, no database, few examples, no shrinking."""

import pytest
from hypothesis import HealthCheck, Phase, seed, settings

from autograder.testing.plugin import Plugin

settings.register_profile(
    "graded",
    database=None,
    deadline=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],  # no shrinking: each example is a call to the submission
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("graded")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Seeds a property test from the run's seed and the test's name, like every other random input."""
    function = getattr(item, "obj", None)
    if hasattr(function, "hypothesis"):
        plugin = next(p for p in item.config.pluginmanager.get_plugins() if isinstance(p, Plugin))
        seed(plugin.run.seed_of(item.nodeid))(function)
