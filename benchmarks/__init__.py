"""One command for each number that the README and the test thresholds quote."""
