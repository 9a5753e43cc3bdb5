"""Wrong solutions of each question that a smoke run has to tell from the right one, at the manifest's own budget."""

from pathlib import Path
from typing import Any

from autograder.assignment.manifest import load

MANIFEST = load(Path(__file__).parents[2] / "assignment.toml")


def budget(run: str) -> dict[str, Any]:
    """What `hw.budget(run)` gives to the smoke test."""
    return dict(MANIFEST.tasks[run].budget)
