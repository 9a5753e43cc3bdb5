"""Every figure that the README and the test thresholds quote, each by one command."""
