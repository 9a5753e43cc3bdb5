"""Reads what was handed in (files, sources, answers, trained weights) and never executes any of it."""
