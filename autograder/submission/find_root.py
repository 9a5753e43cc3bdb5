"""Finds the package in a submission: the folder with most of the tasks' files, whatever its name is."""

from collections import Counter
from collections.abc import Iterable

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Manifest
from autograder.submission.reader.names import Parts, listed, shown


def find_root(submission: str, names: Iterable[str], manifest: Manifest) -> tuple[Parts | None, list[str]]:
    """The folder of the package, as the parts of its path in the submission, and notes; None if there is no package.

    The folder with most of the tasks' files is chosen. Among equals, a folder with the package's name in the manifest
    comes first, then the folder that is nearest to the top.

    Args:
        submission: its name, for the notes.
        names: paths of the files in it.
        manifest: the assignment.
    """
    task_files = {task.file for task in manifest.tasks.values() if task.kind is not Kind.RUN}
    modules = {file.split("/")[0] for file in task_files if "/" in file}
    held: Counter[Parts] = Counter()
    for name in names:
        parts = tuple(name.split("/"))
        for start in range(len(parts)):
            inside = parts[start:]
            if "/".join(inside) in task_files:
                held[parts[:start]] += 1
            elif len(inside) > 1 and inside[0] in modules:
                held[parts[:start]] += 0  # a candidate, with none of the files under their right names
    if not held:
        return None, [_missing(submission, manifest)]

    def rank(root: Parts) -> tuple[int, bool, int, Parts]:
        return -held[root], root[-1:] != (manifest.package,), len(root), root

    best, *others = sorted(held, key=rank)
    notes = []
    # A folder that only has the name of a module in it is not a package.
    others = [root for root in others if held[root]]
    if others:
        not_graded = listed([f"{_folder_name(root)} ({held[root]})" for root in others])
        notes.append(
            f"more than one folder contains files of the tasks: {_folder_name(best)} ({held[best]}) is graded,"
            f" not {not_graded}; hand in only one"
        )
    if best and best[-1] != manifest.package:
        notes.append(f"the package is called {shown(best[-1])} here; it is graded as {manifest.package}")
    return best, notes


def _folder_name(root: Parts) -> str:
    return shown("/".join(root)) + "/" if root else "the top folder"


def _missing(submission: str, manifest: Manifest) -> str:
    files = {task.file for task in manifest.tasks.values() if task.kind is Kind.CODE}
    inside = sorted({file.split("/")[0] + "/" * ("/" in file) for file in files})
    return (
        f"no package found in {shown(submission)}: hand in the folder `{manifest.package}/`,"
        f" which contains {', '.join(inside)}"
    )
