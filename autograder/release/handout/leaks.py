"""Searches what students get for parts of the written solutions: runs of words, and runs of the tokens of formulas.

Solutions and questions are about the same topics, so short runs are equal by chance. A run of WORDS words or TOKENS
tokens is not: authors write the sources so that a question contains no such run of a solution. If one does, it is
found, whether the builder or an author made the mistake. Only an equation that a question marks as a FORM is given on
purpose, to be shown or used, and may be repeated.
"""

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

from autograder.release.handout.markers import RUBRIC, SOLUTION
from autograder.release.handout.pages import TEXT, Page
from autograder.release.leaks import in_a_row

WORDS, TOKENS = 7, 9
_MATH = re.compile(r"\$\$.+?\$\$|\$[^$\n](?:[^$]*?[^$\s])?\$", re.DOTALL)
_GIVEN = re.compile(r"<!-- FORM \S+ -->\s*\$\$(.+?)\$\$", re.DOTALL)
_IN_LATEX = re.compile(r"\\\[.+?\\\]|\\\(.+?\\\)", re.DOTALL)
_LINK = re.compile(r"\]\([^)]*\)|https?://\S+|\\href\{[^}]*\}")
# A symbol with its subscript is one token, and so is the name of a conditional distribution, P(A | B).
_TOKEN = re.compile(
    r"\w\([^()]*\\mid[^()]*\)"
    r"|(?:\\(?:bar|hat|tilde) ?)?(?:\\[A-Za-z]+|[A-Za-z])_(?:\{[^{}]*\}|\\?\w+)"
    r"|\\[A-Za-z]+|[A-Za-z]|\d|\S"
)
# Commands for the layout of a formula, which do not change its meaning.
_LAYOUT = re.compile(
    r"\\(?:left|right|middle|[bB]ig{1,2}[lrm]?|q?quad|[td]?frac)(?![A-Za-z])|\\[,;:! \\]|[&~.,;]"
)


def find(pages: Sequence[Page], published: Mapping[str, str]) -> list[str]:
    """Every run of a solution that is in a published text, one line each, with the file and line of the solution.

    Args:
        pages: the sources.
        published: texts that students get, by file name: HTML if the name ends in .html, else Markdown or LaTeX.
    """
    texts = {name: _text_of(text) if name.endswith(".html") else text for name, text in published.items()}
    words = {name: set(in_a_row(_words(text), WORDS)) for name, text in texts.items()}
    tokens = {name: set(in_a_row(_tokens(text), TOKENS)) for name, text in texts.items()}
    questions = [segment.text for page in pages for segment in page.segments if segment.kind == TEXT]
    given = {
        run for text in questions for form in _GIVEN.findall(text) for run in in_a_row(_tokens(form), TOKENS)
    }
    found: list[str] = []
    for page in pages:
        for segment in (segment for segment in page.segments if segment.kind in (SOLUTION, RUBRIC)):
            formulas = [_tokens(formula.strip("$")) for formula in _MATH.findall(segment.text)]
            own_tokens = [
                run for formula in formulas for run in in_a_row(formula, TOKENS) if run not in given
            ]
            for runs, there in ((in_a_row(_words(segment.text), WORDS), words), (own_tokens, tokens)):
                run = next((run for run in runs if any(run in known for known in there.values())), None)
                if run:
                    names = ", ".join(name for name, known in there.items() if run in known)
                    found.append(f"{page.path}:{segment.line}: `{' '.join(run)}` is in {names}")
    return found


def _words(text: str) -> list[str]:
    """The words in lower case; every formula counts as one word."""
    text = _IN_LATEX.sub(" $ ", _MATH.sub(" $ ", _LINK.sub(" ", text)))
    return re.findall(r"[a-z]+|\$", re.sub(r"\\[A-Za-z]+", " ", text).lower())


def _tokens(text: str) -> list[str]:
    tokens = _TOKEN.findall(_LAYOUT.sub(" ", text))
    return ["".join(token.split()) for token in tokens if token not in "{}"]


class _Text(HTMLParser):
    """Collects the text of a page. A formula is read as the TeX that comes with its MathML."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("math", "annotation", "style"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.parts.append(data)
        elif self._inside[-1] == "annotation":
            self.parts.append(f"${data.strip()}$")


def _text_of(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    return "".join(reader.parts)
