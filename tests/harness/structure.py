"""`python -m tests.harness.structure`: figures of the tree, and whether each keeps to its limit. Part of `make lint`.

The order of the folders is the table `[tool.importlinter]` in pyproject.toml, which `lint-imports` holds. Here imports
are counted, those inside functions and for types included.
"""

import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import grimp

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "autograder"
MAX_FILES, MAX_FOLDERS = 8, 15  # in the root of autograder/
MAX_MEDIAN, MAX_LINES = 110, 250  # of a file
CODE = ("autograder", "benchmarks", "solutions", "tests")
DATA = ("tests/misconceptions",)  # known answers: as many as there are


def entries(root: Path) -> tuple[list[str], list[str]]:
    """Names of the modules and of the folders in the package's root."""
    folder = root / PACKAGE
    files = sorted(path.stem for path in folder.glob("*.py"))
    return files, sorted(path.name for path in folder.iterdir() if (path / "__init__.py").exists())


def imports() -> dict[str, set[str]]:
    """For each entry of the package's root, the other entries that it imports."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    found: dict[str, set[str]] = {}
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            source, target = (f"{name}.".split(".")[1] for name in (importer, imported))
            if source and target and source != target:
                found.setdefault(source, set()).add(target)
    return found


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Entries that import each other in a circle; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def lengths(root: Path) -> dict[str, int]:
    """Lines of each Python file that is not data."""
    paths = (path for folder in CODE for path in sorted((root / folder).rglob("*.py")))
    names = {path.relative_to(root).as_posix(): path for path in paths}
    return {
        name: len(path.read_text(encoding="utf-8").splitlines())
        for name, path in names.items()
        if not name.startswith(DATA)
    }


def problems(root: Path) -> Iterator[str]:
    """Prints the figures; yields in words what is beyond its limit."""
    files, folders = entries(root)
    print(f"{PACKAGE}/: {len(files)} files and {len(folders)} folders in its root")
    if len(files) > MAX_FILES or len(folders) > MAX_FOLDERS:
        yield f"{PACKAGE}/ may have {MAX_FILES} files and {MAX_FOLDERS} folders in its root"
    graph = imports()
    found = circle(graph)
    pairs = sum(len(targets) for targets in graph.values())
    print(f"{PACKAGE}/: {pairs} pairs of entries import one another, {'a circle' if found else '0 circles'}")
    if found:
        yield f"these import each other in a circle: {' -> '.join(found)}"
    for folder in CODE:
        lines = {name: count for name, count in lengths(root).items() if name.startswith(f"{folder}/")}
        middle, longest = median(lines.values()), max(lines, key=lambda name: lines[name])
        print(
            f"{folder}/: {len(lines)} files of {middle:g} lines in the median; {longest} has {lines[longest]}"
        )
        if middle > MAX_MEDIAN and folder != "solutions":
            yield f"{folder}/: the median file has {middle:g} lines, more than {MAX_MEDIAN}"
        yield from (
            f"{name} has {n} lines, more than {MAX_LINES}" for name, n in lines.items() if n > MAX_LINES
        )


def main() -> int:
    """0 if every figure keeps to its limit, otherwise 1."""
    found = list(problems(ROOT))
    for problem in found:
        print(f"structure: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
