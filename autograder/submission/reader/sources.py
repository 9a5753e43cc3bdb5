"""Scans Python sources without running them: which functions exist, are still TODO, or cannot be read."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.submission.reader import machine
from autograder.submission.reader.names import shown

READY, TODO, BROKEN = "ready", "todo", "broken"
TODO_PREFIX = "TODO("
LARGEST = 1_000_000  # bytes, the default of `[intake]`, which does not apply to a student's own run
NOT_UTF_8 = "this file is not UTF-8 text; save it again with that encoding"
FIXES = {  # a part of Python's own message, and what to do
    "Missing parentheses in call to 'print'": "that is Python 2",
    "Missing parentheses in call to 'exec'": "that is Python 2",
    "multiple exception types": "Python 3 writes `except (A, B) as error`",
    "inconsistent use of tabs": "indent with four spaces everywhere, and with no tab",
    "expected an indented block": "write the body there, indented by four spaces",
    "unexpected indent": "line it up with the lines around it",
    "unindent does not match": "line it up with the lines around it",
    "invalid character": "type it again in a code editor",
    "invalid non-printable character": "delete it, and type the line again in a code editor",
}
LEFTOVERS = {  # how the line begins, and what to do
    "<<<<<<<": "a merge conflict is left in it; keep one side and delete the marks",
    ">>>>>>>": "a merge conflict is left in it; keep one side and delete the marks",
    "=======": "a merge conflict is left in it; keep one side and delete the marks",
    "%": "that is a notebook's command; delete the line",
    "!": "that is a notebook's command; delete the line",
}


class Unreadable(Exception):
    """Python cannot read a file: the line (0 if unknown), and why, with the fix."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


def job(request: dict[str, Any]) -> Iterator[tuple[Any, bytes]]:
    """One part for each file: the fields of a `TaskSource` for each of its names."""
    for file, names in request["files"].items():
        try:
            tree = _parse(Path(request["package"]) / file, file)
            tasks = {name: _scan(tree, file, name) for name in names}
        except Unreadable as error:
            where = f"{file}:{error.line}" if error.line else file
            tasks = {name: {"state": BROKEN, "where": where, "why": error.why} for name in names}
        yield {"file": file, "tasks": tasks}, b""


def _parse(path: Path, file: str) -> ast.Module:
    data = _bytes(path, file)
    try:
        return ast.parse(data)
    except (SyntaxError, ValueError) as error:  # ValueError: a NUL, in Python 3.11
        raise _explained(error, data, file) from error
    except (RecursionError, MemoryError) as error:
        why = f"{file}: Python cannot read this file: it is nested too deeply or too large; write it in simpler steps"
        raise Unreadable(0, why) from error


def _bytes(path: Path, file: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise Unreadable(
                0, f"{file} cannot be read: it is not a regular file; put the file back, under this name"
            )
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise Unreadable(0, f"{file} is missing: put the file back, under this name") from None
    except OSError as error:
        machine.check(error)
        raise Unreadable(0, f"{file} cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise Unreadable(
            0, f"{file} is larger than {LARGEST // 1000} KB: a source file has a few; move the data out of it"
        )
    return data


def _explained(error: SyntaxError | ValueError, data: bytes, file: str) -> Unreadable:
    """Python's message with the file, the line and the fix."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line, why = data.count(b"\n", 0, wrong.start) + 1, NOT_UTF_8
    else:
        if "\0" in text:
            line, why = data.count(b"\n", 0, data.index(b"\0")) + 1, NOT_UTF_8  # usually UTF-16
        else:
            line = getattr(error, "lineno", None) or 1
            why = f"Python cannot read this file: {_with_fix(error, text, line)}"
    return Unreadable(line, f"{file}:{line}: {why}")


def _with_fix(error: SyntaxError | ValueError, text: str, line: int) -> str:
    message = shown(getattr(error, "msg", None) or str(error))
    lines = text.split("\n", line)
    begins = lines[line - 1].lstrip() if line <= len(lines) else ""
    fixes = [fix for start, fix in LEFTOVERS.items() if begins.startswith(start)]
    fixes += [fix for part, fix in FIXES.items() if part in message]
    return "; ".join([message, *fixes[:1]])


def _scan(tree: ast.Module, file: str, name: str) -> dict[str, Any]:
    definitions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name
    ]
    if not definitions:
        if name in _assigned(tree) | _imported(tree):
            return {"state": READY, "where": file}
        why = f"{file} does not define `{name}`: give the function back its name"
        return {"state": BROKEN, "where": file, "why": why}
    node = definitions[-1]
    line = _todo_line(node)
    if line:
        return {"state": TODO, "where": f"{file}:{line}"}
    return {
        "state": READY,
        "where": f"{file}:{node.lineno}",
        "calls": sorted(_called(node)),
        "is_class": isinstance(node, ast.ClassDef),
    }


def _called(node: ast.AST) -> set[str]:
    """The last part of the name of every function that is called inside a definition."""
    functions = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    names = (part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in functions)
    return {*names} - {""}


def _assigned(tree: ast.Module) -> set[str]:
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _imported(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _todo_line(definition: ast.AST) -> int:
    """The line of the first TODO raise that can be reached, or 0. Code after a return in the same block cannot."""
    waiting = [definition]
    while waiting:  # no recursion: each `elif` of a long chain is nested in the one before
        node = waiting.pop()
        if isinstance(node, ast.Raise) and _is_todo(node):
            return node.lineno
        below: list[ast.AST] = []
        for _, block in ast.iter_fields(node):
            for statement in block if isinstance(block, list) else ():
                if isinstance(statement, ast.AST):
                    below.append(statement)
                if isinstance(statement, ast.Return | ast.Raise):
                    break
        waiting += reversed(below)
    return 0


def _is_todo(statement: ast.Raise) -> bool:
    call = statement.exc
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "NotImplementedError"
        and len(call.args) == 1
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and call.args[0].value.startswith(TODO_PREFIX)
    )
