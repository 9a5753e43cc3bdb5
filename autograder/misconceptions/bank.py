"""The bank of known answers: what an entry of it is, and how it is read. `writing` says how staff write one."""

import pkgutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from types import FunctionType

from autograder.assignment.manifest import Manifest
from autograder.assignment.scope import is_named
from autograder.errors import InputError
from autograder.misconceptions.blocks import blocks_in
from autograder.misconceptions.edits import Edit, EditError, applied, base_of

COMMON = ("often", "sometimes", "rarely")

# What is seen where an answer is compared with the right one; each is told apart by looking, see `failures`.
FAILURES = (
    "exception",
    "type",
    "shape",
    "dtype",
    "argument changed in place",
    "shares memory",
    "global state",
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
        parameters: names of the function's parameters, as the entry or its base has them.
        file: where it is defined.
        line: the same.
        says: one line: of a wrong answer what is wrong, of a right one what is different about it. Empty for a base
            of other entries, which `load` does not return.
        hint: what its student should be asked or pointed to; never the answer. Empty for a right one.
        common: how often one would expect it among wrong answers, one of `COMMON`; empty for a right one.
        failure: what is seen of it, one of `FAILURES`; empty for a right one.
        body: source of the function's body, without indentation.
        edits: what its body changes in its base; none where the bank has the whole body.
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
    body: str = ""
    edits: tuple[Edit, ...] = ()

    @property
    def where(self) -> str:
        """As file:line."""
        return f"{self.file}:{self.line}"

    @property
    def is_wrong(self) -> bool:
        """Whether tests have to refuse it."""
        return bool(self.failure)


def load(manifest: Manifest) -> dict[str, Entry]:
    """Every entry of the bank by its id, in the order of the files.

    Raises:
        BankError: an id stands twice, an entry names no code task, or an edit does not fit its base.
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
            if isinstance(entry, FunctionType) and entry.__module__ == module.__name__:
                line = entry.__code__.co_firstlineno
                raise BankError(f"{module.__file__}:{line}: {entry.__name__!r} is neither @wrong nor @right")
            if not isinstance(entry, Entry):
                continue
            if entry.id in entries:
                raise BankError(f"{entry.where}: {entry.id!r} is already in {entries[entry.id].where}")
            if entry.task not in code:
                raise BankError(f"{entry.where}: {entry.task!r} is not a code task of the manifest")
            entries[entry.id] = entry
    return {name: _edited(entry, entries, manifest) for name, entry in entries.items() if entry.says}


def select(manifest: Manifest, entries: Sequence[Entry], only: tuple[str, ...]) -> list[Entry]:
    """The entries that `only` names: as entries, tasks, questions ("q1d") or chapters ("q1"); all if it is empty.

    Raises:
        InputError: nothing has a name in `only`.
    """
    chosen: dict[str, Entry] = {} if only else {entry.id: entry for entry in entries}
    for name in only:
        found = {
            entry.id: entry
            for entry in entries
            if name == entry.id or is_named(manifest.tasks[entry.task], name)
        }
        if not found:
            raise InputError(f"{name!r} is not a question, not a task and not an entry of the bank")
        chosen |= found
    return list(chosen.values())


def _edited(
    entry: Entry, entries: Mapping[str, Entry], manifest: Manifest, above: tuple[str, ...] = ()
) -> Entry:
    """The entry with what its edits make of their base; `above` are the entries that are based on it."""
    if not entry.edits:
        return entry
    if entry.id in above:
        raise BankError(f"{entry.where}: circular: {' is an edit of '.join((*above, entry.id))}")
    try:
        name = base_of(entry.edits)
        if not name:
            parameters, code = _of_the_reference(entry, manifest)
        elif name in entries and entries[name].task == entry.task:
            base = _edited(entries[name], entries, manifest, (*above, entry.id))
            parameters, code = base.parameters, base.body
        else:
            raise EditError(f"its base {name!r} is not an entry of {entry.task}")
        return replace(entry, parameters=parameters, body=applied(code, entry.edits))
    except EditError as error:
        raise BankError(f"{entry.where}: {error}") from None


def _of_the_reference(entry: Entry, manifest: Manifest) -> tuple[tuple[str, ...], str]:
    assert manifest.staff is not None
    task = manifest.tasks[entry.task]
    path = manifest.root / manifest.staff.reference / task.file
    for place in blocks_in(path)[1]:
        if place.name == task.name:
            return place.parameters, place.code
    raise EditError(f"{path} has no block for {task.name}")
