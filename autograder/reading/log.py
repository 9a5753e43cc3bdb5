"""The sources embedded in a `submission_log.json`. What else it says of itself (scores, outcomes) is not looked at."""

import hashlib
import io
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from autograder.reading import names
from autograder.reading.sift import Entry, Remark

DIGITS = 100  # of a whole number; Python's own limit is 4300, and a record has none of either
MEND = "hand in the package's folder, or make the log anew with `make submit`"


def entries(name: str, data: bytes, assignment: str) -> Iterator[Entry | Remark]:
    """Every file that the log holds in `files`, its path inside the package mapped to its text."""
    oddities: dict[str, None] = {}
    try:
        log = _parse(data, oddities)
    except UnicodeDecodeError:
        yield Remark(f"{name} is not UTF-8 text: {MEND}")
        return
    except RecursionError:
        yield Remark(f"{name} is nested too deeply for a log: {MEND}")
        return
    except json.JSONDecodeError as error:
        yield Remark(f"{name} is not valid JSON ({error}): {MEND}")
        return
    for oddity in list(oddities)[:5]:
        yield Remark(f"{name} {oddity}")
    if not isinstance(log, dict):
        yield Remark(f"{name} is JSON and no log of an assignment: {MEND}")
        return
    if "nbformat" in log:
        yield Remark(f"{name} is a notebook: {MEND}")
        return
    named = log.get("assignment")
    of = named.get("id") if isinstance(named, dict) else None
    if of != assignment:
        other = names.shown(of) if isinstance(of, str) else "no assignment that it names"
        yield Remark(f"{name} is a log of {other}, and this is {assignment}: hand in the right one")
    files = log.get("files")
    if not isinstance(files, dict) or not files:
        yield Remark(f"{name} holds no sources: {MEND}")
        return
    yield from _compare(name, files, log.get("sources"))
    for path, text in files.items():
        yield _entry(path, text)


def _parse(data: bytes, oddities: dict[str, None]) -> Any:
    """The log's JSON; doubled keys, NaN and endless numbers are taken for what they can be and go into `oddities`."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            seen: set[str] = set()
            doubled = next(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            oddities[f"has the key {names.shown(doubled)!r} twice; the last one counts"] = None
        return found

    def whole(digits: str) -> int:
        if len(digits) <= DIGITS:
            return int(digits)
        oddities[f"holds a number of more than {DIGITS} digits, which is taken for 0"] = None
        return 0

    def constant(name: str) -> None:
        oddities[f"holds {name}, which JSON does not have; it is taken for null"] = None

    text = data.decode("utf-8-sig")
    return json.loads(text, object_pairs_hook=pairs, parse_int=whole, parse_constant=constant)


def _compare(name: str, files: dict[str, Any], claimed: Any) -> Iterator[Remark]:
    """Says where the log's own digests do not fit the texts in it, or one stands without the other."""
    claimed = claimed if isinstance(claimed, dict) else {}
    actual = {path: _digest(text) for path, text in files.items()}
    wrong = [path for path in sorted({*actual, *claimed}) if actual.get(path) != claimed.get(path)]
    if wrong:
        yield Remark(
            f"{name} was changed after it was made: its digests do not fit the sources in it"
            f" ({names.listed(wrong)}); the sources are graded as they are"
        )


def _digest(text: Any) -> str:
    encoded = text.encode(errors="surrogatepass") if isinstance(text, str) else b""
    return hashlib.sha256(encoded).hexdigest()


def _entry(path: str, text: Any) -> Entry:
    try:
        data = text.encode()
    except (AttributeError, UnicodeEncodeError):
        return Entry(path, 0, io.BytesIO, "no UTF-8 text in the log; make the log anew with `make submit`")
    return Entry(path, len(data), partial(io.BytesIO, data))
