"""Scans the sources of a submission: which tasks are still TODO, missing or unreadable. No code runs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Task
from autograder.errors import HarnessError
from autograder.submission.reader import process

SECONDS = 3  # for one file; 11 KB take about 10 ms


class State(Enum):
    """The state of a task according to its source."""

    READY = "ready"
    TODO = "todo"
    BROKEN = "broken"


@dataclass(frozen=True)
class TaskSource:
    """What the scan found of one task: `where` as file:line, `why` with the fix, and the names of what it `calls`."""

    state: State
    where: str
    why: str = ""
    calls: frozenset[str] = frozenset()
    is_class: bool = False


def scan(package: Path, tasks: Iterable[Task]) -> dict[str, TaskSource]:
    """Scans every code task in `package`. Each file is parsed once, in another process, and never imported."""
    code = [task for task in tasks if task.kind is Kind.CODE]
    files: dict[str, list[str]] = defaultdict(list)
    for task in code:
        files[task.file].append(task.name)
    seen = dict(_scan_files(package, files))
    return {task.id: _task_source(task, seen[task.file][task.name]) for task in code}


def _scan_files(package: Path, files: Mapping[str, list[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the reader reports about each file. If a file stops the reader, it is broken, and the next file is read."""
    waiting = dict(files)
    while waiting:
        reply = process.run_reader("sources", {"package": str(package), "files": waiting}, seconds=SECONDS)
        for part, _ in reply.parts:
            del waiting[part["file"]]
            yield part["file"], part["tasks"]
        if waiting and not reply.ended:
            raise HarnessError("the reader of sources ended before its last file")
        if waiting:
            file = next(iter(waiting))
            why = f"{file}: Python cannot read this file: {reply.ended}; write it in simpler steps"
            yield file, {name: {"state": "broken", "where": file, "why": why} for name in waiting.pop(file)}


def _task_source(task: Task, seen: dict[str, Any]) -> TaskSource:
    state, where, why = State(seen["state"]), seen["where"], seen.get("why", "")
    if state is State.TODO:
        why = f"{task.id} is not filled in yet: {where} still raises its TODO"
    return TaskSource(state, where, why, frozenset(seen.get("calls", ())), seen.get("is_class", False))


def called_tasks(task: Task, tasks: Mapping[str, Task], sources: Mapping[str, TaskSource]) -> list[str]:
    """The tasks that `task` needs in this submission, directly or through another task, nearest first.

    A need of the manifest counts for a code task only if its code calls a function of that name: a solution that does
    not call another task does not wait for it. A class always counts, since it arrives as an argument. A training run
    needs everything that the manifest says.
    """
    found: list[str] = []
    queue = [task]
    while queue:
        current = queue.pop(0)
        for need in current.needs:
            source = sources.get(current.id)
            counts = source is None or tasks[need].name in source.calls or sources[need].is_class
            if counts and need not in found:
                found.append(need)
                queue.append(tasks[need])
    return found
