"""Shows that an entry is not the right answer in other words: the first call in its tests that it answers otherwise.

The reference is asked the same, with the same random numbers. No test has a say in it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autograder.assignment.manifest import Manifest, Task
from autograder.diagnosis.heard import alike, hear
from autograder.diagnosis.replay import Conversation, Understudy, changed
from autograder.misconceptions.bank import Entry
from autograder.outcomes import Outcome
from autograder.proving.matrix import Look, Trial
from autograder.proving.parting import (
    Parting,
    arguments_in_words,
    parting,
    parting_closely,
    parting_of_states,
)
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


def looking(manifest: Manifest) -> Look:
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
    for look in (parting, parting_closely):
        for place, session in enumerate(sessions):
            conversation = Conversation(session.log, session.callbacks)
            found = next(_differences(manifest, entry, place, conversation, look), None)
            if found is not None:
                return found
    return None


def _differences(
    manifest: Manifest, entry: Entry, session: int, conversation: Conversation, look: Parting
) -> Iterator[Difference]:
    understudy = Understudy(manifest, {})
    own = conversation.about(entry.task)
    for number, exchange in enumerate(conversation.exchanges):
        request, op = exchange.request, exchange.request.header["op"]
        if op not in ("call", "method"):
            continue
        right = understudy.ask(conversation, number, request)
        if op == "method":
            if parts := parting_of_states(exchange, right):
                yield Difference(session, request.header["name"], "", *parts)
        elif parts := look(exchange, right):
            called = entry.task if number in own else str(request.header["target"])
            names = [name for name in entry.parameters if name != "self"] if number in own else []
            again = understudy.ask(conversation, number, changed(request, reseed=1))
            drawn = not alike(hear(right), hear(again))
            yield Difference(session, called, arguments_in_words(request, names), *parts, drawn=drawn)
