"""The written part, from one folder of Markdown: the handout, the form to answer in, and the written solutions.

`markers` knows the markers, `pages` reads the folder, `rubric` adds up its points, `about` describes a question by the
manifest, `editions` selects the parts for each reader, `convert` makes HTML, PDF, Markdown and LaTeX, and `leaks`
searches what students get for solutions.
"""

from pathlib import Path

from autograder import atomic
from autograder.assignment.manifest import Manifest
from autograder.errors import InputError
from autograder.release.handout import convert, editions, leaks, pages, rubric

__all__ = ["SOLUTIONS", "build", "write"]

SOLUTIONS = "solutions.pdf"  # for staff only; students get everything else


def build(manifest: Manifest) -> dict[str, bytes]:
    """Every file of the written part, by name; the bytes are the same each time.

    Raises:
        InputError: the manifest names no folder, a tool is missing, a source is wrong, or students would read a part of
            a solution.
    """
    if manifest.staff is None or not manifest.staff.handout:
        raise InputError(f"{manifest.path}: [staff] has no `handout`, the folder with the handout's sources")
    convert.check_tools()
    sources = pages.read(manifest.root / manifest.staff.handout, manifest)
    rubric.check(sources, manifest)
    title = manifest.title
    handout, answers = editions.handout(sources, manifest), editions.answers(sources, manifest)
    solutions = editions.solutions(sources, manifest)
    for_students = {
        "handout.html": convert.html(handout, title),
        "answers.md": convert.markdown(answers, title),
        "answers.tex": convert.latex(answers, title),
    }
    found = leaks.find(sources, for_students | {"handout.pdf": handout, "answers.pdf": answers})
    if found:
        raise InputError("students would read a part of a solution:\n" + "\n".join(found))
    return {name: text.encode() for name, text in for_students.items()} | {
        "handout.pdf": convert.pdf(handout, title, "Handout"),
        "answers.pdf": convert.pdf(answers, title, "Written answers"),
        SOLUTIONS: convert.pdf(solutions, title, "Written solutions and rubric, for staff only"),
    }


def write(manifest: Manifest, out: Path) -> list[Path]:
    """Writes the files of `build` into `out` and returns their paths.

    Raises:
        InputError: as in `build`; then nothing is written.
    """
    made = build(manifest)
    for name, content in made.items():
        atomic.write_bytes(out / name, content)
    return [out / name for name in made]
