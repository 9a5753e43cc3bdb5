"""The answer form, also hostile ones: the result is answers or a described problem."""

import math
import os
from pathlib import Path

import pytest

from autograder.submission import answers


def form(tmp_path: Path, data: bytes) -> answers.Answers:
    (tmp_path / "answers.toml").write_bytes(data)
    return answers.read(tmp_path)


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b'a = "x"\nb = 1.5\nc = [1, true]\n', {"a": "x", "b": 1.5, "c": [1, True]}),
        (b"\xef\xbb\xbfa = 1\r\nb = 2\r\n", {"a": 1, "b": 2}),
        (b"", {}),
        (b"a = 2026-01-02\nb = 10:30:00", {"a": "2026-01-02", "b": "10:30:00"}),
        (b"a = inf", {"a": math.inf}),
        (b"a = {b = {c = 1}}", {"a": {"b": {"c": 1}}}),
        (
            b"a = 0x" + b"f" * 5000 + b"\nb = 9223372036854775807",
            {"a": "a number of 20000 bits", "b": 2**63 - 1},
        ),
        (b'a = "\\u0000\\u001B"', {"a": "\0\x1b"}),
    ],
    ids=["plain", "Windows", "empty", "dates", "infinity", "table", "huge number", "control characters"],
)
def test_readable_form(tmp_path: Path, data: bytes, values: dict) -> None:
    assert form(tmp_path, data) == answers.Answers(values)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a = \n", "is not valid TOML: Invalid value (at line 1"),
        (b"a = 1\na = 2\n", "is not valid TOML"),
        (b"a = " + b"9" * 10_000, "is not valid TOML: Exceeds the limit"),
        (b"a = " + b"[" * 60_000, "is nested too deeply"),
        (b"a = " + b"{a=" * 20_000, "is nested too deeply"),
        (b"a." * 100 + b"a = 1", "is nested too deeply"),
        (b"a = '" + b"x" * 70_000 + b"'", "has more than 64 KB; shorten"),
        (b"a = '\xff'", "is not UTF-8 text: save it again with that encoding"),
        ("a = 1".encode("utf-16"), "is not UTF-8 text"),
        (b"\0", "is not valid TOML"),
    ],
    ids=["no value", "doubled", "digits", "arrays", "tables", "keys", "large", "latin", "utf-16", "nul"],
)
def test_unreadable_form_has_a_described_problem(tmp_path: Path, data: bytes, says: str) -> None:
    found = form(tmp_path, data)
    assert found.values == {} and found.problem.startswith("answers.toml ") and says in found.problem


def test_form_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "SECONDS", 1)
    quadratic = "[" + ".".join("a" * 16_000) + "]\n" + "".join(f"b{i}=1\n" for i in range(3_000))
    problem = form(tmp_path, quadratic.encode()).problem
    assert problem == "answers.toml cannot be read: it took longer than 1 s; shorten the answers"


def test_missing_form_or_form_that_is_not_a_file(tmp_path: Path) -> None:
    assert answers.read(tmp_path).problem == "answers.toml is missing: put the file back, under this name"
    os.mkfifo(tmp_path / "answers.toml")
    assert answers.read(tmp_path).problem == "answers.toml cannot be read: it is not a regular file"
