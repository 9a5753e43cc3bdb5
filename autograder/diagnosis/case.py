"""One failed task of one submission: what it was asked, what it answered, and who would have answered the same."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import torch

from autograder.assignment.manifest import Manifest, Task
from autograder.diagnosis.chance import NARROW, REPLICAS, WIDE, Bounds, alike_in_law, alike_in_spread, size
from autograder.diagnosis.failures import Pairs, classify
from autograder.diagnosis.heard import Heard, alike, hear
from autograder.diagnosis.probing import asking, ignored_argument
from autograder.diagnosis.replay import (
    Conversation,
    Understudy,
    arguments,
    changed,
    named_arguments,
    with_argument,
)
from autograder.errors import Stopped, StudentError, WireError
from autograder.transport.session import Session
from autograder.transport.wire import Frame

CALLS_AGAIN = 6  # how many calls the submission is asked again, to see how its answers spread
# A submission that is asked again may hang, die or answer what is no answer.
UNANSWERED = (Stopped, StudentError, WireError)


class Case:
    """One task of one submission: what it was asked, what it answered, and what is right."""

    def __init__(self, manifest: Manifest, task: Task, sessions: Sequence[Session]) -> None:
        conversations = [Conversation(session.log, session.callbacks) for session in sessions]
        self.task = task
        self._manifest = manifest
        self._agreed: dict[tuple[str, bool], bool] = {}
        self._more: dict[int, list[Heard]] | None = None
        self._asked = [(c, number) for c in conversations for number in c.about(task.id)]
        self._mine = [hear(c.exchanges[number], c.stand_ins) for c, number in self._asked]

    @cached_property
    def _inputs(self) -> list[Any]:
        return [arguments(c.exchanges[number].request) for c, number in self._asked]

    @cached_property
    def _right(self) -> list[Heard]:
        return list(self._replies())

    @cached_property
    def is_right(self) -> bool:
        """Whether the submission said the same as the reference, wherever it was asked."""
        return all(map(alike, self._mine, self._right))

    @cached_property
    def is_random(self) -> bool:
        """Whether the right answers depend on random numbers."""
        return not all(map(alike, self._right, self._replies(_drawn_anew(1))))

    def agrees(self, name: str, stand_in: Any) -> bool:
        """Whether a stand-in of this name gives the submission's answer to each call."""
        if (name, False) not in self._agreed:
            self._agreed[name, False] = all(map(alike, self._mine, self._replies(stand_in=stand_in)))
        return self._agreed[name, False]

    def agrees_in_law(self, name: str, stand_in: Any, opened: Callable[[], Session]) -> bool:
        """Whether the submission's answers look like draws of a stand-in's of this name."""
        if (name, True) not in self._agreed:
            self._agreed[name, True] = self._drawn_by(stand_in, NARROW, opened)
        return self._agreed[name, True]

    def can_be_right(self, original: Any, opened: Callable[[], Session]) -> bool:
        """Whether the submission's answers could be draws of the right one's."""
        if ("", True) not in self._agreed:
            self._agreed["", True] = self._drawn_by(original, WIDE, opened)
        return self._agreed["", True]

    def _drawn_by(self, stand_in: Any, bounds: Bounds, opened: Callable[[], Session]) -> bool:
        understudy = Understudy(self._manifest, {self.task.id: stand_in})

        def draw(number: int, seed: int) -> Heard:
            conversation, place = self._asked[number]
            request = changed(conversation.exchanges[place].request, reseed=seed)
            return hear(understudy.ask(conversation, place, request))

        return alike_in_law(self._mine, draw, self._inputs, bounds) and all(
            alike_in_spread(
                mine, [draw(number, seed) for seed in range(1, REPLICAS + 1)], self._inputs[number], bounds
            )
            for number, mine in self._drawn_again(opened).items()
        )

    def _drawn_again(self, opened: Callable[[], Session]) -> dict[int, list[Heard]]:
        """More draws of the submission's own, for a few of its largest answers."""
        if self._more is None:
            self._more = {}
            largest = sorted(range(len(self._mine)), key=lambda call: -size(self._mine[call]))
            for number in largest[:CALLS_AGAIN]:
                conversation, place = self._asked[number]
                request = conversation.exchanges[place].request
                seeds = range(REPLICAS + 1, 2 * REPLICAS + 1)
                try:
                    with asking(opened, conversation, place) as ask:
                        self._more[number] = [ask(changed(request, reseed=seed)) for seed in seeds]
                except UNANSWERED:
                    break
        return self._more

    def failure(self, original: Any, opened: Callable[[], Session]) -> tuple[str, str]:
        """Its class, and the argument that is ignored where that is it."""
        called = getattr(original, "forward", original)
        names = [name for name in inspect.signature(called).parameters if name != "self"]

        def ignored() -> str:
            try:
                return ignored_argument(self._asked, Understudy(self._manifest, {}), opened, names)
            except UNANSWERED:
                return ""

        return classify(
            list(zip(self._mine, self._right, strict=True)),
            random=lambda: self.is_random and not self.can_be_right(original, opened),
            shifted=lambda: self._shifted(names),
            ignored=ignored,
        )

    def _shifted(self, names: list[str]) -> Iterator[Pairs]:
        """The same answers beside the right ones to calls with one whole number more or less."""
        requests = [c.exchanges[number].request for c, number in self._asked]
        given = [named_arguments(request, names) for request in requests]
        for name in names:
            if not any(_is_whole(one.get(name)) for one in given):
                continue
            for step in (1, -1):
                pairs = list(zip(self._mine, self._replies(_moved(names, name, step)), strict=True))
                allowed = [(mine, other) for mine, other in pairs if not other.error]
                if len(allowed) > 1 and 4 * len(allowed) >= len(pairs):
                    yield allowed

    def _replies(
        self, change: Callable[[Frame], Frame] = lambda request: request, stand_in: Any = None
    ) -> Iterator[Heard]:
        """What the reference, or a stand-in for the task, says in each call of it."""
        understudy = Understudy(self._manifest, {} if stand_in is None else {self.task.id: stand_in})
        for conversation, number in self._asked:
            request = change(conversation.exchanges[number].request)
            yield hear(understudy.ask(conversation, number, request))


def _drawn_anew(seed: int) -> Callable[[Frame], Frame]:
    return lambda request: changed(request, reseed=seed)


def _is_whole(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.dtype is torch.int64
    return isinstance(value, int) and not isinstance(value, bool)


def _moved(names: list[str], name: str, step: int) -> Callable[[Frame], Frame]:
    """One whole number more or less, in the calls that have it."""

    def move(request: Frame) -> Frame:
        value: Any = named_arguments(request, names).get(name)
        return with_argument(request, names, name, value + step) if _is_whole(value) else request

    return move
