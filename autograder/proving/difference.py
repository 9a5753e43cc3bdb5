"""Shows that a wrong entry differs from the reference: the first call in its tests with another result.

The reference gets the same calls, with the same random numbers. The verdict of the tests is not used.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autograder.assignment.manifest import Manifest, Task
from autograder.diagnosis.call_result import read_result, same_result
from autograder.diagnosis.replay import RecordedSession, ReplayWorker, changed
from autograder.misconceptions.bank import Entry
from autograder.outcomes import Outcome
from autograder.proving.call_difference import (
    Find,
    arguments_in_words,
    find_difference,
    find_small_difference,
    find_state_difference,
)
from autograder.proving.matrix import Look, Trial
from autograder.transport.session import Session

KEY = "difference"  # its key in `Trial.seen`


@dataclass(frozen=True)
class Difference:
    """One call with another result than the reference's.

    Attributes:
        session: the number of its session.
        call: what was called.
        arguments: a summary of the arguments.
        what: what differs: "exception", "value", "gradients", "arguments changed", ...
        right: a summary of the right result.
        reply: a summary of the entry's result.
        drawn: whether the right result depends on random numbers; then only the tests can show that the entry's
            distribution differs.
    """

    session: int
    call: str
    arguments: str
    what: str
    right: str
    reply: str
    drawn: bool = False


def finder(manifest: Manifest) -> Look:
    """Finds the difference of each wrong entry, for `matrix.try_all`."""

    def look(
        entry: Entry, task: Task, sessions: Sequence[Session], opened: Callable[[], Session]
    ) -> dict[str, Any]:
        found = first_difference(manifest, entry, sessions) if entry.is_wrong else None
        return {KEY: asdict(found)} if found else {}

    return look


def of(trial: Trial) -> dict[str, Any] | None:
    """The difference of a trial's entry from the reference, with the test that shows it; None if there is none."""
    if KEY in trial.seen:
        found = dict(trial.seen[KEY])
        return {"test": trial.seen["tests"][found.pop("session")], **found}
    for test, result in trial.results.items():
        if result.outcome in (Outcome.TIMEOUT, Outcome.KILLED):
            known = {"call": trial.entry.task, "arguments": "", "drawn": False}
            return {"test": test, **known, "what": "time", "right": "an answer in time", "reply": "none"}
    return None


def first_difference(manifest: Manifest, entry: Entry, sessions: Sequence[Session]) -> Difference | None:
    """The first call in these sessions, or request for a module's state, with another result than the reference's.

    A small difference, which elsewhere could be rounding, counts only if there is no other difference.
    """
    for find in (find_difference, find_small_difference):
        for place, session in enumerate(sessions):
            recorded = RecordedSession(session.log, session.callbacks)
            found = next(_differences(manifest, entry, place, recorded, find), None)
            if found is not None:
                return found
    return None


def _differences(
    manifest: Manifest, entry: Entry, session: int, recorded: RecordedSession, find: Find
) -> Iterator[Difference]:
    worker = ReplayWorker(manifest, {})
    own = recorded.calls_of(entry.task)
    for number, exchange in enumerate(recorded.exchanges):
        request, op = exchange.request, exchange.request.header["op"]
        if op not in ("call", "method"):
            continue
        right = worker.ask(recorded, number, request)
        if op == "method":
            if parts := find_state_difference(exchange, right):
                yield Difference(session, request.header["name"], "", *parts)
        elif parts := find(exchange, right):
            called = entry.task if number in own else str(request.header["target"])
            names = [name for name in entry.parameters if name != "self"] if number in own else []
            again = worker.ask(recorded, number, changed(request, reseed=1))
            drawn = not same_result(read_result(right), read_result(again))
            yield Difference(session, called, arguments_in_words(request, names), *parts, drawn=drawn)
