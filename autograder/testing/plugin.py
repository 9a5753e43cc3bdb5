"""The pytest plugin: markers, fixtures, collection, and an outcome for every test.

pytest runs the tests; it never decides a score. Every test in the ledger ends in exactly one `TestResult`, whatever
pytest reports, and one that did not run at all is a fault of the harness.
"""

import inspect
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Suite, Task
from autograder.errors import Killed
from autograder.outcomes import Outcome, TestResult
from autograder.testing.examination import Examinations
from autograder.testing.homework import Homework, Instrument, derive_seed, seed_global_generators
from autograder.testing.ledger import Ledger
from autograder.testing.observer import Observer
from autograder.testing.readiness import refuse_unready
from autograder.testing.run import Run
from autograder.testing.time_budget import TimeBudget
from autograder.testing.verdict import LATE, NOT_GRADED, NotRun, hidden_title, is_certain, judge, redact
from autograder.transport.in_process import InProcess
from autograder.transport.session import Session

OUTPUT_CAP = 4_000


class Plugin:
    """Collects the tests of a run, runs them, and keeps what happens in a ledger.

    Args:
        run: the run.
        observer: is called at each step.

    Attributes:
        ledger: what happens.
        budget: how long tests may take.
        is_whole: whether every test that should be there was collected.
        is_deferring: whether a test of the present task has been deferred, so that its other tests wait as well.
        is_second_try: whether tests run for the second time, and may run for a third.
    """

    def __init__(self, run: Run, observer: Observer | None = None) -> None:
        self.ledger = Ledger(*([observer] if observer else []))
        self.budget = run.budget or TimeBudget(run.settings.manifest)
        self.is_deferring = self.is_second_try = False
        self.is_whole = True
        self._collected: dict[str, TestResult] = {}
        self.start(run, [])

    def start(self, run: Run, tests: list[str]) -> None:
        """From now on these collected tests meet the submission of this run."""
        manifest = run.settings.manifest
        self.run = run
        self._manifest = manifest
        self._transport = run.transport or InProcess(run.submission.package, manifest.package)
        self._unrun = {test: self._collected[test] for test in tests}
        self._examinations = Examinations(run.examine, [test.task for test in self._unrun.values()])
        self.ledger.restart(self._unrun)
        self._timed_out: set[str] = set()
        self._current: Homework | None = None

    # -- collection -------------------------------------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "task(id): the one task whose points this test carries")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept: list[pytest.Item] = []
        tests: dict[str, TestResult] = {}
        for item in items:
            suite = self._manifest.suite_of(item.path)
            if suite is None:  # not graded: the project's own tests, when pytest is called by hand
                kept.append(item)
                continue
            if suite not in self.run.settings.suites:
                continue
            task = self._task_of(item)
            if task is None:
                self._lacks(
                    f"{item.nodeid}: has no `task` marker, or its marker names a task that is not in the manifest"
                )
            elif task.id in self.run.settings.tasks:
                if item.nodeid in tests:
                    self._lacks(f"{item.nodeid}: was collected twice")
                else:
                    tests[item.nodeid] = _not_run(item, task, suite)
                    kept.append(item)
        counts = Counter(test.task for test in tests.values())
        suites = ", ".join(suite.name for suite in self.run.settings.suites)
        for name in self.run.settings.tasks:
            if not counts[name]:
                self._lacks(f"{name}: has no test in {suites}")
        self._collected = tests
        self.ledger.collected(list(tests.values()))
        self.start(self.run, list(tests))
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        report = yield
        if report.failed:
            self._lacks(f"{collector.nodeid}: cannot be collected: {report.longreprtext}")
        return report

    def _lacks(self, words: str) -> None:
        self.is_whole = False
        self.ledger.fault(words)

    def _task_of(self, item: pytest.Item) -> Task | None:
        marker = item.get_closest_marker("task")
        return self._manifest.tasks.get(marker.args[0]) if marker and marker.args else None

    # -- one test ---------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        task = self._task_of(item)
        if item.nodeid in self._unrun and task is not None:
            self.ledger.test_starts(item.nodeid, self.budget.limit_of_test(task.id))
            seed_global_generators(self.run.seed_of(item.nodeid))
            refuse_unready(task, self.run)
            self._refuse_late(task)

    def _refuse_late(self, task: Task) -> None:
        if task.id in self._timed_out:
            raise NotRun(Outcome.TIMEOUT, LATE[Outcome.TIMEOUT], "Fix that one first.")
        if self.budget.is_used_up and self.budget.is_used_by_submission:
            raise NotRun(Outcome.TIMEOUT, "not run: the code has used up the time of the whole grade")
        if self.budget.is_used_up:
            raise NotRun(Outcome.HARNESS, NOT_GRADED.format(self.budget.clock))

    @pytest.fixture
    def hw(self, request: pytest.FixtureRequest) -> Iterator[Homework]:
        """The submission, as a test may see it."""
        task = self._task_of(request.node)
        assert task is not None
        seed = self.run.seed_of(request.node.nodeid)
        session = self._open(task, seed, self.budget.limit(task.id))
        self._current = Homework(session, self.run.submission, self.run.settings, seed)
        yield self._current
        session.close()

    def _open(self, task: Task, seed: int, seconds: float) -> Session:
        return self._transport.open(
            derive_seed(seed, "calls"),
            seconds,
            {**self.run.overrides, **self.run.stand_ins.get(task.id, {})},
            memory_mb=task.memory_mb,
            gpu=task.kind is Kind.RUN and self.run.settings.device == "cuda",
        )

    @pytest.fixture
    def instrument(self) -> Instrument:
        """Objects of the staff's own package, to measure with."""
        return Instrument(self._manifest)

    @pytest.fixture
    def right_choice(self) -> Callable[[str], str]:
        """The right option of a choice question; staff only."""
        staff = self._manifest.staff
        return lambda key: staff.choices[key] if staff else ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if item.nodeid in self._unrun and (call.when == "call" or call.excinfo is not None):
            ended = item.nodeid in self.ledger.ended
            if not (ended and self.ledger.tests[item.nodeid].outcome is Outcome.HARNESS):
                self._end(item, call, report)
        return report

    def _waits(self, result: TestResult, error: BaseException | None) -> bool:
        """Whether the test is tried once more before anything counts: a signal from outside has to come twice."""
        if is_certain(result, error):
            return False
        tried = self.ledger.first_tries.get(result.id)
        is_first_signal = isinstance(error, Killed) and tried is not None and tried.outcome is Outcome.TIMEOUT
        return self.budget.is_first_try or (self.is_second_try and is_first_signal)

    def _end(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        result = replace(
            self._unrun[item.nodeid],
            seconds=round(call.duration, 4),
            output=report.capstdout,
            rationale="",
            metrics={},
            shown={},
        )
        task = self._manifest.tasks[result.task]
        session = None
        if self._current is not None:
            session = self._current.session
            result.metrics, result.shown = dict(self._current.metrics), dict(self._current.shown)
            result.output += session.printed()
            result.charged = round(session.charged(), 4)
            self.budget.charge(result.charged)
            self._current = None
        result.output = result.output[-OUTPUT_CAP:]
        if call.excinfo is None:
            result.outcome = Outcome.PASSED
        else:
            judge(result, call.excinfo.value, self.run.submission.package, session)
            if task.kind is Kind.ANSWER and result.outcome in (Outcome.FAILED, Outcome.TODO):
                result.where = self.run.submission.answers.where(task.name)
        suite = next(suite for suite in self.run.settings.suites if suite.name == result.suite)
        if suite.visibility != "visible":
            redact(result, _title(item))
        if self._waits(result, call.excinfo and call.excinfo.value):
            self.is_deferring = True
            self.ledger.test_deferred(result)
            return
        if result.outcome is Outcome.TIMEOUT:
            self._timed_out.add(task.id)
        self.ledger.test_ended(result.after(self.ledger.first_tries.get(result.id)))
        if session is not None:
            self._examinations.keep(task.id, result.id, session)
        seed = self.run.seed_of(f"a second look at {task.id}")
        self._examinations.test_ended(
            task,
            self.ledger.outcomes_of(task.id),
            lambda: self._open(task, seed, task.seconds),
            self.ledger,
        )


def _not_run(item: pytest.Item, task: Task, suite: Suite) -> TestResult:
    """What the record says of a test until it has run."""
    return TestResult(
        id=item.nodeid,
        task=task.id,
        suite=suite.name,
        title=_title(item) if suite.visibility == "visible" else hidden_title(task.id),
        outcome=Outcome.HARNESS,
        weight=float(task.weights.get(suite.name, 1.0)),
        rationale="this test did not run: grading was cut short before it",
    )


def _title(item: pytest.Item) -> str:
    """The line that its reader sees."""
    return (inspect.getdoc(getattr(item, "function", None)) or item.name).splitlines()[0]
