"""Which tasks a run is limited to."""

from autograder.assignment.manifest import Manifest, Suite
from autograder.errors import InputError


def select(manifest: Manifest, only: tuple[str, ...], suites: tuple[Suite, ...]) -> tuple[str, ...]:
    """The tasks that `only` names, as questions ("q1d", or "q1" for all its parts) or tasks; runs only with training.

    Raises:
        InputError: a name fits nothing.
    """
    training = any(suite.training for suite in suites)
    tasks = [task for task in manifest.tasks.values() if training or task.kind != "run"]
    chosen: list[str] = [] if only else [task.id for task in tasks]
    for name in only:
        found = [t.id for t in tasks if name in (t.id, t.question) or t.question.rstrip("abcdefgh") == name]
        if not found:
            known = ", ".join(question.id for question in manifest.questions)
            raise InputError(f"{name!r} is no question and no task here; questions are {known}")
        chosen += [task for task in found if task not in chosen]
    return tuple(chosen)
