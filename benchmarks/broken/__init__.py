"""Wrong solutions of each question that a smoke run must distinguish from the right one, with the manifest's budget."""

from pathlib import Path
from typing import Any

from autograder.assignment.manifest import load

MANIFEST = load(Path(__file__).parents[2] / "assignment.toml")


def budget(run: str) -> dict[str, Any]:
    """What `hw.budget(run)` returns in the smoke test."""
    return dict(MANIFEST.tasks[run].budget)
