"""Ends the tests of tasks that are not filled in yet: their outcome is known from the files alone."""

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Task
from autograder.outcomes import Outcome
from autograder.submission import answers
from autograder.submission.artifacts import ArtifactStore
from autograder.submission.sources import State, called_tasks
from autograder.testing.run import Run
from autograder.testing.verdict import NotRun


def refuse_unready(task: Task, run: Run) -> None:
    """Ends a test of a TODO, broken or BLOCKED task before it runs.

    Raises:
        NotRun: the outcome of the test.
    """
    submission, tasks = run.submission, run.settings.manifest.tasks
    if task.kind is Kind.ANSWER and submission.answers.problem:
        raise NotRun(Outcome.CRASHED, submission.answers.problem, where=answers.FILE)
    for need in (task.id, *called_tasks(task, tasks, submission.sources)):
        _refuse_without_weights(task, tasks[need], submission.artifacts)
        source = submission.sources.get(need)
        if source is None or source.state is State.READY or need in run.overrides:
            continue
        if need != task.id:
            state = "still TODO" if source.state is State.TODO else "broken"
            why, hint = f"{task.id} needs {need}, which is {state}", f"Do {need} first ({source.where})."
            raise NotRun(Outcome.BLOCKED, why, hint, source.where)
        if source.state is State.TODO:
            hint = "Write the body there and delete the `raise` line; the docstring above it says what to return."
            raise NotRun(Outcome.TODO, source.why, hint, source.where)
        raise NotRun(Outcome.CRASHED, source.why, where=source.where)


def _refuse_without_weights(task: Task, need: Task, artifacts: ArtifactStore) -> None:
    """Ends a test of weights, or of what is measured on them, where there are none."""
    if need.kind is not Kind.ARTIFACT or artifacts.holds(need):
        return
    command = f": {need.command}" if need.command else ""
    hint = f"Train it{command or '.'}"
    if need is task:
        why = f"{need.id} is not trained yet: there is no {need.file}"
        raise NotRun(Outcome.TODO, why, hint, need.file)
    why = f"{task.id} is measured on {need.file}, which is not there yet{command}"
    raise NotRun(Outcome.BLOCKED, why, hint, need.file)
