"""Who reads what: the Markdown of the handout, of the form to answer in, and of the written solutions."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from autograder.assignment.manifest import Manifest, Question
from autograder.release.handout import about
from autograder.release.handout.marks import POINTS, RUBRIC, SOLUTION, without_forms
from autograder.release.handout.pages import HEADING, Page, Stretch

_NOTEBOOK = re.compile(r" notebook=(\S+?)(?=[ }])")
_MILLIMETRES = 25  # of empty paper for each point that is given by hand


def handout(pages: Sequence[Page], manifest: Manifest) -> str:
    """What students read: every page without what is for staff."""
    return _join(part for page in pages for stretch in page.stretches for part in _public(stretch, manifest))


def solutions(pages: Sequence[Page], manifest: Manifest) -> str:
    """What staff read: every page, solutions and rubrics in boxes of their own."""
    parts: list[str] = []
    for stretch in (stretch for page in pages for stretch in page.stretches):
        if stretch.kind in (SOLUTION, RUBRIC):
            parts.append(f"::::: {stretch.kind}\n{without_forms(stretch.text)}\n:::::")
        else:
            parts += _public(stretch, manifest)
    return _join(parts)


def answers(pages: Sequence[Page], manifest: Manifest) -> str:
    """What students write in: the questions, and an empty space where a solution stands that is graded by hand."""
    due = {question.id: question for question in manifest.questions if question.manual_points}
    asked = [page for page in pages if page.sections]
    spaces = Counter(_begins_answer(page, index) for page in asked for index in range(len(page.stretches)))
    done = Counter[str]()
    parts = ["Name and student ID, of each of you:", "::: {.answer height=10}\n:::"]
    for page in asked:
        for index, stretch in enumerate(page.stretches):
            name = _begins_answer(page, index)
            if name in due:
                done[name] += 1
                parts.append(_space(due[name], done[name], spaces[name]))
            elif stretch.kind not in (SOLUTION, RUBRIC):
                parts += _public(stretch, manifest)
    return _join(parts)


def _space(question: Question, number: int, of: int) -> str:
    """One of the spaces for the written answers to a question, which share its points and its paper."""
    height = round(_MILLIMETRES * question.manual_points / of)
    worth = about.points(question.manual_points)
    counted = f", {worth}" if of == 1 else f", part {number} of {of} ({worth} in all)"
    return f"::: {{.answer height={height}}}\n**Your answer to {about.label(question.id)}**{counted}\n:::"


def _begins_answer(page: Page, index: int) -> str:
    """The question whose solution begins at this stretch; empty where none does."""
    before = page.stretches[index - 1].kind if index else ""
    begins = page.stretches[index].kind == SOLUTION and before not in (SOLUTION, RUBRIC)
    return page.stretches[index].section if begins else ""


def _public(stretch: Stretch, manifest: Manifest) -> Iterator[str]:
    if stretch.kind == POINTS:
        yield about.table(manifest)
    elif stretch.kind == HEADING:
        notebook = _NOTEBOOK.search(stretch.text)
        yield _NOTEBOOK.sub("", stretch.text)
        questions = {question.id: question for question in manifest.questions}
        if stretch.section in questions:
            yield about.question(questions[stretch.section], manifest)
        else:
            yield about.chapter(stretch.section, manifest, notebook[1] if notebook else "")
    elif stretch.kind not in (SOLUTION, RUBRIC):
        yield without_forms(stretch.text)


def _join(parts: Iterator[str] | list[str]) -> str:
    return "\n\n".join(parts) + "\n"
