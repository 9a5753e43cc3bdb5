"""Gradescope's own world: what it says of a submission, the terms that follow, and a run in its box."""
