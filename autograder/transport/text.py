"""Text that somebody else chose, as it may be kept, printed and sent on."""

_KEPT = "\n\t"


def printable(text: str, most: int) -> str:
    """At most `most` characters of a text; what would move a cursor or is no character is written as its escape."""
    cut = text[:most]
    return "".join(c if c.isprintable() or c in _KEPT else c.encode("unicode_escape").decode() for c in cut)
