"""Names in a submission: safe paths, files that tools leave behind, wanted files, and names in messages."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase, translate

Parts = tuple[str, ...]

DEPTH = 32
PART_BYTES = 255  # the limit of common file systems
PATH_BYTES = 1000
NOISE = (
    *("__pycache__", "*.pyc", "*.egg-info", ".ipynb_checkpoints", ".*_cache", ".git", ".hg", ".svn"),
    *(".venv", "venv", "site-packages", "node_modules", ".idea", ".vscode"),
    *("__MACOSX", "._*", ".DS_Store", "Thumbs.db", "desktop.ini"),
)
_NOISE = re.compile("|".join(map(translate, NOISE)))
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
LOG = "submission_log*.json"  # browsers add " (1)"


class BadName(Exception):
    """A name that is not a path inside the submission; the message says why, and what to do."""


def split(name: str) -> Parts:
    """The parts of a relative path. A backslash counts as a slash: old Windows tools write it into archives.

    Raises:
        BadName: it leads outside, or common file systems do not accept it.
    """
    name = name.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":":
        raise BadName("an absolute path; pack the folder by its relative name")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise BadName("a path that leads outside with `..`; pack the folder by its relative name")
    try:
        sizes = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        raise BadName("a name that is not UTF-8; rename it with plain letters") from None
    if not parts or any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        raise BadName("a name that is empty or contains control characters; rename it with plain letters")
    if max(sizes) > PART_BYTES or sum(sizes) + len(parts) > PATH_BYTES:
        raise BadName("a name that is too long; shorten it")
    if len(parts) > DEPTH:
        raise BadName(f"more than {DEPTH} folders deep; move it up")
    return parts


def is_log(parts: Parts) -> bool:
    """Whether it has the name of a submission's log."""
    return fnmatchcase(parts[-1], LOG)


def is_noise(parts: Parts) -> bool:
    """Whether it is left behind by a tool. Such files are skipped without a message."""
    return any(_NOISE.match(part) for part in parts)


def fits(parts: Sequence[str], pattern: str) -> bool:
    """Whether a path matches a pattern in which `**` stands for any number of folders, or for none."""
    return _fits(list(parts), pattern.split("/"))


def _fits(parts: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_fits(parts[skipped:], pattern[1:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


def is_wanted(parts: Parts, accept: Iterable[str]) -> bool:
    """Whether the path matches one of the patterns, wherever in the path the package begins."""
    return any(fits(parts[start:], pattern) for pattern in accept for start in range(len(parts)))


def shown(name: str) -> str:
    """A name that is safe in a message: printable and not too long."""
    return _short("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in _short(name)))


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:70]}…{text[-40:]}"


def listed(names: Sequence[str], count: int | None = None) -> str:
    """The first five names, and how many more there are."""
    more = (len(names) if count is None else count) - 5
    return ", ".join(map(shown, names[:5])) + (f" and {more} more" if more > 0 else "")
