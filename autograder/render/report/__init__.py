"""`report.html`: a self-contained page, rendered from a record and nothing else."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder import atomic
from autograder.record.build import Record
from autograder.render.report import page
from autograder.render.report.values import breakable, number, points

# Any text in a record can be an attack, so everything in the page is escaped.
_TEMPLATES = Environment(
    loader=PackageLoader(__name__),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"breakable": breakable, "number": number, "points": points}


def render(record: Record) -> str:
    """The page of a record that fits its schema, in any state.

    The page is for the student: it uses only the fields of a test that the student may see, and shows hints only if
    this attempt gets them.
    """
    return _TEMPLATES.get_template("report.html").render(page.view(record))


def write(record: Record, path: Path) -> None:
    """Writes the page atomically: at any moment the file is the complete old one or the complete new one."""
    atomic.write_text(path, render(record))
