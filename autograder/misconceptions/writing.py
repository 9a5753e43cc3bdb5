"""How staff write an entry of the bank: as the body of a task's function, decorated.

    TASK = "area.circle"


    @wrong("uses the diameter as the radius", often="constant factor")
    @hint("Which length does the docstring call r?")
    def diameter_for_radius(r):
        return math.pi * (2 * r) ** 2

`TASK` names the task of all entries below it. `often` (or another word of `COMMON`) says how common the answer is,
and what is seen of it. A right answer is marked `@right("multiplies in another order")`, without a hint.

The body takes the place of the reference's solution block: it may use whatever the file around that block has
imported or defined, and what is given to students (argument checks, decorators) stays. It is never called here.

Where an entry differs from the reference's block in one place or a few, it says only that, once for each place:

    @wrong("forgets the square", often="values")
    @hint("What is the unit of an area?")
    @edit("r**2", "r")
    def radius_without_square(): ...

The old text must occur exactly once in the code of the block, whose comments do not count. With
`of="diameter_for_radius"` the base is the body of that other entry of the same task. Where students usually write
another form than the reference's, `@base` above a whole body gives it a name for `of`, and does not make it an entry.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from autograder.misconceptions.bank import COMMON, FAILURES, BankError, Entry
from autograder.misconceptions.edits import Edit

Function = Callable[..., Any]


def wrong(says: str, **seen: str) -> Callable[[Function], Entry]:
    """Makes a function an entry that the tests of its task have to refuse; see `Entry`.

    Args:
        says: what is wrong.
        seen: what is seen of it, under the word for how common it is: `often="values"`.

    Raises:
        BankError: a text is missing, or a word is not a known one.
    """

    def enter(function: Function) -> Entry:
        where = _where(function)
        told = vars(function).get("hint", "")
        if not told or not says:
            raise BankError(f"{where}: an entry says what is wrong and what to ask")
        if len(seen) != 1 or not seen.keys() <= set(COMMON):
            words = ", ".join(seen) or "nothing"
            raise BankError(f"{where}: how common it is, is one of {', '.join(COMMON)}, not {words}")
        ((common, failure),) = seen.items()
        if failure not in FAILURES:
            raise BankError(f"{where}: what is seen is one of {', '.join(FAILURES)}; not {failure!r}")
        return _entry(function, says=says, hint=told, common=common, failure=failure)

    return enter


def right(says: str) -> Callable[[Function], Entry]:
    """Makes a function an entry that the tests of its task, and of all that need it, have to accept."""

    def enter(function: Function) -> Entry:
        if not says:
            raise BankError(f"{_where(function)}: a right answer says what is different about it")
        if "hint" in vars(function):
            raise BankError(f"{_where(function)}: a right answer needs no hint")
        return _entry(function, says=says)

    return enter


def base(function: Function) -> Entry:
    """Makes a function a body that edits start from and that is not in the bank itself."""
    return _entry(function, says="")


def hint(text: str) -> Callable[[Function], Function]:
    """What the student of a wrong entry should be asked or pointed to."""

    def note(function: Function) -> Function:
        vars(_undecided(function))["hint"] = text
        return function

    return note


def edit(old: str, new: str, *, of: str = "") -> Callable[[Function], Function]:
    """States one change of a base, in place of a whole body; see `Edit`."""

    def note(function: Function) -> Function:
        edits = vars(_undecided(function)).get("edits", ())
        vars(function)["edits"] = (Edit(old, new, of), *edits)
        return function

    return note


def _entry(function: Function, **fields: str) -> Entry:
    code = function.__code__
    task = function.__globals__.get("TASK", "")
    if not task:
        raise BankError(f"{_where(function)}: names no task; write TASK = '...' above it")
    edits = vars(function).get("edits", ())
    parameters = tuple(inspect.signature(function).parameters)
    body = _bodies(code.co_filename)[code.co_firstlineno]
    if edits and (body != "..." or parameters):
        raise BankError(f"{_where(function)}: has edits, so write `def {function.__name__}(): ...`")
    if not edits and body == "...":
        raise BankError(f"{_where(function)}: has neither a body nor an edit")
    return Entry(
        id=function.__name__,
        task=task,
        parameters=parameters,
        file=code.co_filename,
        line=code.co_firstlineno,
        body=body,
        edits=edits,
        **fields,
    )


def _where(function: Function) -> str:
    return f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"


def _undecided(function: Function | Entry) -> Function:
    if isinstance(function, Entry):
        raise BankError(f"{function.where}: @wrong or @right is the first of its decorators")
    return function


@cache
def _bodies(file: str) -> dict[int, str]:
    """The body of each function of a file by the function's first line."""
    text = Path(file).read_text(encoding="utf-8")
    lines = text.split("\n")
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            first = min(node.lineno, *(d.lineno for d in node.decorator_list))
            body = lines[node.body[0].lineno - 1 : node.end_lineno]
            if node.body[0].lineno == node.lineno:
                body[0] = body[0][node.body[0].col_offset :]
            found[first] = textwrap.dedent("\n".join(body))
    return found
