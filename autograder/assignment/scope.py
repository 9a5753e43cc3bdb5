"""Selects tasks by the names of tasks, questions and chapters."""

import re

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Manifest, Suite, Task
from autograder.errors import InputError


def chapter_of(question: str) -> str:
    """The id of the chapter that a question is a part of: q1 for q1d."""
    return re.sub(r"[a-z]+$", "", question)


def is_named(task: Task, name: str) -> bool:
    """Whether a name stands for a task: its id, its question ("q1d"), or the chapter with all its parts ("q1")."""
    return name in (task.id, task.question, chapter_of(task.question))


def select(manifest: Manifest, only: tuple[str, ...], suites: tuple[Suite, ...]) -> tuple[str, ...]:
    """The ids of the tasks that a run is limited to.

    Args:
        manifest: the assignment.
        only: names, as in `is_named`; empty for every task.
        suites: the suites that run. Training runs are left out if none of these suites trains.

    Raises:
        InputError: there is no task for a name.
    """
    training = any(suite.training for suite in suites)
    tasks = [task for task in manifest.tasks.values() if training or task.kind is not Kind.RUN]
    chosen: list[str] = [] if only else [task.id for task in tasks]
    for name in only:
        found = [task.id for task in tasks if is_named(task, name)]
        if not found:
            known = ", ".join(question.id for question in manifest.questions)
            raise InputError(
                f"{name!r} is not a question or a task of this homework; the questions are {known}"
            )
        chosen += [task for task in found if task not in chosen]
    return tuple(chosen)
