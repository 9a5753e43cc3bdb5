"""The rubrics of the written solutions: checks the form of their lines, and that their points are the manifest's."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.release.handout.markers import RUBRIC, HandoutError
from autograder.release.handout.pages import Page, Segment

_ROW = re.compile(r"- (\d+(?:\.\d+)?) points?: \S")


def check(pages: Sequence[Page], manifest: Manifest) -> None:
    """Checks that the rubrics of each question add up to its `manual_points`.

    Raises:
        HandoutError: they do not, a line is not a row of a rubric, or a question with manual points has no rubric.
    """
    given: dict[str, float] = defaultdict(float)
    last: dict[str, tuple[Path, int]] = {}
    for page in pages:
        for segment in page.segments:
            last.setdefault(segment.section, (page.path, segment.line))
            if segment.kind == RUBRIC:
                given[segment.section] += _points(page.path, segment)
                last[segment.section] = (page.path, segment.line)
    expected = {question.id: question.manual_points for question in manifest.questions}
    for section in given.keys() | {name for name, points in expected.items() if points}:
        if abs(given[section] - expected.get(section, 0)) > 1e-9:
            what = f"the rubric of {section} adds up to {given[section]:g} points, its manual_points are"
            raise HandoutError(*last[section], f"{what} {expected.get(section, 0):g}")


def _points(path: Path, rubric: Segment) -> float:
    points = 0.0
    for number, line in enumerate(rubric.text.split("\n"), start=rubric.line):
        row = _ROW.match(line)
        if row:
            points += float(row[1])
        elif line.strip() and not line.startswith("  "):
            what = f"`{line}` is not a row of a rubric; write `- 2 points: what for`, and indent a continued line"
            raise HandoutError(path, number, what)
    return points
