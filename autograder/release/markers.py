"""Solution markers: finds the blocks of a Python or TOML source, and reports every mistake in a marker.

Markers are comments alone on their line. A tokenizer finds them, so that a string which contains the text of a marker
stays a string. This module knows only lines and comments; its callers check the content of a block.
"""

import difflib
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import InputError

_BEGIN = re.compile(r"# BEGIN SOLUTION ([A-Za-z]\w*)")
_END = re.compile(r"# END SOLUTION")
_HINT = re.compile(r"# HINT: \S.*")
_LIKE_MARKER = re.compile(r"\b(begin|end)[\s_:-]*(of[\s_:-]*)?(the[\s_:-]*)?solutions?\b", re.IGNORECASE)
_LIKE_HINT = re.compile(r"#+\s*hint\b", re.IGNORECASE)
# Strings of TOML come first, so that a `#` inside one is not read as a comment.
_TOML_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'|(#[^\n]*)",
    re.DOTALL,
)


class SourceError(InputError):
    """A source cannot be used: where, what is wrong and how to fix it.

    Args:
        path: the file, in the folder that the caller named.
        line: 1-based line, or 0 for the whole file.
        message: what is wrong and how to fix it.
    """

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")
        self.path = path
        self.line = line
        self.message = message


class StubError(SourceError):
    """No stubs can be cut from a source."""


@dataclass(frozen=True)
class Comment:
    """One comment of a source file."""

    line: int
    column: int
    text: str
    alone: bool  # only blanks are before it, and it is not inside brackets


@dataclass(frozen=True)
class Block:
    """One solution block: `begin` and `end` are the lines of its markers."""

    begin: int
    end: int
    column: int
    question: str
    hints: tuple[str, ...]


def read_text(path: Path) -> str:
    """The text of a source file, which must be UTF-8 with Unix line ends.

    Raises:
        StubError: it is not.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise StubError(path, line, "is not UTF-8; save it as UTF-8") from None
    if text.startswith("\ufeff"):
        raise StubError(path, 1, "starts with a byte-order mark; save it as UTF-8 without one")
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        raise StubError(path, line, "has Windows line ends (CR); save it with Unix line ends (LF)")
    return text


def blocks(path: Path, text: str) -> list[Block]:
    """Every solution block of a Python or TOML file, in order.

    Raises:
        StubError: a marker is nested, stray, unclosed, misspelt or not alone on its line.
    """
    comments = list(_toml_comments(text) if path.suffix == ".toml" else _python_comments(path, text))
    found: list[Block] = []
    opened: tuple[Comment, str] | None = None
    for comment in comments:
        begin, end = _BEGIN.fullmatch(comment.text), _END.fullmatch(comment.text)
        if not begin and not end:
            if _looks_like_marker(comment.text):
                raise StubError(path, comment.line, f"misspelt marker `{comment.text}`; {_GRAMMAR}")
            continue
        if not comment.alone:
            raise StubError(path, comment.line, "a marker must be alone on its line, outside brackets")
        if begin:
            if opened:
                raise StubError(
                    path, comment.line, f"nested: the block of line {opened[0].line} is still open"
                )
            opened = comment, begin[1]
        elif opened is None:
            raise StubError(path, comment.line, "stray `# END SOLUTION`: no block is open")
        else:
            found.append(_close(path, comments, *opened, comment))
            opened = None
    if opened:
        raise StubError(path, opened[0].line, "unclosed block: `# END SOLUTION` is missing")
    return found


_GRAMMAR = "write `# BEGIN SOLUTION q1d` (with the id of a question) or `# END SOLUTION`, and nothing else"


def _close(path: Path, comments: list[Comment], begin: Comment, question: str, end: Comment) -> Block:
    if begin.column != end.column:
        raise StubError(path, end.line, f"not indented like its `# BEGIN SOLUTION` in line {begin.line}")
    hints: list[str] = []
    for comment in comments:
        if not begin.line < comment.line < end.line or not _LIKE_HINT.match(comment.text):
            continue
        if not _HINT.fullmatch(comment.text):
            raise StubError(path, comment.line, f"misspelt hint `{comment.text}`; write `# HINT: ...`")
        if comment.line != begin.line + len(hints) + 1 or comment.column != begin.column:
            raise StubError(
                path,
                comment.line,
                "hints must be directly below `# BEGIN SOLUTION`, indented alike",
            )
        hints.append(comment.text)
    return Block(begin.line, end.line, begin.column, question, tuple(hints))


def _looks_like_marker(comment: str) -> bool:
    if _LIKE_MARKER.search(comment):
        return True
    words = " ".join(re.findall(r"[A-Za-z]+", comment)[:2])
    return words.isupper() and bool(
        difflib.get_close_matches(words, ["BEGIN SOLUTION", "END SOLUTION"], 1, 0.8)
    )


def _python_comments(path: Path, text: str) -> Iterator[Comment]:
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
            elif token.type == tokenize.COMMENT:
                line, column = token.start
                alone = depth == 0 and not token.line[:column].strip()
                yield Comment(line, column, token.string.rstrip(), alone)
    except (tokenize.TokenError, SyntaxError) as error:
        raise StubError(path, 0, f"cannot be read as Python: {error}") from None


def _toml_comments(text: str) -> Iterator[Comment]:
    for token in _TOML_TOKEN.finditer(text):
        if token[1]:
            start = text.rfind("\n", 0, token.start()) + 1
            alone = not text[start : token.start()].strip()
            line = text.count("\n", 0, start) + 1
            yield Comment(line, token.start() - start, token[1].rstrip(), alone)
