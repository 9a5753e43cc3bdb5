"""Runs a submission's tests and keeps its record: on disk, valid, from before the first test to after the last."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.assignment.manifest import Manifest
from autograder.assignment.scope import select
from autograder.outcomes import TestResult
from autograder.record import build as record
from autograder.record import upstream
from autograder.submission import answers
from autograder.submission.artifacts import ArtifactStore
from autograder.testing.plugin import Plugin
from autograder.testing.run import Examine, Run
from autograder.testing.runner import run_tests

if TYPE_CHECKING:  # students test without isolation, and get no code of it
    from autograder.isolation.isolated import Isolated

Progress = Callable[[TestResult, int, int], None]
Render = Callable[[record.Record], dict[str, Any]]
RESULTS = "results.json"


@dataclass(frozen=True)
class Request:
    """What is to be graded and how.

    Attributes:
        manifest: the assignment.
        package: the folder of the (staged) package.
        suites: names of the suites to run.
        only: questions or tasks to which the run is limited; empty for all.
        seed: of the run.
        device: "cpu" or "cuda".
        out: where the record is kept; None keeps none.
        results: what a platform shows of a record, kept beside it; None for no platform.
        sources: digests of the submission's files as they were handed in.
        notes: what intake found odd.
        overrides: tasks answered by the grader in place of the submission's.
        isolated: where workers come from, `package` being the package that they mount; None runs the submission in this
            process, which trusts it.
        promises: what was tried of the isolation before, for the record.
        workers: how many tests run at a time; more than one only in isolation.
        attempt: which submission of its student it is, counted from 1.
        examine: finds out what is wrong with a task that failed; None to leave it at that.
    """

    manifest: Manifest
    package: Path
    suites: tuple[str, ...]
    only: tuple[str, ...] = ()
    seed: int = 0
    device: str = "cpu"
    out: Path | None = None
    results: Render | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    overrides: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    isolated: "Isolated | None" = None
    promises: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    attempt: int = 1
    examine: Examine | None = None


def grade(request: Request, progress: Progress = lambda result, done, total: None) -> record.Record:
    """Runs the tests in scope and returns the record; whatever the submission does, there is one.

    Raises:
        InputError: `only` names no question and no task.
        OSError: the record cannot be written.
    """
    manifest = request.manifest
    suites = tuple(suite for suite in manifest.suites if suite.name in request.suites)
    form, shelf = answers.read(request.package), ArtifactStore(request.package, manifest)
    scope = select(manifest, request.only, suites)
    facts = record.Facts(
        manifest=manifest,
        suites=tuple(suite.name for suite in suites),
        scope=scope,
        seed=request.seed,
        device=request.device,
        isolation={
            "mode": "isolated" if request.isolated else "none",
            "layers": request.isolated.layers.words() if request.isolated else [],
            "promises": dict(request.promises),
        },
        answers=form.values,
        sources=dict(request.sources),
        notes=(*request.notes, *([form.problem] if form.problem else form.remarks(manifest))),
        attempt=request.attempt,
        artifacts=shelf.rows(),
        environment=record.environment(request.device),
    )
    started = time.monotonic()

    def keep(
        complete: bool, faults: list[str], feedback: Mapping[str, upstream.Feedback] | None = None
    ) -> record.Record:
        results = list(plugin.ledger.values())
        seconds = time.monotonic() - started
        data = record.build(
            facts, results, complete=complete, faults=faults, seconds=seconds, feedback=feedback
        )
        if (
            complete or not plugin.results
        ):  # between the two only single tests change, and those are checked one by one
            record.check(data, "record")
        if request.out is not None:
            _write(data, request.out, request.results, pretty=complete)
        return data

    def announce(result: TestResult) -> None:
        progress(result, len(plugin.results), len(plugin.ledger))
        record.check(result.as_row(), "test")
        if request.out is not None:
            keep(complete=False, faults=plugin.faults)

    run = Run(
        manifest,
        request.package,
        suites,
        scope,
        request.seed,
        request.device,
        request.overrides,
        announce=announce,
        transport=request.isolated,
        answers=form,
        shelf=shelf,
        workers=request.workers if request.isolated else 0,
        examine=request.examine,
    )
    plugin = Plugin(run)
    keep(complete=False, faults=[])
    finished = run_tests(run, plugin)
    if request.examine is None:
        return keep(complete=True, faults=finished.faults)
    needs = upstream.wrong_needs(manifest, plugin.looks, finished.results)
    left = manifest.limits["total"] - (time.monotonic() - started)
    again, faults = _try_again(run, plugin, needs, left)
    told = upstream.feedback(manifest, plugin.findings, needs, again.ledger.values(), again.findings)
    return keep(complete=True, faults=finished.faults + faults, feedback=told)


def _try_again(
    run: Run, first: Plugin, needs: Mapping[str, tuple[str, ...]], seconds: float
) -> tuple[Plugin, list[str]]:
    """Runs the tests of tasks that need wrong ones, with the grader's own answers for those. Gives faults too."""
    stand_ins = upstream.stand_ins(run.manifest, first.looks, needs)
    again = replace(
        run, scope=tuple(stand_ins), stand_ins=stand_ins, announce=lambda result: None, seconds=seconds
    )
    plugin = Plugin(again)
    if not stand_ins or seconds <= 0:
        return plugin, []
    return plugin, run_tests(again, plugin).faults


def begin(request: Request) -> None:
    """Leaves a record that knows nothing yet, before the submission is even looked at; `grade` replaces it."""
    if request.out is None:
        return
    manifest = request.manifest
    suites = tuple(suite for suite in manifest.suites if suite.name in request.suites)
    mode = "isolated" if request.isolated else "none"
    facts = record.Facts(
        manifest,
        tuple(suite.name for suite in suites),
        select(manifest, request.only, suites),
        request.seed,
        request.device,
        {"mode": mode, "layers": [], "promises": {}},
    )
    _write(
        record.build(facts, [], complete=False, faults=[], seconds=0.0),
        request.out,
        request.results,
        pretty=True,
    )


def _write(data: record.Record, out: Path, results: Render | None, *, pretty: bool) -> None:
    record.write(data, out / record.NAME, pretty=pretty)
    if results is not None:
        record.write(results(data), out / RESULTS, pretty=pretty)
