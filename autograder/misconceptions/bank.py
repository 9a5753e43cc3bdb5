"""What an entry of the bank is, and how staff write one: as the body of a task's function, decorated.

    @wrong(
        "area.circle",
        says="takes the diameter for the radius",
        hint="Which length does the docstring call r?",
        common="often",
        failure="constant factor",
    )
    def diameter_for_radius(r):
        return math.pi * (2 * r) ** 2

The body takes the place of the reference's solution block: it may use whatever the file around that block has
imported or defined, and what is given to students (argument checks, decorators) stays. It is never called here.
"""

import ast
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from autograder.assignment.manifest import Manifest
from autograder.errors import InputError

COMMON = ("often", "sometimes", "seldom")

# What is seen where an answer is compared with the right one; each is told apart by looking, see `failures`.
FAILURES = (
    "exception",
    "type",
    "shape",
    "dtype",
    "argument changed in place",
    "transposed",
    "not finite",
    "gradient where none belongs",
    "no gradient",
    "sign",
    "constant factor",
    "off by one in time",
    "ignores an argument",
    "does not sum to one",
    "distribution",
    "values",
)


class BankError(InputError):
    """An entry is not what it has to be; the message names it."""


@dataclass(frozen=True)
class Entry:
    """One known answer to one task.

    Attributes:
        id: its name in the bank.
        task: id of the task.
        parameters: names of the function's parameters, as the entry has them.
        file: where it is defined.
        line: the same.
        says: one line: of a wrong answer what is wrong, of a right one what is different about it.
        hint: what its student should be asked or pointed to; never the answer. Empty for a right one.
        common: how often one would expect it among wrong answers, one of `COMMON`; empty for a right one.
        failure: what is seen of it, one of `FAILURES`; empty for a right one.
    """

    id: str
    task: str
    parameters: tuple[str, ...]
    file: str
    line: int
    says: str
    hint: str = ""
    common: str = ""
    failure: str = ""

    @cached_property
    def body(self) -> str:
        """Source of the function's body, without indentation."""
        lines, ends = _source(self.file)
        first, last = ends[self.line]
        return textwrap.dedent("\n".join(lines[first - 1 : last]))

    @property
    def where(self) -> str:
        """As file:line."""
        return f"{self.file}:{self.line}"

    @property
    def is_wrong(self) -> bool:
        """Whether tests have to refuse it."""
        return bool(self.failure)


Decorator = Callable[[Callable[..., Any]], Entry]


def wrong(task: str, *, says: str, hint: str, common: str, failure: str) -> Decorator:
    """Makes a function an entry that the tests of `task` have to refuse; see `Entry`.

    Raises:
        BankError: a text is missing, or a word is none of the known ones.
    """

    def enter(function: Callable[..., Any]) -> Entry:
        where = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"
        if not hint or not says:
            raise BankError(f"{where}: an entry says what is wrong and what to ask")
        if common not in COMMON:
            raise BankError(f"{where}: `common` is one of {', '.join(COMMON)}, not {common!r}")
        if failure not in FAILURES:
            raise BankError(f"{where}: `failure` is one of {', '.join(FAILURES)}; not {failure!r}")
        return _entry(function, task=task, says=says, hint=hint, common=common, failure=failure)

    return enter


def right(task: str, *, says: str) -> Decorator:
    """Makes a function an entry that the tests of `task`, and of all that need it, have to accept."""
    return lambda function: _entry(function, task=task, says=says)


def load(manifest: Manifest) -> dict[str, Entry]:
    """Every entry of the bank by its id, in the order of the files.

    Raises:
        BankError: an id stands twice, or an entry names no code task.
        InputError: the manifest names no bank.
    """
    if manifest.staff is None or not manifest.staff.misconceptions:
        raise InputError(f"{manifest.path}: [staff] names no bank: misconceptions = 'tests.misconceptions'")
    if str(manifest.root) not in sys.path:
        sys.path.insert(0, str(manifest.root))
    package = import_module(manifest.staff.misconceptions)
    entries: dict[str, Entry] = {}
    code = manifest.code_tasks()
    for found in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{found.name}")
        for entry in vars(module).values():
            if not isinstance(entry, Entry):
                continue
            if entry.id in entries:
                raise BankError(f"{entry.where}: {entry.id!r} stands already in {entries[entry.id].where}")
            if entry.task not in code:
                raise BankError(f"{entry.where}: {entry.task!r} is no code task of the manifest")
            entries[entry.id] = entry
    return entries


def select(manifest: Manifest, entries: Sequence[Entry], only: tuple[str, ...]) -> list[Entry]:
    """The entries that `only` names, as entries, tasks or questions ("q1d", or "q1" for all its parts); all for none.

    Raises:
        InputError: a name fits nothing.
    """
    chosen: dict[str, Entry] = {} if only else {entry.id: entry for entry in entries}
    for name in only:
        found = {
            entry.id: entry
            for entry in entries
            if name in (entry.id, entry.task, manifest.tasks[entry.task].question)
            or manifest.tasks[entry.task].question.rstrip("abcdefgh") == name
        }
        if not found:
            raise InputError(f"{name!r} is no question, no task and no entry of the bank")
        chosen |= found
    return list(chosen.values())


def _entry(function: Callable[..., Any], **fields: str) -> Entry:
    code = function.__code__
    parameters = tuple(inspect.signature(function).parameters)
    return Entry(
        id=function.__name__, parameters=parameters, file=code.co_filename, line=code.co_firstlineno, **fields
    )


@cache
def _source(file: str) -> tuple[list[str], dict[int, tuple[int, int]]]:
    """The lines of a file, and where the body of each function starts and ends, by its first line."""
    text = Path(file).read_text(encoding="utf-8")
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return text.split("\n"), {
        min(node.lineno, *(d.lineno for d in node.decorator_list)): (
            node.body[0].lineno,
            node.end_lineno or 0,
        )
        for node in functions
    }
