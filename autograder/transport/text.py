"""Makes untrusted text safe to keep, print and send on."""

_KEPT = "\n\t"


def printable(text: str, max_length: int) -> str:
    """The first `max_length` characters of a text. Characters that are not printable are replaced by their escapes."""
    cut = text[:max_length]
    return "".join(c if c.isprintable() or c in _KEPT else c.encode("unicode_escape").decode() for c in cut)
