"""The students' package, generated from the one source that contains the solutions.

`generate` makes the files of the package, `write` writes them into a folder, and `differences` compares a folder with
them. `write` is for the staff's tree, where the package is a copy that nobody edits.
"""

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from autograder import atomic
from autograder.release.blank import blank_toml
from autograder.release.cut import cut_python
from autograder.release.markers import StubError

__all__ = ["StubError", "differences", "generate", "write"]

ARTIFACTS = "artifacts"  # trained weights: part of a submission, but not of the stubs


def generate(
    source: Path, tasks: Mapping[str, str], *, questions: Collection[str] | None = None
) -> dict[str, bytes]:
    """Every file of the students' package.

    Args:
        source: folder of the package with the solutions.
        tasks: the question of every code task, by its id: `{"diffusion.binary.posterior": "q1d"}`.
        questions: ids that markers in answer files may name; None for any id.

    Returns:
        Content by relative path with forward slashes, in sorted order. Nothing is written.

    Raises:
        StubError: a marker or block is wrong, or the tasks with a block are not those of `tasks`.
    """
    if not source.is_dir():
        raise StubError(source, 0, "is not a folder; stubs are cut from the package with the solutions")
    result: dict[str, bytes] = {}
    cut: set[str] = set()
    for relative in _files(source):
        path = source / relative
        name = str(relative)
        if relative.suffix == ".py":
            text, found = cut_python(path, relative, tasks)
            cut |= found
            result[name] = text.encode()
        elif relative.suffix == ".toml":
            result[name] = blank_toml(path, questions).encode()
        else:
            result[name] = path.read_bytes()
            if b"BEGIN SOLUTION" in result[name] or b"END SOLUTION" in result[name]:
                raise StubError(
                    path, 0, "markers work only in .py and .toml files; this file is copied whole"
                )
    for task in tasks:
        if task not in cut:
            path = source.joinpath(*task.split(".")[:-1]).with_suffix(".py")
            why = f"the manifest has the task {task}, but no solution block belongs to it"
            raise StubError(path, 0, why if path.is_file() else f"{why} (there is no such file)")
    return result


def write(source: Path, target: Path, tasks: Mapping[str, str]) -> list[str]:
    """Makes `target` the same as the result of `generate`: writes changed files atomically and removes stale ones.

    `target/artifacts/`, caches and hidden files stay as they are. Nothing outside `target` is changed: a link inside it
    is replaced, never followed.

    Returns:
        The relative paths that were written or removed, sorted.
    """
    wanted = generate(source, tasks)
    here, there = source.resolve(), target.resolve()
    if here.is_relative_to(there) or there.is_relative_to(here):
        raise StubError(target, 0, f"and {source} must not be inside each other")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise StubError(target, 0, "is not a folder; move it away")
    changed: list[str] = []
    for relative in list(_files(target, links=True)) if target.exists() else []:
        if str(relative) not in wanted or (target / relative).is_symlink():
            (target / relative).unlink()
            changed.append(str(relative))
    _prune(target, {PurePosixPath(), *(parent for name in wanted for parent in PurePosixPath(name).parents)})
    for name, content in wanted.items():
        path = target / name
        if path.is_file() and path.read_bytes() == content:
            continue
        atomic.write_bytes(path, content)
        changed.append(name)
    return sorted(set(changed))


def differences(source: Path, target: Path, tasks: Mapping[str, str]) -> list[str]:
    """How `target` differs from the result of `generate`, byte for byte: one line for each file, empty if equal."""
    wanted = generate(source, tasks)
    there = {str(relative) for relative in _files(target, links=True)} if target.is_dir() else set()
    found: list[str] = []
    for name in sorted(wanted.keys() | there):
        if name not in there:
            found.append(f"missing: {name}")
        elif name not in wanted:
            found.append(f"extra: {name}")
        elif (target / name).is_symlink() or not (target / name).is_file():
            found.append(f"different: {name} (not a plain file)")
        elif (content := (target / name).read_bytes()) != wanted[name]:
            found.append(f"different: {name} (line {_first_difference(content, wanted[name])})")
    return found


def _files(folder: Path, *, links: bool = False) -> Iterator[PurePosixPath]:
    """Relative paths of the files that become stubs, sorted; a link is yielded if `links` is set, else refused."""
    found: list[PurePosixPath] = []
    for root, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(root, name)
            if _ignored(path.relative_to(folder)):
                continue
            if path.is_symlink() and not links:
                raise StubError(path, 0, "is a link; stubs are cut from plain files")
            if name in files or path.is_symlink():
                found.append(PurePosixPath(path.relative_to(folder).as_posix()))
        folders[:] = [name for name in folders if not _ignored(Path(root, name).relative_to(folder))]
    yield from sorted(found)


def _ignored(relative: Path) -> bool:
    hidden = relative.name.startswith(".") or relative.name == "__pycache__" or relative.suffix == ".pyc"
    return hidden or relative.parts == (ARTIFACTS,)


def _prune(target: Path, wanted: set[PurePosixPath]) -> None:
    """Removes the folders that contain no file any more, with their caches."""
    for root, folders, files in os.walk(target, topdown=False):
        relative = PurePosixPath(Path(root).relative_to(target).as_posix())
        if relative in wanted or relative.parts[0] == ARTIFACTS or files or set(folders) - {"__pycache__"}:
            continue
        if relative.name != "__pycache__":
            shutil.rmtree(root)


def _first_difference(one: bytes, other: bytes) -> int:
    pairs = zip(one.split(b"\n"), other.split(b"\n"), strict=False)
    return next(
        (line for line, (a, b) in enumerate(pairs, 1) if a != b),
        min(one.count(b"\n"), other.count(b"\n")) + 1,
    )
