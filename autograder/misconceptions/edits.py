"""Edits: how an entry of the bank states only in what it differs from its base, and how they are applied."""

from collections.abc import Sequence
from dataclasses import dataclass


class EditError(ValueError):
    """An edit does not fit its base; the message says why."""


@dataclass(frozen=True)
class Edit:
    """One place of a base with another text.

    Attributes:
        old: what the base has there; this text occurs exactly once in it.
        new: what takes its place.
        of: id of the entry whose body is the base; empty for the reference.
    """

    old: str
    new: str
    of: str = ""


def base_of(edits: Sequence[Edit]) -> str:
    """The one base of all edits of an entry: the id of another entry, or empty for the reference.

    Raises:
        EditError: they name more than one.
    """
    names = {edit.of for edit in edits}
    if len(names) > 1:
        named = ", ".join(repr(name) if name else "the reference" for name in sorted(names))
        raise EditError(f"all edits of an entry have one base, not {named}")
    return names.pop()


def applied(base: str, edits: Sequence[Edit]) -> str:
    """The text of the base with all edits in it. Each is looked up in the base, so their order does not matter.

    Raises:
        EditError: an old text is empty, does not occur exactly once or equals the new one, or two edits overlap.
    """
    places: list[tuple[int, Edit]] = []
    for edit in edits:
        if edit.old == edit.new:
            raise EditError(f"the edit of {edit.old!r} changes nothing")
        if not edit.old or (count := _occurrences(base, edit.old)) == 0:
            raise EditError(f"{edit.old!r} does not occur in the base:\n{base}")
        if count > 1:
            raise EditError(f"{edit.old!r} occurs {count} times in the base:\n{base}")
        places.append((base.index(edit.old), edit))
    text, end = "", 0
    for start, edit in sorted(places, key=lambda place: place[0]):
        if start < end:
            raise EditError(f"the edit of {edit.old!r} overlaps another one")
        text += base[end:start] + edit.new
        end = start + len(edit.old)
    return text + base[end:]


def _occurrences(text: str, part: str) -> int:
    """How often, where two occurrences may overlap."""
    return sum(text.startswith(part, start) for start in range(len(text)))
