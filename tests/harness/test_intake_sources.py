"""Hostile or careless sources: every task has a state, and a file that Python cannot read has a fix."""

import os
from pathlib import Path

import pytest

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Task
from autograder.submission import sources as source
from tests.harness.mini import CODE

MB = 1_000_000
FINE = "maths.double", "other.double"
BOMBS = {
    "parentheses": b"x = " + b"(" * 100_000 + b")" * 100_000,
    "brackets": b"x = " + b"[" * 100_000,
    "minus": b"x = " + b"-" * 900_000 + b"1",
    "not": b"x = " + b"not " * 200_000 + b"1",
    "lambda": b"x = " + b"lambda: " * 100_000 + b"1",
    "attributes": b"x = a" + b".a" * 450_000,
    "subscripts": b"x = a" + b"[0]" * 300_000,
    "calls": b"x = a" + b"()" * 450_000,
    "sum": b"x = 1" + b"+1" * 450_000,
    "power": b"x = 1" + b"**1" * 300_000,
    "conditions": b"x = " + b"1 if 1 else " * 80_000 + b"1",
    "elif": b"if 1: pass\n" + b"elif 1: pass\n" * 20_000,
    "statements": b"x\n" * 450_000 + b"(",
    "indents": b"".join(b" " * i + b"if 1:\n" for i in range(150)),
    "strings in strings": b"x = " + b"f'{" * 300 + b"1" + b"}'" * 300,
    "digits": b"x = " + b"1" * 900_000,
    "parts of a string": b"x = f'" + b"{1}" * 300_000 + b"'",
    "nul": b"x = 1\0",
    "random": bytes(range(256)) * 100,
    "odd codec": b"# coding: hex\n3132",
    "unknown codec": b"# coding: klingon\nx = 1",
}
HARMLESS = {
    "or": b"x = 1" + b" or 1" * 20_000,
    "elif": b"def double(x):\n if x: pass\n" + b" elif x: pass\n" * 2500,
    "hex digits": b"def double(x):\n raise NotImplementedError(0x" + b"f" * 10_000 + b")",
    "Windows line ends": CODE.replace("\n", "\r\n").encode(),
    "old Mac line ends": CODE.replace("\n", "\r").encode(),
    "byte order mark": b"\xef\xbb\xbf" + CODE.encode(),
    "form feed": CODE.replace("def ", "\f\ndef ").encode(),
    "tabs": CODE.replace("    ", "\t").encode(),
    "latin-1, declared": b"# coding: latin-1\nx = '\xe9'\n",
    "empty string parts": b"x = '\\d'",  # a warning that must not become an error
}


def look(root: Path, data: bytes | None) -> source.TaskSource:
    """The state of `maths.double`. `other.double` must have the right state, whatever `maths` contains."""
    (root / "other.py").write_text(CODE)
    if data is not None:
        (root / "maths.py").write_bytes(data)
    looks = source.scan(root, [Task(name, "q1", Kind.CODE, 1, (), 1, 1) for name in FINE])
    assert looks["other.double"].state is source.State.READY and looks["other.double"].where == "other.py:5"
    return looks["maths.double"]


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_a_broken_file_and_the_next_file_is_read(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "SECONDS", 1)
    seen = look(tmp_path, BOMBS[name])
    assert seen.state is source.State.BROKEN and seen.where.startswith("maths.py")
    assert (
        "maths.py" in seen.why and "double" not in seen.why and seen.why.isprintable() and len(seen.why) < 300
    )
    assert name != "parts of a string" or "it took longer than 1 s" in seen.why


@pytest.mark.parametrize("name", HARMLESS)
def test_valid_python_is_not_a_fault(tmp_path: Path, name: str) -> None:
    data = HARMLESS[name]
    seen = look(tmp_path, data if b"def double" in data else data + b"\ndef double(x): return x")
    assert seen.state is source.State.READY


@pytest.mark.parametrize(
    ("data", "where", "says"),
    [
        (b"x = 1\nprint 'hello'\n", ":2", "that is Python 2"),
        (b"try:\n    pass\nexcept A, B:\n    pass\n", ":3", "except (A, B) as error"),
        (b"if 1:\n    x = 1\n\ty = 2\n", ":3", "indent with four spaces everywhere"),
        (b"if 1:\n\tx = 1\n        y = 2\n", ":3", "indent with four spaces everywhere"),
        (b"def double(x):\n\ndef other(): pass\n", ":3", "write the body there"),
        (b"x = 1\n  y = 2\n", ":2", "line it up"),
        ("x = “hello”\n".encode(), ":1", "type it again in a code editor"),
        ("x =\u00a01\n".encode(), ":1", "delete it, and type the line again"),
        (b"x = 1\n<<<<<<< HEAD\ny = 2\n=======\n", ":2", "a merge conflict is left in it"),
        (b"x = 1\n%matplotlib inline\n", ":2", "a notebook's command; delete the line"),
        (b"!pip install torch\n", ":1", "a notebook's command"),
        (b"x = 1\ny = '\xe9'\n", ":2", "not UTF-8 text; save it again with that encoding"),
        ("x = 1\n".encode("utf-16"), ":1", "not UTF-8 text"),
        ("x = 1\n".encode("utf-16-le"), ":1", "not UTF-8 text"),
        (b"x = (1,\n" * 3, ":3", "was never closed"),
        (b"#" * (MB + 1), "", "larger than 1000 KB: a source file has a few; move the data out of it"),
        (None, "", "is missing: put the file back, under this name"),
        (b"def dubble(x): return x", "", "does not define `double`: give the function back its name"),
    ],
)
def test_accident_is_named_with_file_line_and_fix(tmp_path: Path, data: bytes, where: str, says: str) -> None:
    seen = look(tmp_path, data)
    assert seen.state is source.State.BROKEN and seen.where == f"maths.py{where}"
    assert seen.why.startswith(f"maths.py{where}") and says in seen.why


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_task_file_that_is_not_a_plain_file(tmp_path: Path, kind: str) -> None:
    (os.mkfifo if kind == "pipe" else os.mkdir)(tmp_path / "maths.py")
    assert "is not a regular file" in look(tmp_path, None).why


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("raise NotImplementedError('TODO(q1): x')", 2),
        ("if x:\n  pass\n elif x > 1:\n  raise NotImplementedError('TODO(q1): x')", 5),
        ("try:\n  pass\n finally:\n  raise NotImplementedError('TODO(q1): x')", 5),
        (
            "if x:\n  return 1\n  raise NotImplementedError('TODO(q1): 1')\n raise NotImplementedError('TODO(q1): 2')",
            5,
        ),
        ("return 1\n raise NotImplementedError('TODO(q1): x')", 0),
        ("raise NotImplementedError('later')", 0),
    ],
)
def test_todo_is_the_first_reachable_one(tmp_path: Path, body: str, line: int) -> None:
    seen = look(tmp_path, f"def double(x):\n {body}\n".encode())
    assert seen.where == f"maths.py:{line or 1}"
    assert seen.state is (source.State.TODO if line else source.State.READY)
    assert not line or seen.why == f"maths.double is not filled in yet: maths.py:{line} still raises its TODO"
