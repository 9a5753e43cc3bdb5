"""The markers in the handout's Markdown; every mistake in a marker is reported.

Markers are HTML comments alone on their line. Other comments are not allowed, since a misspelt marker would hand a
solution to students.

    <!-- BEGIN SOLUTION q1d -->    <!-- END SOLUTION -->     for staff; inside the section of its question
    <!-- BEGIN RUBRIC q1d -->      <!-- END RUBRIC -->       inside a solution; lines `- 2 points: what for`
    <!-- FORM q1d.posterior -->                              the display equation below is a closed form that a test
                                                             checks; in a question it is given, to be shown or used
    <!-- POINTS -->                                          the table of all points is put here

A heading `## (d) The posterior {#q1d}` begins the section of a question, `# Coin flips {#q1}` that of a chapter.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.release.markers import SourceError

SOLUTION, RUBRIC = "solution", "rubric"
BEGIN, END, FORM, POINTS = "begin", "end", "form", "points"
_MARKER = re.compile(
    r"<!-- (?:(?P<begin>BEGIN) (?P<opened>SOLUTION|RUBRIC) (?P<section>q\d+[a-z]?)|END (?P<closed>SOLUTION|RUBRIC)"
    r"|(?P<form>FORM) q\d+[a-z]?\.\w+|POINTS) -->"
)
_HEADING = re.compile(r"#+ .*\{#(q\d+[a-z]?)(?: [^}]*)?\}")
_GRAMMAR = (
    "write `<!-- BEGIN SOLUTION q1d -->` or `<!-- END SOLUTION -->`, the same with RUBRIC, `<!-- FORM q1d.name -->` or "
    "`<!-- POINTS -->`; other comments are not allowed"
)


class HandoutError(SourceError):
    """No handout can be built from a source."""


@dataclass(frozen=True)
class Marker:
    """A marker: `kind` is BEGIN, END, FORM or POINTS."""

    kind: str
    block: str = ""  # of BEGIN and END: SOLUTION or RUBRIC
    section: str = ""  # of BEGIN


def marker_in(path: Path, number: int, line: str) -> Marker | None:
    """The marker that a line is, if it is one.

    Raises:
        HandoutError: the line contains a comment that is not a marker, or a marker and something else.
    """
    if "<!--" not in line and "-->" not in line:
        return None
    found = _MARKER.fullmatch(line.strip())
    if found is None:
        inside = _MARKER.search(line)
        if inside:
            raise HandoutError(path, number, f"`{inside[0]}` must be alone on its line")
        raise HandoutError(path, number, f"unknown marker `{line.strip()}`; {_GRAMMAR}")
    if found["begin"]:
        return Marker(BEGIN, found["opened"].lower(), found["section"])
    if found["closed"]:
        return Marker(END, found["closed"].lower())
    return Marker(FORM if found["form"] else POINTS)


def without_forms(text: str) -> str:
    """The text without the markers of closed forms, which are for tests."""
    return "\n".join(line for line in text.split("\n") if not line.strip().startswith("<!-- FORM "))


def section_of(line: str) -> str:
    """The id of the question or chapter if the line is its heading; empty for any other line."""
    found = _HEADING.fullmatch(line)
    return found[1] if found else ""
