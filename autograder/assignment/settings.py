"""What is graded, and with which settings: chosen once by a command, and passed on whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autograder.assignment.manifest import Manifest, Suite
from autograder.assignment.scope import select


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All of a grade that does not depend on the submission's content.

    Attributes:
        manifest: the assignment.
        suites: the suites whose tests run.
        tasks: ids of the tasks whose tests run.
        seed: of the whole run; every test derives its own seed from it.
        device: "cpu" or "cuda", for training runs; "auto" as long as it is not known.
        workers: how many tests run at the same time; more than one only in isolation.
        attempt: which submission of its student this is, counted from 1.
    """

    manifest: Manifest
    suites: tuple[Suite, ...]
    tasks: tuple[str, ...]
    seed: int = 0
    device: str = "cpu"
    workers: int = 1
    attempt: int = 1


def choose(
    manifest: Manifest, *, suites: Iterable[str] | None = None, only: Iterable[str] = (), **settings: Any
) -> Settings:
    """Settings for the tasks and suites with these names.

    Args:
        manifest: the assignment.
        suites: names of suites; None for all.
        only: questions or tasks to which the run is limited; empty for all.
        settings: the other fields of `Settings`.

    Raises:
        InputError: a name in `only` is not a question and not a task.
    """
    names = {suite.name for suite in manifest.suites} if suites is None else set(suites)
    chosen = tuple(suite for suite in manifest.suites if suite.name in names)
    return Settings(manifest=manifest, suites=chosen, tasks=select(manifest, tuple(only), chosen), **settings)
