"""The Markdown for each reader: the handout, the form to answer in, and the written solutions."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from autograder.assignment.manifest import Manifest, Question
from autograder.release.handout import about
from autograder.release.handout.markers import POINTS, RUBRIC, SOLUTION, without_forms
from autograder.release.handout.pages import HEADING, Page, Segment

_NOTEBOOK = re.compile(r" notebook=(\S+?)(?=[ }])")
_MILLIMETRES = 25  # of empty space for each point that is given by hand


def handout(pages: Sequence[Page], manifest: Manifest) -> str:
    """What students read: every page without the parts for staff."""
    return _join(part for page in pages for segment in page.segments for part in _public(segment, manifest))


def solutions(pages: Sequence[Page], manifest: Manifest) -> str:
    """What staff read: every page, with solutions and rubrics in boxes."""
    parts: list[str] = []
    for segment in (segment for page in pages for segment in page.segments):
        if segment.kind in (SOLUTION, RUBRIC):
            parts.append(f"::::: {segment.kind}\n{without_forms(segment.text)}\n:::::")
        else:
            parts += _public(segment, manifest)
    return _join(parts)


def answers(pages: Sequence[Page], manifest: Manifest) -> str:
    """What students write in: the questions, and an empty space instead of each solution that is graded by hand."""
    by_hand = {question.id: question for question in manifest.questions if question.manual_points}
    asked = [page for page in pages if page.sections]
    spaces = Counter(_begins_answer(page, index) for page in asked for index in range(len(page.segments)))
    done = Counter[str]()
    parts = ["Name and student ID, of each of you:", "::: {.answer height=10}\n:::"]
    for page in asked:
        for index, segment in enumerate(page.segments):
            name = _begins_answer(page, index)
            if name in by_hand:
                done[name] += 1
                parts.append(_space(by_hand[name], done[name], spaces[name]))
            elif segment.kind not in (SOLUTION, RUBRIC):
                parts += _public(segment, manifest)
    return _join(parts)


def _space(question: Question, number: int, of: int) -> str:
    """One of the spaces for the written answers to a question. All of them share its points and its space."""
    height = round(_MILLIMETRES * question.manual_points / of)
    worth = about.points(question.manual_points)
    counted = f", {worth}" if of == 1 else f", part {number} of {of} ({worth} in all)"
    return f"::: {{.answer height={height}}}\n**Your answer to {about.label(question.id)}**{counted}\n:::"


def _begins_answer(page: Page, index: int) -> str:
    """The question whose solution begins at this segment; empty if none does."""
    before = page.segments[index - 1].kind if index else ""
    begins = page.segments[index].kind == SOLUTION and before not in (SOLUTION, RUBRIC)
    return page.segments[index].section if begins else ""


def _public(segment: Segment, manifest: Manifest) -> Iterator[str]:
    if segment.kind == POINTS:
        yield about.table(manifest)
    elif segment.kind == HEADING:
        notebook = _NOTEBOOK.search(segment.text)
        yield _NOTEBOOK.sub("", segment.text)
        questions = {question.id: question for question in manifest.questions}
        if segment.section in questions:
            yield about.question(questions[segment.section], manifest)
        else:
            yield about.chapter(segment.section, manifest, notebook[1] if notebook else "")
    elif segment.kind not in (SOLUTION, RUBRIC):
        yield without_forms(segment.text)


def _join(parts: Iterator[str] | list[str]) -> str:
    return "\n\n".join(parts) + "\n"
