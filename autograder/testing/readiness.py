"""Ends the tests of what is not there yet: their end is known from the files alone."""

from collections.abc import Mapping

from autograder.assignment.manifest import Task
from autograder.outcomes import Outcome
from autograder.submission import answers
from autograder.submission import sources as source
from autograder.submission.artifacts import ArtifactStore
from autograder.testing.run import Run
from autograder.testing.verdict import NotRun


def refuse_unready(
    task: Task, run: Run, looks: Mapping[str, source.TaskSource], form: answers.Answers, shelf: ArtifactStore
) -> None:
    """Ends TODO, broken and BLOCKED tasks.

    Args:
        task: whose test is about to run.
        run: the terms.
        looks: what was seen of the package's sources.
        form: its answers.
        shelf: its trained weights.

    Raises:
        NotRun: the test has its end.
    """
    if task.kind == "answer" and form.problem:
        raise NotRun(Outcome.CRASHED, form.problem, where=answers.FILE)
    for need in (task.id, *source.called_tasks(task, run.manifest.tasks, looks)):
        _refuse_without_weights(task, run.manifest.tasks[need], shelf)
        look = looks.get(need)
        if look is None or look.state is source.State.READY or need in run.overrides:
            continue
        if need != task.id:
            state = "still TODO" if look.state is source.State.TODO else "broken"
            why, hint = f"{task.id} needs {need}, which is {state}", f"Do {need} first ({look.where})."
            raise NotRun(Outcome.BLOCKED, why, hint, look.where)
        if look.state is source.State.TODO:
            hint = (
                "Write the body there and delete the `raise` line; the docstring above it says what is due."
            )
            raise NotRun(Outcome.TODO, look.why, hint, look.where)
        raise NotRun(Outcome.CRASHED, look.why, where=look.where)


def _refuse_without_weights(task: Task, need: Task, shelf: ArtifactStore) -> None:
    """Ends a test of weights, or of what is measured on them, where there are none."""
    if need.kind != "artifact" or shelf.holds(need):
        return
    command = f": {need.command}" if need.command else ""
    hint = f"Train it{command or '.'}"
    if need is task:
        why = f"{need.id} is not trained yet: there is no {need.file}"
        raise NotRun(Outcome.TODO, why, hint, need.file)
    why = f"{task.id} is measured on {need.file}, which is not there yet{command}"
    raise NotRun(Outcome.BLOCKED, why, hint, need.file)
