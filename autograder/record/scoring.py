"""Points of tests, tasks and questions."""

from collections.abc import Iterable
from dataclasses import dataclass

from autograder.assignment.manifest import Manifest, Task
from autograder.outcomes import Outcome, TestResult, worst

PLACES = 6


@dataclass(frozen=True)
class TaskScore:
    """The score of a task: worst outcome of its tests, points earned and points possible in the suites that ran."""

    task: Task
    outcome: Outcome
    points: float
    max_points: float
    tests: tuple[str, ...]


def score_task(task: Task, results: list[TestResult]) -> TaskScore:
    """Points divide over the tests by weight; one TODO or BLOCKED test, or none at all, gives the task 0 points.

    A test that ended HARNESS is neither right nor wrong: its share is not in the points, nor in the possible points.
    Where all its tests in the suites that ran have weight 0, the task has no points.
    """
    outcome = worst([result.outcome for result in results])
    total = sum(result.weight for result in results)
    graded = sum(result.weight for result in results if result.outcome is not Outcome.HARNESS)
    passed = sum(result.weight for result in results if result.outcome is Outcome.PASSED)
    unfinished = any(result.outcome in (Outcome.TODO, Outcome.BLOCKED) for result in results)
    possible = task.points * (graded / total if total else not results)
    points = 0.0 if unfinished or not total else possible * passed / graded if graded else 0.0
    return TaskScore(
        task, outcome, round(points, PLACES), round(possible, PLACES), tuple(result.id for result in results)
    )


def score_tasks(manifest: Manifest, scope: Iterable[str], results: Iterable[TestResult]) -> list[TaskScore]:
    """Every task in scope, in the manifest's order."""
    by_task: dict[str, list[TestResult]] = {task: [] for task in scope}
    for result in results:
        if result.task in by_task:
            by_task[result.task].append(result)
    return [score_task(manifest.tasks[task], found) for task, found in by_task.items()]


def total(scores: Iterable[TaskScore]) -> float:
    """The sum of points, without rounding errors."""
    return round(sum(score.points for score in scores), 4)
