"""One run of the tests: pytest plugin, time budget, and processes that run tests in parallel."""
