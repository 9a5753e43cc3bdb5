"""Cuts one Python file: the solution blocks of its tasks become a TODO and a raise."""

import ast
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from autograder.release.markers import Block, StubError, blocks, read_text

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def cut_python(path: Path, relative: PurePosixPath, tasks: Mapping[str, str]) -> tuple[str, set[str]]:
    """The stub of one Python file.

    Args:
        path: of the file.
        relative: its path inside the package, which gives the ids of its tasks.
        tasks: the question of every task of the homework.

    Returns:
        The stub's text, and the tasks that have a block in it.

    Raises:
        StubError: a marker is wrong, or a block is at a wrong place.
    """
    text = read_text(path)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise StubError(path, getattr(error, "lineno", 0) or 0, f"syntax error: {error}") from None
    lines = text.split("\n")
    module = ".".join(relative.with_suffix("").parts)
    cut: set[str] = set()
    replaced: list[tuple[Block, list[str] | None]] = []
    for block in blocks(path, text):
        chain = _enclosing(path, tree, block)
        if not chain:
            check_question(path, block, set(tasks.values()))
            replaced.append((block, None))
            continue
        task = _task_of(path, module, chain, block, tasks)
        if block.question != tasks[task]:
            raise StubError(
                path,
                block.begin,
                f"{task} belongs to {tasks[task]} in the manifest, its block says {block.question}",
            )
        cut.add(task)
        pad = " " * block.column
        todo = [f"# TODO({block.question}): your code here.", *block.hints]
        todo.append(f'raise NotImplementedError("TODO({block.question}): {task}")')
        replaced.append((block, [pad + line for line in todo]))
    for block, todo_lines in reversed(replaced):
        if todo_lines is None:
            _remove(lines, block)
        else:
            lines[block.begin - 1 : block.end] = todo_lines
    return "\n".join(lines), cut


def check_question(path: Path, block: Block, known: Collection[str]) -> None:
    """Raises StubError unless the block names a question that the manifest has."""
    if block.question not in known:
        raise StubError(
            path,
            block.begin,
            f"unknown question `{block.question}`; the manifest has {', '.join(sorted(known))}",
        )


def _first_line(statement: ast.stmt) -> int:
    decorators = statement.decorator_list if isinstance(statement, _Definition) else []
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _enclosing(path: Path, tree: ast.Module, block: Block) -> list[_Definition]:
    """The definitions around a block, outermost first; empty at module level."""
    chain: list[_Definition] = []
    body = tree.body
    while True:
        touched = [
            statement
            for statement in body
            if _first_line(statement) < block.end and (statement.end_lineno or 0) > block.begin
        ]
        if not touched:
            raise StubError(
                path, block.begin, "the block contains no statement of a body (or is inside a signature)"
            )
        first = touched[0]
        if _first_line(first) < block.begin and len(touched) == 1 and isinstance(first, _Definition):
            chain.append(first)
            body = first.body
            continue
        _check_whole(path, block, touched, inside=bool(chain) and not isinstance(chain[-1], ast.ClassDef))
        break
    if chain:
        _check_body(path, block, chain[-1], touched)
    elif touched[0] is tree.body[0] and ast.get_docstring(tree, clean=False) is not None:
        raise StubError(path, block.begin, "the block contains the docstring of the module")
    return chain


def _check_whole(path: Path, block: Block, touched: list[ast.stmt], *, inside: bool) -> None:
    """Checks that every touched statement is completely in the block, and that no outer definition is."""
    for statement in touched:
        starts = block.begin < _first_line(statement)
        ends = (statement.end_lineno or 0) < block.end
        if isinstance(statement, _Definition) and starts and not (ends and inside):
            raise StubError(path, block.begin, f"the block contains the definition of `{statement.name}`")
    for statement in touched:
        if _first_line(statement) < block.begin or (statement.end_lineno or 0) > block.end:
            what = f"the block cuts the statement of line {statement.lineno} in two"
            raise StubError(
                path,
                block.begin,
                f"{what}; put it directly into a function, not inside an `if`, `for` or `with`",
            )
        if statement.col_offset != block.column:
            raise StubError(
                path, block.begin, "the markers are not indented like the statements between them"
            )


def _check_body(path: Path, block: Block, owner: _Definition, touched: list[ast.stmt]) -> None:
    if block.begin <= owner.lineno:
        raise StubError(path, block.begin, f"the block contains the definition of `{owner.name}`")
    if isinstance(owner, ast.ClassDef):
        raise StubError(
            path, block.begin, f"the block is in the body of class `{owner.name}`, not in a method"
        )
    first = owner.body[0]
    if touched[0] is first and ast.get_docstring(owner, clean=False) is not None:
        raise StubError(path, block.begin, f"the block contains the docstring of `{owner.name}`")
    if touched[-1] is not owner.body[-1]:
        line = owner.body[owner.body.index(touched[-1]) + 1].lineno
        raise StubError(
            path, line, f"code of `{owner.name}` after its block would never run; move it into the block"
        )


def _task_of(
    path: Path, module: str, chain: list[_Definition], block: Block, tasks: Mapping[str, str]
) -> str:
    task = f"{module}.{chain[0].name}"
    method = len(chain) == 2 and isinstance(chain[0], ast.ClassDef)
    if task not in tasks or not (method or len(chain) == 1):
        name = ".".join([module, *(definition.name for definition in chain)])
        raise StubError(
            path,
            block.begin,
            f"`{name}` is not a task of the manifest, and not a method of a class that is one",
        )
    return task


def _remove(lines: list[str], block: Block) -> None:
    """Removes a module-level block, and leaves the larger of the two gaps around it."""
    above = block.begin - 1
    while above and not lines[above - 1].strip():
        above -= 1
    below = block.end
    while below < len(lines) and not lines[below].strip():
        below += 1
    if above == 0:
        gap = 0
    elif below == len(lines):
        gap = 1  # the line end of the last line
    else:
        gap = max(block.begin - 1 - above, below - block.end)
    lines[above:below] = [""] * gap
