"""Hypothesis in graded tests: seeded from the run, no deadline, no database, few examples."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "graded",
    database=None,
    deadline=None,
    max_examples=25,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("graded")
