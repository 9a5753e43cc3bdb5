"""Measures the quality of the tests and the feedback, with known answers and random mutants."""
