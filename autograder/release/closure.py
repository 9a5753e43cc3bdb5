"""Finds the modules of this package that a student's machine needs.

These are the modules that `test`, `submit`, `report` and the checks of a notebook import. There is no list of them:
imports are followed from the modules with which a student's run begins. Imports under `if TYPE_CHECKING:` do not count.
Modules that only staff's runs need are imported inside a function that first checks that they exist.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from autograder import STAFF, STUDENT

PACKAGE = Path(__file__).parents[1]
# The last one is imported by tests/support, which is in the bundle as well.
ENTRIES = ("autograder.__main__", "autograder.check", STUDENT, "autograder.testing.tolerance")
READER = (
    PACKAGE / "submission/reader"
)  # a program of its own, started by path, whose jobs are modules found by name


def student_side() -> dict[str, Path]:
    """Every file of the student's side, by its path in the bundle: modules, and the data files beside them."""
    modules = reached_from(
        [*ENTRIES, *(f"autograder.submission.reader.{job.stem}" for job in READER.glob("*.py"))]
    )
    data = [
        path
        for module in modules.values()
        if module.name == "__init__.py"
        for folder in (module.parent, module.parent / "templates")
        for path in sorted(folder.glob("*"))
        if path.is_file() and path.suffix not in (".py", ".pyc", ".sh")
    ]
    return {_name(path): path for path in sorted({*modules.values(), *data})}


def reached_from(entries: Iterable[str]) -> dict[str, Path]:
    """The modules of this package that these modules import, directly or through others, each with its file."""
    modules: dict[str, Path] = {}
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        file = _file(name)
        if name in modules or name in STAFF or file is None:
            continue
        modules[name] = file
        waiting += [name.rpartition(".")[0], *_imports(file)]
    return modules


def all_modules() -> list[str]:
    """The names of all modules of this package, sorted."""
    files = (path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.py"))
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in files)


def _name(path: Path) -> str:
    return (PurePosixPath(PACKAGE.name) / path.relative_to(PACKAGE).as_posix()).as_posix()


def _file(module: str) -> Path | None:
    """The file of a module of this package; None for anything else, such as a name inside a module."""
    parts = module.split(".")
    if parts[0] != PACKAGE.name:
        return None
    path = PACKAGE.joinpath(*parts[1:])
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def _imports(file: Path) -> Iterator[str]:
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)
