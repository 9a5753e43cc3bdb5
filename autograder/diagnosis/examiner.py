"""Finds what is wrong with a task from the calls of its tests: a known mistake, or the class of the failure."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

from autograder.assignment.manifest import Manifest, Task
from autograder.diagnosis.failure_texts import TEXTS
from autograder.diagnosis.task_calls import TaskCalls
from autograder.errors import HarnessError
from autograder.misconceptions import bank
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.splice import spliced
from autograder.outcomes import Finding
from autograder.transport.session import Session


class Examiner:
    """Compares the results of submissions with those of the reference and of the bank's entries in the same calls.

    Args:
        manifest: the assignment.
        entries: the known wrong answers; None for the whole bank, which is then read at the first failure.
    """

    def __init__(self, manifest: Manifest, entries: Iterable[Entry] | None = None) -> None:
        if manifest.staff is None:
            raise HarnessError("only staff can diagnose: the manifest has no [staff] table")
        self._manifest = manifest
        self._reference = manifest.staff.reference
        self._given = entries
        self._implementations: dict[str, Any] = {}

    @cached_property
    def _entries(self) -> dict[str, list[Entry]]:
        """Wrong entries by task, the most common first."""
        entries = bank.load(self._manifest).values() if self._given is None else self._given
        by_task: dict[str, list[Entry]] = {}
        for entry in sorted((e for e in entries if e.is_wrong), key=lambda e: bank.COMMON.index(e.common)):
            by_task.setdefault(entry.task, []).append(entry)
        return by_task

    def examine(
        self, task: Task, sessions: Mapping[str, Session], opened: Callable[[], Session]
    ) -> Finding | None:
        """What is wrong with a task; None if every result is right.

        Args:
            task: a task with a failed test.
            sessions: those of all its tests, including the passed ones.
            opened: opens a session with a fresh worker that holds the submission.
        """
        return self.conclude(TaskCalls(self._manifest, task, list(sessions.values())), opened)

    def conclude(self, calls: TaskCalls, opened: Callable[[], Session], withheld: str = "") -> Finding | None:
        """As `examine`, from calls that are already read; `withheld` is the id of an entry that is left out."""
        if calls.is_right:
            return None
        known = [entry for entry in self._entries.get(calls.task.id, []) if entry.id != withheld]
        named = next(
            (entry for entry in known if calls.answers_like(entry.id, self._implementation(entry))), None
        )
        if named is None and calls.is_random and not calls.can_be_right(self._original(calls.task), opened):
            likely = [
                entry
                for entry in known
                if calls.has_distribution_of(entry.id, self._implementation(entry), opened)
            ]
            named = likely[0] if len(likely) == 1 else None
        if named is not None:
            return Finding(named.failure, named.says, named.hint, named.id)
        failure, argument = calls.failure(self._original(calls.task), opened)
        says, hint = (words.format(f"`{argument}`") for words in TEXTS[failure])
        return Finding(failure, says, hint)

    def _original(self, task: Task) -> Any:
        return getattr(import_module(f"{self._reference}.{task.module}"), task.name)

    def _implementation(self, entry: Entry) -> Any:
        """The entry's function or class, in a copy of the reference's module."""
        if entry.id not in self._implementations:
            task = self._manifest.tasks[entry.task]
            path = self._manifest.root / self._reference / task.file
            original = import_module(f"{self._reference}.{task.module}")
            module = ModuleType(original.__name__)
            module.__package__ = original.__package__
            exec(compile(spliced(path, [entry], self._manifest), f"<{entry.id}>", "exec"), vars(module))
            self._implementations[entry.id] = getattr(module, task.name)
        return self._implementations[entry.id]
