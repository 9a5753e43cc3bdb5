"""Independent credit: a task that builds on a wrong one is tried again with the grader's own answer for that one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.assignment.manifest import Manifest
from autograder.outcomes import Finding, Outcome, TestResult, worst
from autograder.record import scoring
from autograder.submission import sources as source
from autograder.testing.homework import Instrument

WRONG = (Outcome.FAILED, Outcome.CRASHED, Outcome.TIMEOUT, Outcome.KILLED)


@dataclass(frozen=True)
class Feedback:
    """What a student is told of a task as a whole.

    Attributes:
        finding: what is wrong with it; None where that cannot be told.
        upstream: tasks that it calls and that are wrong themselves; those first where a student has to start.
        is_right_otherwise: whether it is right once the grader answers for those.
        credit: points for what is right then.
    """

    finding: Finding | None = None
    upstream: tuple[str, ...] = ()
    is_right_otherwise: bool = False
    credit: float = 0.0


def wrong_needs(
    manifest: Manifest, looks: Mapping[str, source.TaskSource], results: Iterable[TestResult]
) -> dict[str, tuple[str, ...]]:
    """Of each code task that failed, the tasks that it calls in this submission and that failed as well."""
    ends: dict[str, list[Outcome]] = {}
    for result in results:
        ends.setdefault(result.task, []).append(result.outcome)
    wrong = {task for task, outcomes in ends.items() if worst(outcomes) in WRONG}
    found = {}
    for task in sorted(wrong & looks.keys(), key=list(manifest.tasks).index):
        needs = [
            need for need in source.called_tasks(manifest.tasks[task], manifest.tasks, looks) if need in wrong
        ]
        if needs:
            found[task] = needs
    # What needs no wrong task itself comes first: there a student has to start.
    return {task: tuple(sorted(needs, key=lambda need: need in found)) for task, needs in found.items()}


def stand_ins(
    manifest: Manifest, looks: Mapping[str, source.TaskSource], needs: Mapping[str, tuple[str, ...]]
) -> dict[str, dict[str, Callable[..., Any]]]:
    """The reference's functions that answer for the wrong ones, by the task whose tests run.

    A class cannot be answered for: a task that needs a wrong one has none.
    """
    instrument = Instrument(manifest)
    return {
        task: {need: instrument(need) for need in wrong}
        for task, wrong in needs.items()
        if not any(looks[need].is_class for need in wrong)
    }


def feedback(
    manifest: Manifest,
    findings: Mapping[str, Finding],
    needs: Mapping[str, tuple[str, ...]],
    second: Iterable[TestResult],
    second_findings: Mapping[str, Finding],
) -> dict[str, Feedback]:
    """What is told of each task, from the first look and from the second with stand-ins.

    Args:
        manifest: the assignment.
        findings: of the first look.
        needs: as `wrong_needs`.
        second: results of the tasks that were tried again.
        second_findings: what was found out of them then.
    """
    told = {task: Feedback(finding) for task, finding in findings.items()}
    again: dict[str, list[TestResult]] = {task: [] for task in needs}
    for result in second:
        again[result.task].append(result)
    for task, wrong in needs.items():
        if not again[task]:
            told[task] = Feedback(upstream=wrong)
            continue
        score = scoring.score_task(manifest.tasks[task], again[task])
        told[task] = Feedback(
            second_findings.get(task),
            wrong,
            score.outcome is Outcome.PASSED,
            round(manifest.feedback.upstream_credit * score.points, scoring.PLACES),
        )
    return told
