"""Checks the outcome of an attack: the score, the records, and secrets in them."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from autograder import schemas
from autograder.record.build import NAME, Record
from autograder.render import terminal
from tests.harness.hostile.entry import KIT, Entry
from tests.harness.hostile.homework import GIVEN, HONEST
from tests.harness.hostile.tokens import OF_TESTS, Tokens

LARGEST = {NAME: 4_000_000, "results.json": 400_000}  # bytes
BROKEN = re.compile(r"StudentError: (NameError|UnboundLocalError|SyntaxError|IndentationError).*")
OWN_MISTAKES = (6, 12)  # classes whose entries contain broken files on purpose
_WHERE = re.compile(r"([\w/]+\.\w+)(?::\d+)?")
_UNREADABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f]")


def look(entry: Entry, record: Record, out: Path, tokens: Tokens) -> Iterator[str]:
    """Yields everything that is wrong.

    Args:
        entry: the graded entry.
        record: the record from the grader.
        out: the output folder of the grader.
        tokens: the secrets.
    """
    yield from _score(entry, record)
    yield from _notes(entry, record)
    data = {name: (out / name).read_text() for name in LARGEST}
    for name, text in data.items():
        schema = "record" if name == NAME else "gradescope"
        yield from (f"{name}: {wrong}" for _, wrong in schemas.mistakes(json.loads(text), schema))
        if len(text) > LARGEST[name]:
            yield f"{name} has {len(text)} bytes"
    if json.loads(data[NAME])["tasks"] != record["tasks"]:
        yield f"{NAME} is not the record"
    results = json.loads(data["results.json"])
    if results["score"] != record["score"]:
        yield "results.json has another score"
    if unreadable := _UNREADABLE.search("".join(_texts(results))):
        yield f"results.json holds {unreadable[0]!r}, which not every reader takes"
    yield from _terminal(record)
    yield from (f"results.json shows a secret: {place}" for place in tokens.found(data["results.json"]))
    yield from _secrets(record, tokens)
    names = {*entry.files, *HONEST, *GIVEN, *KIT}
    for test in record["tests"]:
        shown = _WHERE.fullmatch(test["where"])
        if test["where"] and (shown is None or shown[1] not in names):
            yield f"shows {test['where']!r}, which is no place in the submission"


def _terminal(record: Record) -> Iterator[str]:
    """A terminal must show the record and must not run escape sequences of a submission."""
    shown = io.BytesIO()
    screen = io.TextIOWrapper(shown, "utf-8")
    try:
        terminal.show(record, Console(file=screen), points=True, package="pupil")
        screen.flush()
    except UnicodeError as error:
        yield f"what happened cannot be printed: {error}"
    if b"\x1b" in shown.getvalue():
        yield "sends its own escape sequences to the terminal"


def _score(entry: Entry, record: Record) -> Iterator[str]:
    expected = entry.expected()
    for task in record["tasks"]:
        got = (task["outcome"], task["points"])
        ends = {test["outcome"] for test in record["tests"] if test["task"] == task["id"]}
        if got != expected[task["id"]] or (isinstance(entry.ends.get(task["id"]), str) and len(ends) > 1):
            yield f"{task['id']} is {got}; expected {expected[task['id']]}: {_why(record, task['id'])}"
        broken = BROKEN.search("".join(t["detail"] for t in record["tests"] if t["task"] == task["id"]))
        if broken and entry.kind not in OWN_MISTAKES:
            yield f"the attack itself is broken: {broken[0]}"
    score = round(sum(points for _, points in expected.values()), 4)
    if record["score"] != score:
        yield f"the score is {record['score']}; expected {score}"
    if not record["complete"] or len(record["tasks"]) != len(expected):
        yield "the record is not complete"
    yield from (f"the grader's fault: {fault[:300]}" for fault in record["faults"])


def _why(record: Record, task: str) -> str:
    return "; ".join(
        f"{test['outcome']} {test['rationale'][:200]} {test['detail'][-200:]!r}"
        for test in record["tests"]
        if test["task"] == task and test["outcome"] != "PASSED"
    )


def _notes(entry: Entry, record: Record) -> Iterator[str]:
    if not entry.note and record["notes"]:
        yield f"unexpected notes: {record['notes']}"
    if entry.note and not any(entry.note in note for note in record["notes"]):
        yield f"no note says {entry.note!r}: {record['notes']}"


def _secrets(record: Record, tokens: Tokens) -> Iterator[str]:
    """The staff's detail of hidden tests can contain secrets of these tests; no other place can contain a secret."""
    hidden = [test for test in record["tests"] if test["suite"] == "hidden"]
    others = [test for test in record["tests"] if test["suite"] != "hidden"]
    but_tests = {name: part for name, part in record.items() if name != "tests"}
    open_part = json.dumps([but_tests, others, [{**test, "detail": ""} for test in hidden]])
    yield from (f"the record shows a secret: {place}" for place in tokens.found(open_part))
    details = json.dumps([test["detail"] for test in hidden])
    yield from (f"a hidden test's detail holds a secret: {p}" for p in tokens.found(details, OF_TESTS))


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(data, list):
        for item in data:
            yield from _texts(item)
