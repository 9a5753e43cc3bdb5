"""Shows that an entry is not the right answer in other words: the first call in its tests that it answers otherwise.

The reference is asked the same, with the same random numbers. No test has a say in it.
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

KEY = "difference"  # where it stands in what was seen of a trial


@dataclass(frozen=True)
class Difference:
    """One call that an entry answers otherwise than the reference.

    Attributes:
        session: which of the sessions it was in.
        call: what was called.
        arguments: with what, summed up.
        what: what differs: "exception", "value", "gradients", "arguments changed", ...
        right: the right answer, summed up.
        reply: the entry's.
        drawn: whether the right answer depends on random numbers; that the entry's law is another one as well is
            then for its tests to say.
    """

    session: int
    call: str
    arguments: str
    what: str
    right: str
    reply: str
    drawn: bool = False


def finder(manifest: Manifest) -> Look:
    """Looks for the difference of each wrong entry, for `matrix.try_all`."""

    def look(
        entry: Entry, task: Task, sessions: Sequence[Session], opened: Callable[[], Session]
    ) -> dict[str, Any]:
        found = first_difference(manifest, entry, sessions) if entry.is_wrong else None
        return {KEY: asdict(found)} if found else {}

    return look


def of(trial: Trial) -> dict[str, Any] | None:
    """What shows that a trial's entry is another answer, with the test that it is from; None where nothing does."""
    if KEY in trial.seen:
        found = dict(trial.seen[KEY])
        return {"test": trial.seen["tests"][found.pop("session")], **found}
    for test, result in trial.results.items():
        if result.outcome in (Outcome.TIMEOUT, Outcome.KILLED):
            known = {"call": trial.entry.task, "arguments": "", "drawn": False}
            return {"test": test, **known, "what": "time", "right": "an answer in time", "reply": "none"}
    return None


def first_difference(manifest: Manifest, entry: Entry, sessions: Sequence[Session]) -> Difference | None:
    """The first call or question in these sessions that was answered otherwise than the reference answers it.

    One in digits that rounding could explain elsewhere counts only where there is no other.
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
