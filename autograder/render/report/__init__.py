"""`report.html`: one page that needs nothing else, rendered from a record and from nothing else."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder import atomic
from autograder.record.build import Record
from autograder.render.report import page
from autograder.render.report.values import breakable, number, points

# Everything in a record but its numbers may be somebody's attack: whatever goes into the page is escaped.
_TEMPLATES = Environment(
    loader=PackageLoader(__name__),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"breakable": breakable, "number": number, "points": points}


def render(record: Record) -> str:
    """The page of a record that fits its schema, in whatever state it is.

    The page is for the student: of the fields of a test only those are used that its student may see, and hints only
    if this attempt gets them.
    """
    return _TEMPLATES.get_template("report.html").render(page.view(record))


def write(record: Record, path: Path) -> None:
    """Writes the page atomically: at any moment the file is the old one or the new one, whole."""
    atomic.write_text(path, render(record))
