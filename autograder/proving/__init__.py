"""How good the tests and the feedback are, measured with known answers and random mutants."""
