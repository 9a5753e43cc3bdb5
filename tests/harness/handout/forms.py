r"""The closed forms of the handout, read from its Markdown, and their checks.

A form is a display equation right after a line `<!-- FORM q3a.probability -->` (question, dot, name):

    <!-- FORM q3a.probability -->
    $$
    P(Y \le 0 \mid Y_k = M) = \Phi\left(-\frac{M}{\sqrt{\sum_{i=k+1}^{n} \sigma_i^2}}\right).
    $$

`latex.py` says what its right-hand side can contain. A check takes the form and evaluates it:

    @checks("q3a.probability")
    def test_probability_is_that_of_the_remaining_sum(form):
        assert form(M=5, k=1, n=3, sigma={2: 1.5, 3: 0.5}).evalf() == ...

Under pytest it gets the form from the Markdown; `plant.py` calls it with falsified forms.
"""

import functools
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sympy

from . import latex

FOLDER = Path(__file__).parent
HANDOUT = FOLDER.parents[2] / "docs/handout"
_MARKER = re.compile(r"<!-- FORM (\w+\.\w+) -->")


class FormError(ValueError):
    """A form that is missing, or wrongly marked in the Markdown. Says where, and what to write instead."""


@dataclass(frozen=True)
class Form:
    """One closed form: the one of the handout, or with another `text`."""

    id: str
    text: str = ""

    def __call__(self, **symbols: Any) -> sympy.Expr:
        """The right-hand side, with the given values for its symbols; see `latex.parse`."""
        return latex.parse(self.text or _text_of(self.id), **symbols)


Check = Callable[[Form], None]
CHECKS: dict[str, list[Check]] = {}  # by form; the import of the files with checks fills it


def checks(form_id: str) -> Callable[[Check], Check]:
    """Marks a test with the one argument `form` as a check of this form."""

    def register(check: Check) -> Check:
        CHECKS.setdefault(form_id, []).append(check)
        return pytest.mark.parametrize("form", [Form(form_id)], ids=[form_id])(check)

    return register


def load_checks() -> dict[str, list[Check]]:
    """All checks by form, after the import of every file `test_forms_*.py` in this folder."""
    for path in sorted(FOLDER.glob("test_forms_*.py")):
        importlib.import_module(f"{__package__}.{path.stem}")
    return CHECKS


def expression(form_id: str, **symbols: Any) -> sympy.Expr:
    """The right-hand side of a form of the handout; see `latex.parse`."""
    return Form(form_id)(**symbols)


def read(folder: Path = HANDOUT) -> dict[str, str]:
    """The LaTeX of every form in the Markdown files of `folder`, by id.

    Raises:
        FormError: a misspelt marker, a marker without an accepted equation, or an id that occurs twice.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.md")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            if re.search(r"<!--\s*FORM", line, re.IGNORECASE):
                form_id, text = _at(f"{path.name}:{number}", line, "\n".join(lines[number:]))
                if form_id in found:
                    raise FormError(
                        f"{path.name}:{number}: {form_id} is there already; rename one of the two"
                    )
                found[form_id] = text
    return found


def _at(place: str, line: str, following: str) -> tuple[str, str]:
    marker = _MARKER.fullmatch(line.strip())
    if marker is None:
        raise FormError(f"{place}: the marker of a form must be alone on its line: <!-- FORM q1a.name -->")
    equation = re.match(r"\s*\$\$(.+?)\$\$", following, re.DOTALL)
    if equation is None:
        raise FormError(f"{place}: {marker[1]} is not followed by a display equation, $$ ... $$")
    text = " ".join(equation[1].split()).rstrip(".,; ")
    try:
        latex.parse(text)
    except latex.LatexError as error:
        raise FormError(f"{place}: {marker[1]}: {error}") from error
    return marker[1], text


@functools.cache
def _handout() -> dict[str, str]:
    return read()


def _text_of(form_id: str) -> str:
    found = _handout()
    if form_id not in found:
        raise FormError(f"no <!-- FORM {form_id} --> in docs/handout; there are: {', '.join(found)}")
    return found[form_id]
