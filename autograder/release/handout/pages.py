"""Reads the folder of the handout: which lines are for everybody, which are for staff, and their sections."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.assignment.scope import chapter_of
from autograder.release.handout.markers import (
    BEGIN,
    END,
    FORM,
    POINTS,
    RUBRIC,
    SOLUTION,
    HandoutError,
    Marker,
    marker_in,
    section_of,
)
from autograder.release.markers import read_text

TEXT, HEADING = "text", "heading"


@dataclass(frozen=True)
class Segment:
    """Neighbouring lines of one kind: TEXT, HEADING, SOLUTION, RUBRIC, or POINTS for the table of points."""

    kind: str
    section: str  # id of the question or chapter; empty before the first one of a page
    line: int  # 1-based
    text: str  # markers of closed forms are still in it


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path
    segments: tuple[Segment, ...]

    @property
    def sections(self) -> list[str]:
        """The ids of the questions and chapters that have their heading on this page, in order."""
        return [segment.section for segment in self.segments if segment.kind == HEADING]


def read(folder: Path, manifest: Manifest) -> list[Page]:
    """All pages: `index.md`, those of questions in the manifest's order, then the others by name.

    Raises:
        HandoutError: a marker or a section is wrong, or a question has no section.
    """
    if not (folder / "index.md").is_file():
        raise HandoutError(folder / "index.md", 0, "there is no such file, but the handout begins with it")
    found = [Page(path, tuple(_segments(path))) for path in sorted(folder.glob("*.md"))]
    questions = [question.id for question in manifest.questions]
    known = list(dict.fromkeys(name for question in questions for name in (chapter_of(question), question)))
    seen: set[str] = set()
    for page in found:
        for segment in (segment for segment in page.segments if segment.kind == HEADING):
            if segment.section not in known:
                what = (
                    f"unknown question `{segment.section}`; {manifest.path.name} has {', '.join(questions)}"
                )
                raise HandoutError(page.path, segment.line, what)
            if segment.section in seen:
                raise HandoutError(page.path, segment.line, f"a second section `{segment.section}`")
            seen.add(segment.section)
    for question in questions:
        if question not in seen:
            what = f"no page has a heading for {question}; write `## (d) Its title {{#{question}}}`"
            raise HandoutError(folder, 0, what)

    def place(page: Page) -> tuple[bool, int, str]:
        first = min(map(known.index, page.sections), default=len(known))
        return page.path.name != "index.md", first, page.path.name

    return sorted(found, key=place)


def _segments(path: Path) -> Iterator[Segment]:
    source = read_text(path)
    _check_equations(path, source)
    opened: list[tuple[Marker, int]] = []
    section, start, lines = "", 1, list[str]()

    def flush(upto: int) -> Iterator[Segment]:
        nonlocal start, lines
        text = "\n".join(lines)
        if text.strip():
            blank = len(text) - len(text.lstrip("\n"))
            kind = opened[-1][0].block if opened else TEXT
            yield Segment(kind, section, start + blank, text.strip("\n"))
        start, lines = upto + 1, []

    for number, line in enumerate(source.split("\n"), start=1):
        mark = marker_in(path, number, line)
        heading = section_of(line)
        if not heading and (mark is None or mark.kind == FORM):
            lines.append(line)
        elif heading:
            if opened:
                raise HandoutError(path, number, f"a section begins in the block of line {opened[-1][1]}")
            yield from flush(number)
            section = heading
            yield Segment(HEADING, section, number, line)
        elif mark:
            if mark.kind == END:
                _check_end(path, number, mark, opened)
            yield from flush(number)
            if mark.kind == BEGIN:
                _check_begin(path, number, mark, section, opened)
                opened.append((mark, number))
            elif mark.kind == END:
                opened.pop()
            else:
                yield Segment(POINTS, section, number, "")
    if opened:
        mark, number = opened[-1]
        raise HandoutError(path, number, f"unclosed block: `<!-- END {mark.block.upper()} -->` is missing")
    yield from flush(0)


def _check_equations(path: Path, source: str) -> None:
    """Checks equations: pandoc reads one with a blank line in it as words and dollar signs, without a warning."""
    begun = 0
    for number, line in enumerate(source.split("\n"), start=1):
        if begun and not line.strip():
            raise HandoutError(path, number, f"a blank line inside the equation of line {begun}")
        if line.count("$$") % 2:
            begun = 0 if begun else number
    if begun:
        raise HandoutError(path, begun, "this equation has no end: `$$` is missing")


def _check_begin(
    path: Path, number: int, mark: Marker, section: str, opened: list[tuple[Marker, int]]
) -> None:
    around = opened[-1][0].block if opened else ""
    if mark.block == RUBRIC and around != SOLUTION:
        raise HandoutError(path, number, "a rubric must be inside a solution, so that students never see it")
    if mark.block == SOLUTION and around:
        raise HandoutError(path, number, f"nested: the block of line {opened[-1][1]} is still open")
    if mark.section != section:
        where = f"the section `{section}`" if section else "no section"
        raise HandoutError(path, number, f"a block of `{mark.section}` is in {where}")


def _check_end(path: Path, number: int, mark: Marker, opened: list[tuple[Marker, int]]) -> None:
    if not opened:
        raise HandoutError(path, number, f"stray `<!-- END {mark.block.upper()} -->`: no block is open")
    inner, line = opened[-1]
    if inner.block != mark.block:
        raise HandoutError(path, number, f"the {inner.block} of line {line} is still open here")
