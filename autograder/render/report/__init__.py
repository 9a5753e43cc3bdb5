"""`report.html`: a self-contained page, rendered from a record and nothing else."""

from pathlib import Path

from autograder import atomic
from autograder.record.build import Record
from autograder.render.html import templates
from autograder.render.report import page
from autograder.render.report.values import breakable, number, points

_TEMPLATES = templates(__name__, breakable=breakable, number=number, points=points)


def render(record: Record) -> str:
    """The page of a record that fits its schema, in any state.

    The page is for the student: it uses only the fields of a test that the student may see, and shows hints only if
    this attempt gets them.
    """
    return _TEMPLATES.get_template("report.html").render(page.view(record))


def write(record: Record, path: Path) -> None:
    """Writes the page atomically: at any moment the file is the complete old one or the complete new one."""
    atomic.write_text(path, render(record))
