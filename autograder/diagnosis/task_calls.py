"""The calls of one task in one submission's tests: their results, the right ones, and who gives the same results."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import torch

from autograder.assignment.manifest import Manifest, Task
from autograder.diagnosis.call_result import CallResult, read_result, same_result
from autograder.diagnosis.distribution import (
    NARROW,
    REPLICAS,
    WIDE,
    Bounds,
    element_count,
    same_distribution,
    same_mean_and_variance,
)
from autograder.diagnosis.failures import Pairs, classify
from autograder.diagnosis.probing import asked_twice, ignored_argument, restored_session
from autograder.diagnosis.replay import (
    RecordedSession,
    ReplayWorker,
    arguments,
    changed,
    named_arguments,
    with_argument,
)
from autograder.errors import Stopped, StudentError, WireError
from autograder.transport.session import Session
from autograder.transport.wire import Frame

REPEATED_CALLS = 6  # calls that are repeated with other seeds, to see how the submission's results vary
# A submission that is called again can hang, crash or send an invalid reply.
NO_RESULT = (Stopped, StudentError, WireError)


class TaskCalls:
    """The calls of one task of one submission, their results, and the right results."""

    def __init__(self, manifest: Manifest, task: Task, sessions: Sequence[Session]) -> None:
        recorded_sessions = [RecordedSession(session.log, session.callbacks) for session in sessions]
        self.task = task
        self._manifest = manifest
        self._verdicts: dict[tuple[str, bool], bool] = {}
        self._repeated: dict[int, list[CallResult]] | None = None
        self._calls = [(c, number) for c in recorded_sessions for number in c.calls_of(task.id)]
        self._results = [read_result(c.exchanges[number], c.override_numbers) for c, number in self._calls]

    @cached_property
    def _inputs(self) -> list[Any]:
        return [arguments(c.exchanges[number].request) for c, number in self._calls]

    @cached_property
    def _right_results(self) -> list[CallResult]:
        return list(self._results_of())

    @cached_property
    def is_right(self) -> bool:
        """Whether all results are the reference's."""
        return all(map(same_result, self._results, self._right_results))

    @cached_property
    def is_random(self) -> bool:
        """Whether the right results depend on random numbers."""
        return not all(map(same_result, self._right_results, self._results_of(_with_other_seed(1))))

    def answers_like(self, name: str, implementation: Any) -> bool:
        """Whether an implementation gives the submission's result in each call; `name` is its key in a cache."""
        if (name, False) not in self._verdicts:
            self._verdicts[name, False] = all(
                map(same_result, self._results, self._results_of(implementation=implementation))
            )
        return self._verdicts[name, False]

    def has_distribution_of(self, name: str, implementation: Any, opened: Callable[[], Session]) -> bool:
        """Whether the submission's results look like draws of an implementation; `name` is its key in a cache."""
        if (name, True) not in self._verdicts:
            self._verdicts[name, True] = self._same_distribution(implementation, NARROW, opened)
        return self._verdicts[name, True]

    def can_be_right(self, original: Any, opened: Callable[[], Session]) -> bool:
        """Whether the submission's results could be draws of the reference."""
        if ("", True) not in self._verdicts:
            self._verdicts["", True] = self._same_distribution(original, WIDE, opened)
        return self._verdicts["", True]

    def _same_distribution(self, implementation: Any, bounds: Bounds, opened: Callable[[], Session]) -> bool:
        worker = ReplayWorker(self._manifest, {self.task.id: implementation})

        def draw(number: int, seed: int) -> CallResult:
            recorded, place = self._calls[number]
            request = changed(recorded.exchanges[place].request, reseed=seed)
            return read_result(worker.ask(recorded, place, request))

        return same_distribution(self._results, draw, self._inputs, bounds) and all(
            same_mean_and_variance(
                mine, [draw(number, seed) for seed in range(1, REPLICAS + 1)], self._inputs[number], bounds
            )
            for number, mine in self._repeated_results(opened).items()
        )

    def _repeated_results(self, opened: Callable[[], Session]) -> dict[int, list[CallResult]]:
        """More draws of the submission, for a few of the calls with the largest results."""
        if self._repeated is None:
            self._repeated = {}
            largest = sorted(range(len(self._results)), key=lambda call: -element_count(self._results[call]))
            for number in largest[:REPEATED_CALLS]:
                try:
                    self._repeated[number] = asked_twice(partial(self._draws, number, opened))
                except NO_RESULT:
                    break
        return self._repeated

    def _draws(self, number: int, opened: Callable[[], Session]) -> list[CallResult]:
        recorded, place = self._calls[number]
        request = recorded.exchanges[place].request
        seeds = range(REPLICAS + 1, 2 * REPLICAS + 1)
        with restored_session(opened, recorded, place) as call:
            return [call(changed(request, reseed=seed)) for seed in seeds]

    def failure(self, original: Any, opened: Callable[[], Session]) -> tuple[str, str]:
        """The class of the failure, and the name of the argument if the failure is that one is ignored."""
        called = getattr(original, "forward", original)
        names = [name for name in inspect.signature(called).parameters if name != "self"]

        def ignored() -> str:
            try:
                return asked_twice(
                    lambda: ignored_argument(self._calls, ReplayWorker(self._manifest, {}), opened, names)
                )
            except NO_RESULT:
                return ""

        return classify(
            list(zip(self._results, self._right_results, strict=True)),
            random=lambda: self.is_random and not self.can_be_right(original, opened),
            shifted=lambda: self._shifted(names),
            ignored=ignored,
        )

    def _shifted(self, names: list[str]) -> Iterator[Pairs]:
        """Pairs with the submission's results and the right ones for an integer argument larger or smaller by one."""
        requests = [c.exchanges[number].request for c, number in self._calls]
        given = [named_arguments(request, names) for request in requests]
        for name in names:
            if not any(_is_integer(one.get(name)) for one in given):
                continue
            for step in (1, -1):
                pairs = list(zip(self._results, self._results_of(_with_step(names, name, step)), strict=True))
                allowed = [(mine, other) for mine, other in pairs if not other.error]
                if len(allowed) > 1 and 4 * len(allowed) >= len(pairs):
                    yield allowed

    def _results_of(
        self, change: Callable[[Frame], Frame] = lambda request: request, implementation: Any = None
    ) -> Iterator[CallResult]:
        """The result of each call by the reference, with another implementation of the task if one is given."""
        worker = ReplayWorker(
            self._manifest, {} if implementation is None else {self.task.id: implementation}
        )
        for recorded, number in self._calls:
            request = change(recorded.exchanges[number].request)
            yield read_result(worker.ask(recorded, number, request))


def _with_other_seed(seed: int) -> Callable[[Frame], Frame]:
    return lambda request: changed(request, reseed=seed)


def _is_integer(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.dtype is torch.int64
    return isinstance(value, int) and not isinstance(value, bool)


def _with_step(names: list[str], name: str, step: int) -> Callable[[Frame], Frame]:
    """Adds a step to an integer argument, in the calls that have it."""

    def change(request: Frame) -> Frame:
        value: Any = named_arguments(request, names).get(name)
        return with_argument(request, names, name, value + step) if _is_integer(value) else request

    return change
