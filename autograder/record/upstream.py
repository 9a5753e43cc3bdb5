"""Credit despite an upstream mistake: a task that calls a wrong one is tested again with the reference in its place."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograder.assignment.manifest import Manifest
from autograder.outcomes import Feedback, Finding, Outcome, TestResult, worst
from autograder.record import scoring
from autograder.submission.sources import TaskSource, called_tasks
from autograder.testing.homework import Instrument

WRONG = (Outcome.FAILED, Outcome.CRASHED, Outcome.TIMEOUT, Outcome.KILLED)


def wrong_needs(
    manifest: Manifest, sources: Mapping[str, TaskSource], results: Iterable[TestResult]
) -> dict[str, tuple[str, ...]]:
    """For each failed code task, the failed tasks that it calls in this submission."""
    ends: dict[str, list[Outcome]] = {}
    for result in results:
        ends.setdefault(result.task, []).append(result.outcome)
    wrong = {task for task, outcomes in ends.items() if worst(outcomes) in WRONG}
    found = {}
    for task in sorted(wrong & sources.keys(), key=list(manifest.tasks).index):
        needs = [
            need for need in called_tasks(manifest.tasks[task], manifest.tasks, sources) if need in wrong
        ]
        if needs:
            found[task] = needs
    # A task that calls no other wrong task comes first: the student starts there.
    return {task: tuple(sorted(needs, key=lambda need: need in found)) for task, needs in found.items()}


def stand_ins(
    manifest: Manifest, sources: Mapping[str, TaskSource], needs: Mapping[str, tuple[str, ...]]
) -> dict[str, dict[str, Callable[..., Any]]]:
    """The reference's functions that replace the wrong ones, by the task whose tests run.

    A class cannot be replaced: a task that needs a wrong class gets no stand-ins.
    """
    instrument = Instrument(manifest)
    return {
        task: {need: instrument(need) for need in wrong}
        for task, wrong in needs.items()
        if not any(sources[need].is_class for need in wrong)
    }


def feedback(
    manifest: Manifest,
    findings: Mapping[str, Finding],
    needs: Mapping[str, tuple[str, ...]],
    second: Iterable[TestResult],
    second_findings: Mapping[str, Finding],
) -> dict[str, Feedback]:
    """Feedback on each task, from its first run and from the second one with stand-ins.

    Args:
        manifest: the assignment.
        findings: from the first run.
        needs: as `wrong_needs`.
        second: results of the second run.
        second_findings: from the second run.
    """
    known = {task: Feedback(finding) for task, finding in findings.items()}
    again: dict[str, list[TestResult]] = {task: [] for task in needs}
    for result in second:
        again[result.task].append(result)
    for task, wrong in needs.items():
        if not again[task]:
            known[task] = Feedback(upstream=wrong)
            continue
        score = scoring.score_task(manifest.tasks[task], again[task])
        known[task] = Feedback(
            second_findings.get(task),
            wrong,
            score.outcome is Outcome.PASSED,
            round(manifest.feedback.upstream_credit * score.points, scoring.PLACES),
        )
    return known
