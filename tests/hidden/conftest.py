"""Hypothesis in graded tests: seeded from the run, no deadline, no database, few examples, no shrinking."""

from hypothesis import HealthCheck, Phase, settings

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
