"""Falsifies every closed form of the handout, one place at a time. The checks must notice each change.

    python -m tests.harness.handout.plant

It raises each number by one, flips each sign, and negates and doubles the complete form. It writes no files.
The last printed line is `planted N, caught N`; the exit code is 1 if a change survives.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from . import forms, latex

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SIGN = re.compile(r"[+-]")
_TURNED = {"+": "-", "-": "+"}


@dataclass(frozen=True)
class Mutation:
    """A form with one error."""

    form_id: str
    change: str  # in words
    text: str
    killed_by: str = ""  # the check that failed, and how; empty if none failed


def changes(text: str) -> Iterator[tuple[str, str]]:
    """The change in words and the changed equation, for every place of its right-hand side."""
    right = latex.right_hand_side(text)
    left = text[: text.rindex(right)]
    for found in _NUMBER.finditer(right):
        new = f"{float(found[0]) + 1:g}"
        yield _replaced(left, right, found, new)
    for found in _SIGN.finditer(right):
        yield _replaced(left, right, found, _TURNED[found[0]])
    yield "the form negated", rf"{left}-\left({right}\right)"
    yield "the form doubled", rf"{left}2\left({right}\right)"


def run() -> Iterator[Mutation]:
    """Every falsified form of the handout, with the check that killed it.

    Raises:
        AssertionError: an unchanged form fails its own check, so a falsified form proves nothing.
    """
    checks = forms.load_checks()
    for form_id, text in forms.read().items():
        for check in checks.get(form_id, []):
            check(forms.Form(form_id, text))
        for change, changed in changes(text):
            yield Mutation(
                form_id, change, changed, _killer(forms.Form(form_id, changed), checks.get(form_id, []))
            )


def main() -> int:
    """Prints the list, and reports whether a change survived."""
    plants = []
    print("form, change, killed by")
    for plant in run():
        plants.append(plant)
        print(f"{plant.form_id}, {plant.change}, {plant.killed_by or 'NOTHING: ' + plant.text}")
    caught = sum(bool(plant.killed_by) for plant in plants)
    print(f"planted {len(plants)}, caught {caught}")
    return int(caught < len(plants) or not plants)


def _replaced(left: str, right: str, found: re.Match[str], new: str) -> tuple[str, str]:
    around = right[max(found.start() - 12, 0) : found.end() + 12]
    change = f"{found[0]} at character {found.start()} ({around.strip()}) becomes {new}"
    return change, f"{left}{right[: found.start()]}{new}{right[found.end() :]}"


def _killer(form: forms.Form, checks: list[forms.Check]) -> str:
    for check in checks:
        try:
            check(form)
        except Exception as error:  # pytest would report any exception of a check as a failure
            return f"{check.__name__} ({type(error).__name__})"
    return ""


if __name__ == "__main__":
    sys.exit(main())
