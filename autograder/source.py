"""Looks at a submission's source without running it: which tasks are still TODO, missing or unreadable."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from autograder.manifest import Task

TODO_PREFIX = "TODO("


class State(Enum):
    """What the source alone says of a task."""

    READY = "ready"
    TODO = "todo"
    BROKEN = "broken"


@dataclass(frozen=True)
class Look:
    """What was seen of one task: `where` as file:line, `why` with the mend, and the names of what it `calls`."""

    state: State
    where: str
    why: str = ""
    calls: frozenset[str] = frozenset()
    is_class: bool = False


def look(package: Path, tasks: Iterable[Task]) -> dict[str, Look]:
    """The state of every code task in `package`. Parses each file once and never imports it."""
    trees: dict[str, ast.Module | Look] = {}
    found: dict[str, Look] = {}
    for task in tasks:
        if task.kind != "code":
            continue
        if task.file not in trees:
            trees[task.file] = _parse(package, task.file)
        tree = trees[task.file]
        found[task.id] = tree if isinstance(tree, Look) else _look_at(tree, task)
    return found


def calls(task: Task, tasks: Mapping[str, Task], looks: Mapping[str, Look]) -> list[str]:
    """The tasks that `task` needs in this very submission, directly or through another, nearest first.

    A need of the manifest counts for code only if it calls a function of that name: whoever solves a task without
    calling another one does not wait for it. A class counts always, since it arrives as an argument. A training run
    needs all that the manifest says.
    """
    found: list[str] = []
    queue = [task]
    while queue:
        current = queue.pop(0)
        for need in current.needs:
            look = looks.get(current.id)
            counts = look is None or tasks[need].name in look.calls or looks[need].is_class
            if counts and need not in found:
                found.append(need)
                queue.append(tasks[need])
    return found


def _parse(package: Path, file: str) -> ast.Module | Look:
    try:
        return ast.parse((package / file).read_bytes(), filename=file)
    except FileNotFoundError:
        return Look(State.BROKEN, file, f"{file} is missing: put the file back, under this name")
    except OSError as error:
        return Look(State.BROKEN, file, f"{file} cannot be read: {error.strerror}")
    except SyntaxError as error:
        where = f"{file}:{error.lineno or 1}"
        if "decode" in error.msg or "encoding" in error.msg or "utf-8" in error.msg.lower():
            return Look(State.BROKEN, where, f"{file} is not UTF-8 text: save it again with that encoding")
        return Look(State.BROKEN, where, f"{where}: Python cannot read this file: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        return Look(State.BROKEN, file, f"{file}: Python cannot read this file: {error}")


def _look_at(tree: ast.Module, task: Task) -> Look:
    definitions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == task.name
    ]
    if not definitions:
        if task.name in _assigned(tree) | _imported(tree):
            return Look(State.READY, task.file)
        why = f"{task.file} does not define `{task.name}`: give the function back its name"
        return Look(State.BROKEN, task.file, why)
    node = definitions[-1]
    line = _todo_line(node)
    if line:
        why = f"{task.id} is not filled in yet: {task.file}:{line} still raises its TODO"
        return Look(State.TODO, f"{task.file}:{line}", why)
    return Look(
        State.READY,
        f"{task.file}:{node.lineno}",
        calls=_called(node),
        is_class=isinstance(node, ast.ClassDef),
    )


def _called(node: ast.AST) -> frozenset[str]:
    """The last name of every function that is called inside a definition."""
    functions = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    names = (part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in functions)
    return frozenset(names) - {""}


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


def _todo_line(node: ast.AST) -> int:
    """The line of the first TODO raise that can be reached, or 0. Code after a return in its block cannot."""
    for _, block in ast.iter_fields(node):
        if not isinstance(block, list):
            continue
        for statement in block:
            if isinstance(statement, ast.Raise) and _is_todo(statement):
                return statement.lineno
            if isinstance(statement, ast.AST) and (line := _todo_line(statement)):
                return line
            if isinstance(statement, ast.Return | ast.Raise):
                break
    return 0


def _is_todo(statement: ast.Raise) -> bool:
    call = statement.exc
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "NotImplementedError"
        and len(call.args) == 1
        and isinstance(call.args[0], ast.Constant)
        and str(call.args[0].value).startswith(TODO_PREFIX)
    )
