"""Builds notebooks from their texts, and for each question the file with which Otter checks it.

The text of a notebook is Python with cells between `# %%` lines. A notebook is built without outputs, and the same text
gives the same bytes. A check contains no test: it runs the public tests of its question.
"""

import hashlib
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder import atomic
from autograder.assignment.manifest import Manifest
from autograder.errors import InputError

FOLDER = "notebooks"  # of the texts, next to the manifest
CHECKS = "checks"
METADATA = {
    "accelerator": "GPU",  # asks Colab for one
    "colab": {"provenance": []},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CHECK = '''"""Otter's check of {id}: {title}. Generated; the tests are those of `make test Q={id}`."""

from otter.test_files import test_case

from autograder.check import public_tests

OK_FORMAT = False
name = "{id}"


@test_case(name="{id}", success_message="{passed}")
def check():
    public_tests("{id}")
'''
PASSED = "every public test passed; hidden tests and training runs follow when it is graded"


def build(manifest: Manifest, out: Path) -> list[Path]:
    """Writes the files of `contents` into `out` and returns their paths; other files there stay.

    Raises:
        InputError: as in `contents`.
    """
    made = contents(manifest)
    for name, content in made.items():
        atomic.write_text(out / name, content)
    return [out / name for name in made]


def contents(manifest: Manifest) -> dict[str, str]:
    """Every notebook, `<name>.ipynb`, and every check, `checks/<question>.py`, by name.

    Args:
        manifest: the assignment; the notebooks' texts are in `notebooks/` next to it.

    Raises:
        InputError: there is no text.
    """
    texts = sorted((manifest.root / FOLDER).glob("*.py"))
    if not texts:
        raise InputError(
            f"{manifest.root / FOLDER} contains no notebook: write one as <name>.py, with cells after `# %%`"
        )
    return {f"{text.stem}.ipynb": notebook(text) for text in texts} | {
        f"{CHECKS}/{name}.py": check for name, check in checks(manifest).items()
    }


def notebook(text: Path) -> str:
    """The notebook of a text, as JSON."""
    node = jupytext.read(text, fmt="py:percent")
    node.metadata = nbformat.from_dict(METADATA)  # type: ignore[no-untyped-call]
    node.nbformat, node.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in node.cells:
        cell.metadata.clear()
        cell.id = _name(cell, seen)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.validate(node)
    written: str = nbformat.writes(node)  # type: ignore[no-untyped-call]
    return written + "\n"


def _name(cell: NotebookNode, seen: Counter[str]) -> str:
    """An id that depends only on the cell's text, so that an edit of another cell does not change it."""
    digest = hashlib.sha256(f"{cell.cell_type} {cell.source}".encode()).hexdigest()[:12]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def checks(manifest: Manifest) -> dict[str, str]:
    """Otter's test file of each question that has tasks, by the question's id."""
    return {
        question.id: CHECK.format(id=question.id, title=question.title, passed=PASSED)
        for question in manifest.questions
        if question.tasks
    }
