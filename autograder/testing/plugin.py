"""The pytest plugin: markers, fixtures, the ledger, and an outcome for every test.

pytest runs the tests; it never decides a score. Every test in the ledger ends in exactly one `TestResult`, whatever
pytest reports, and one that did not run at all is a fault of the harness.
"""

import gc
import inspect
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from autograder.assignment.manifest import Suite, Task
from autograder.outcomes import Finding, Outcome, TestResult
from autograder.submission import answers as answer_form
from autograder.submission import sources as source
from autograder.submission.artifacts import ArtifactStore
from autograder.testing.homework import Homework, Instrument, derive_seed
from autograder.testing.readiness import refuse_unready
from autograder.testing.run import Run
from autograder.testing.time_budget import Patience
from autograder.testing.verdict import NotRun, hidden_title, judge, veil
from autograder.transport.in_process import InProcess
from autograder.transport.session import Session

OUTPUT_CAP = 4_000
LATE = "not run: an earlier test of this task ran past its limit"


class Plugin:
    """Runs the tests of a `Run` and keeps the results, by test id, in the ledger's order."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.ledger: dict[str, TestResult] = {}
        self.results: dict[str, TestResult] = {}
        self.findings: dict[str, Finding] = {}
        self.faults: list[str] = []
        total = run.manifest.limits["total"] if run.seconds is None else run.seconds
        self.patience = Patience(total, {task.id: task.seconds for task in run.manifest.tasks.values()})
        self.starting: Callable[[str, float], None] = lambda test, seconds: None
        self.examining: Callable[[], None] = lambda: None
        self.found: Callable[[str, Finding | None, str], None] = self.learn
        self.looks = source.scan(run.package, run.manifest.tasks.values())
        self._answers = run.answers or answer_form.read(run.package)
        self._shelf = run.shelf or ArtifactStore(run.package, run.manifest)
        self._transport = run.transport or InProcess(run.package, run.manifest.package)
        self._timed_out: set[str] = set()
        self._current: Homework | None = None
        self._to_come: Counter[str] = Counter()
        self._sessions: dict[str, list[Session]] = {}

    # -- collection: the ledger -------------------------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "task(id): the one task whose points this test carries")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = []
        for item in items:
            suite = self.run.manifest.suite_of(item.path)
            if suite is None:  # not graded: the project's own tests, when pytest is called by hand
                kept.append(item)
                continue
            if suite not in self.run.suites:
                continue
            task = self._task_of(item)
            if task is None:
                self.faults.append(
                    f"{item.nodeid}: has no `task` marker, or one that names no task of the manifest"
                )
            elif task.id in self.run.scope:
                if item.nodeid in self.ledger:
                    self.faults.append(f"{item.nodeid}: stands in the ledger twice")
                else:
                    self.ledger[item.nodeid] = self._entry(item, task, suite)
                    kept.append(item)
        counts = Counter(entry.task for entry in self.ledger.values())
        self.faults += [
            f"{task}: has no test in {self._suite_names()}" for task in self.run.scope if not counts[task]
        ]
        self.patience.expect([entry.task for entry in self.ledger.values()])
        self._to_come = counts
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        report = yield
        if report.failed:
            self.faults.append(f"{collector.nodeid}: cannot be collected: {report.longreprtext}")
        return report

    def _entry(self, item: pytest.Item, task: Task, suite: Suite) -> TestResult:
        return TestResult(
            id=item.nodeid,
            task=task.id,
            suite=suite.name,
            title=_title(item) if suite.visibility == "visible" else hidden_title(task.id),
            outcome=Outcome.HARNESS,
            weight=float(task.weights.get(suite.name, 1.0)),
            rationale="this test did not run: grading was cut short before it",
        )

    def _task_of(self, item: pytest.Item) -> Task | None:
        marker = item.get_closest_marker("task")
        return self.run.manifest.tasks.get(marker.args[0]) if marker and marker.args else None

    def _suite_names(self) -> str:
        return ", ".join(suite.name for suite in self.run.suites)

    def settle(self, result: TestResult) -> None:
        """Keeps a test's end, wherever it ran."""
        self.ledger[result.id] = self.results[result.id] = result
        self.run.announce(result)

    # -- one test ---------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        task = self._task_of(item)
        if item.nodeid in self.ledger and task is not None:
            self.starting(item.nodeid, self.patience.whole(task.id))
            refuse_unready(task, self.run, self.looks, self._answers, self._shelf)
            self._refuse_late(task)

    def _refuse_late(self, task: Task) -> None:
        if task.id in self._timed_out:
            raise NotRun(Outcome.TIMEOUT, LATE, "Mend that one first.")
        if not self.patience.share(task.id):
            total = f"{self.patience.total:g} s"
            raise NotRun(Outcome.TIMEOUT, f"not run: all tests together have {total}, and they are used up")

    @pytest.fixture
    def hw(self, request: pytest.FixtureRequest) -> Iterator[Homework]:
        """The submission, as a test may see it."""
        task = self._task_of(request.node)
        assert task is not None
        seed = self.run.seed_of(request.node.nodeid)
        session = self._open(task, seed)
        self._current = Homework(
            session, self.run.manifest, self._answers, seed, self.run.device, self._shelf
        )
        yield self._current
        session.close()

    def _open(self, task: Task, seed: int) -> Session:
        return self._transport.open(
            derive_seed(seed, "calls"),
            self.patience.share(task.id),
            {**self.run.overrides, **self.run.stand_ins.get(task.id, {})},
            memory_mb=task.memory_mb,
            gpu=task.kind == "run" and self.run.device == "cuda",
        )

    @pytest.fixture
    def instrument(self) -> Instrument:
        """Objects of the staff's own package, to measure with."""
        return Instrument(self.run.manifest)

    @pytest.fixture
    def right_choice(self) -> Callable[[str], str]:
        """The right option of a choice question; staff only."""
        staff = self.run.manifest.staff
        return lambda key: staff.choices[key] if staff else ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if item.nodeid in self.ledger and (call.when == "call" or call.excinfo is not None):
            self._keep(item, call, report)
        return report

    def _keep(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        result = self.ledger[item.nodeid]
        if call.when == "teardown" and result.outcome is Outcome.HARNESS:
            return
        suite = next(suite for suite in self.run.suites if suite.name == result.suite)
        result.seconds = round(call.duration, 4)
        result.output = report.capstdout
        session = None
        if self._current is not None:
            session = self._current.session
            result.metrics, result.shown = dict(self._current.metrics), dict(self._current.shown)
            result.output += session.printed()
            self._sessions.setdefault(result.task, []).append(session)
            self._current = None
        result.output = result.output[-OUTPUT_CAP:]
        result.rationale, result.hint, result.where, result.detail = "", "", "", ""
        if call.excinfo is None:
            result.outcome = Outcome.PASSED
        else:
            judge(result, call.excinfo.value, self.run.package, session)
            task = self.run.manifest.tasks[result.task]
            if task.kind == "answer" and result.outcome in (Outcome.FAILED, Outcome.TODO):
                result.where = self._answers.where(task.name)
        if result.outcome is Outcome.TIMEOUT:
            self._timed_out.add(result.task)
        if suite.visibility != "visible":
            veil(result, _title(item))
        self.patience.done(result.task)
        self.settle(result)
        self._to_come[result.task] -= 1
        if not self._to_come[result.task]:
            self._look_back(self.run.manifest.tasks[result.task])

    def _look_back(self, task: Task) -> None:
        """After the last test of a task: what is wrong with it, if it can be told. No score depends on it."""
        sessions = self._sessions.pop(task.id, [])
        ends = {result.outcome for result in self.results.values() if result.task == task.id}
        wanted = task.kind == "code" and ends & {Outcome.FAILED, Outcome.CRASHED}
        if self.run.examine is not None and wanted:
            self.examining()
            seed = self.run.seed_of(f"a second look at {task.id}")
            try:
                finding, fault = self.run.examine(task, sessions, lambda: self._open(task, seed)), ""
            except Exception:  # its feedback is lost and staff are told; its score is not touched
                finding, fault = None, f"{task.id} could not be examined: {traceback.format_exc()}"
            self.found(task.id, finding, fault)
            gc.collect()  # large tensors in few objects: left to itself, the collector would come too late
        for session in sessions:
            session.log.clear()

    def learn(self, task: str, finding: Finding | None, fault: str = "") -> None:
        """Keeps what was found out of a task, wherever that was."""
        if finding is not None:
            self.findings[task] = finding
        self.faults += filter(None, [fault])


def _title(item: pytest.Item) -> str:
    """The line that its reader sees."""
    return (inspect.getdoc(getattr(item, "function", None)) or item.name).splitlines()[0]
