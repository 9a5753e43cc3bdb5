"""The files embedded in a `submission_log.json`. Everything else in it (scores, outcomes) is ignored."""

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from autograder.submission.reader import names
from autograder.submission.reader.extract import ArchiveEntry, Remark

DIGITS = 100  # the most digits of an integer; Python's own limit is 4300, and a real record needs far fewer
ADVICE = "hand in the package's folder, or make the log again with `make submit`"
PIECE = 1 << 16  # letters of base64 that are decoded at a time; a multiple of 4


def embedded(data: bytes) -> str | dict[str, str]:
    """A file as it is written in `files`: its text with byte order mark and line ends, or base64 if it is not text.

    A file with a NUL is not text; in JSON each NUL would take six letters.
    """
    with suppress(UnicodeDecodeError):
        if b"\0" not in data:
            return data.decode("utf-8")
    return {"base64": base64.b64encode(data).decode()}


def entries(name: str, data: bytes, assignment: str) -> Iterator[ArchiveEntry | Remark]:
    """Every file in the `files` of the log, which maps its path inside the package to its content."""
    oddities: dict[str, None] = {}
    try:
        log = _parse(data, oddities)
    except UnicodeDecodeError:
        yield Remark(f"{name} is not UTF-8 text: {ADVICE}")
        return
    except RecursionError:
        yield Remark(f"{name} is nested too deeply for a log: {ADVICE}")
        return
    except json.JSONDecodeError as error:
        yield Remark(f"{name} is not valid JSON ({error}): {ADVICE}")
        return
    for oddity in list(oddities)[:5]:
        yield Remark(f"{name} {oddity}")
    if not isinstance(log, dict):
        yield Remark(f"{name} is JSON, but not a log of an assignment: {ADVICE}")
        return
    if "nbformat" in log:
        yield Remark(f"{name} is a notebook: {ADVICE}")
        return
    named = log.get("assignment")
    of = named.get("id") if isinstance(named, dict) else None
    if of != assignment:
        other = names.shown(of) if isinstance(of, str) else "an assignment that it does not name"
        yield Remark(f"{name} is a log of {other}, but this is {assignment}: hand in the right one")
    files = log.get("files")
    if not isinstance(files, dict) or not files:
        yield Remark(f"{name} contains no sources: {ADVICE}")
        return
    measured = {path: _measure(value) for path, value in files.items()}
    yield from _compare(name, {path: digest for path, (digest, _) in measured.items()}, log.get("sources"))
    for path, value in files.items():
        yield _entry(path, value, *measured[path])


def _parse(data: bytes, oddities: dict[str, None]) -> Any:
    """The JSON of the log. Duplicate keys, NaN and very long numbers are replaced, and `oddities` say so."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            seen: set[str] = set()
            doubled = next(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            oddities[f"has the key {names.shown(doubled)!r} twice; the last one counts"] = None
        return found

    def integer(digits: str) -> int:
        if len(digits) <= DIGITS:
            return int(digits)
        oddities[f"contains a number of more than {DIGITS} digits, which is read as 0"] = None
        return 0

    def constant(name: str) -> None:
        oddities[f"contains {name}, which JSON does not have; it is read as null"] = None

    text = data.decode("utf-8-sig")
    return json.loads(text, object_pairs_hook=pairs, parse_int=integer, parse_constant=constant)


def _compare(name: str, actual: dict[str, str], claimed: Any) -> Iterator[Remark]:
    """Reports the files that do not match their digests in the log, and a file or digest without the other."""
    claimed = claimed if isinstance(claimed, dict) else {}
    wrong = [path for path in sorted({*actual, *claimed}) if actual.get(path) != claimed.get(path)]
    if wrong:
        yield Remark(
            f"{name} was changed after it was made: its digests do not match the files in it"
            f" ({names.listed(wrong)}); the files are graded as they are"
        )


def _measure(value: Any) -> tuple[str, int]:
    """SHA-256 and size in bytes of the file that `value` encodes; ("", 0) if it does not encode a file."""
    digest, size = hashlib.sha256(), 0
    try:
        for piece in _pieces(value):
            digest.update(piece)
            size += len(piece)
    except ValueError:
        return "", 0
    return digest.hexdigest(), size


def _pieces(value: Any) -> Iterator[bytes]:
    """The bytes that `value` encodes, in pieces: base64 of any length is measured without decoding it all in memory.

    Raises:
        ValueError: it is neither UTF-8 text nor base64 exactly as `embedded` writes it.
    """
    match value:
        case str():
            yield value.encode()
        case {"base64": str(letters)} if len(value) == 1:
            for start in range(0, len(letters), PIECE):
                piece = letters[start : start + PIECE]
                data = base64.b64decode(piece)
                ended = start and letters[start - 1] == "="
                if (
                    ended or base64.b64encode(data).decode() != piece
                ):  # the decoder ignores letters that are not base64
                    raise ValueError("not base64 as `embedded` writes it")
                yield data
        case _:
            raise ValueError("neither text nor base64")


def _entry(path: str, value: Any, digest: str, size: int) -> ArchiveEntry:
    if not digest:
        why = "neither UTF-8 text nor base64 in the log; make the log again with `make submit`"
        return ArchiveEntry(path, 0, io.BytesIO, why)
    return ArchiveEntry(path, size, partial(_opened, value))  # opened only if its size is within the limits


def _opened(value: Any) -> io.BytesIO:
    return io.BytesIO(b"".join(_pieces(value)))
