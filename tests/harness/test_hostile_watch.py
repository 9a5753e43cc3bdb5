"""Every escape in the hostile corpus would be noticed: here the same traps run without isolation."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.isolation.kernel.syscalls import supported
from autograder.record.build import NAME
from tests.harness.hostile.entry import TARGET, Entry, double
from tests.harness.hostile.findings import look
from tests.harness.hostile.homework import POINTS
from tests.harness.hostile.runner import Environment
from tests.harness.hostile.watch import MARK


@pytest.fixture(scope="module")
def unisolated() -> Iterator[Environment]:
    """The same environment without isolation: the submission runs in this process."""
    if not supported():
        pytest.skip("the checks need Linux")
    with Environment(isolated=False) as range:
        range.attack(Entry("warm-up", 1, "nothing"))  # torch creates a folder at its first use
        yield range
    for name in [name for name in sys.modules if name.split(".")[0] in ("pupil", "checks")]:
        del sys.modules[name]


def escapes(unisolated: Environment, body: str) -> str:
    """The findings for a `maths.double` that runs this body once and is right afterwards."""
    once = f"if x.numel() == 1 and x.dtype is torch.float32:\n    {body}\nreturn 2 * x"
    return "\n".join(
        unisolated.attack(
            Entry("unisolated", 1, "gets out", double(once, "from pathlib import Path"))
        ).escaped
    )


def test_honest_submission_leaves_no_trace_but_its_import(unisolated: Environment) -> None:
    assert escapes(unisolated, "pass") in ("", "was imported by the grader")


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("Path(aim.CANARIES[0]).write_text('x')", "changed: "),
        ("os.utime(aim.CANARIES[1], (0, 0))", "changed: "),
        ("os.chmod(aim.CANARIES[2], 0o600)", "changed: "),
        ("Path(aim.HOMEWORK, 'new').touch()", "new or gone: "),
        ("os.unlink(aim.HOMEWORK + '/oracles/answers.py')", "new or gone: "),
        ("os.posix_spawnp('sleep', ['sleep', '30'], os.environ)", "left running: process"),
        (
            "__import__('threading').Thread(target=time.sleep, args=(20,), daemon=True).start()",
            "left a thread",
        ),
        ("os.kill(aim.VICTIM, 9) or time.sleep(0.5)", "killed another process"),
        ("[bytearray(b'x' * 2**26) for _ in range(12)]", "made the grader use"),
        ("print(os.environ['AUTOGRADER_SECRET'])", "the record shows a secret: environment"),
        ("raise ValueError(Path(aim.STAFF[-1]).read_text())", "results.json shows a secret"),
        ("return x", "expected ("),
        ("undefined", "the attack itself is broken"),
    ],
)
def test_escapes_are_noticed(unisolated: Environment, body: str, seen: str) -> None:
    children = set(psutil.Process().children())
    try:
        assert seen in escapes(unisolated, body)
    finally:
        for child in set(psutil.Process().children()) - children:
            child.kill()
            child.wait()


@pytest.mark.parametrize(
    ("what", "family", "kind", "address"),
    [
        ("TCP", "AF_INET", "SOCK_STREAM", "('127.0.0.1', aim.PORT)"),
        ("UDP", "AF_INET", "SOCK_DGRAM", "('127.0.0.1', aim.PORT)"),
        ("a Unix socket", "AF_UNIX", "SOCK_STREAM", "aim.SOCKET"),
        ("an abstract socket", "AF_UNIX", "SOCK_STREAM", "'\\0' + aim.ABSTRACT"),
    ],
)
def test_connections_are_noticed(
    unisolated: Environment, what: str, family: str, kind: str, address: str
) -> None:
    body = f"import socket; end = socket.socket(socket.{family}, socket.{kind}); end.connect({address}); end.send(b'x')"
    assert f"reached over {what}" in escapes(unisolated, body + "; end.close()")


@pytest.mark.parametrize("place", ["/tmp", "/var/tmp", "/dev/shm"])
def test_files_in_shared_folders_are_noticed(unisolated: Environment, place: str) -> None:
    left = Path(place) / f"{MARK}.unisolated"
    try:
        assert f"new or gone: {left}" in escapes(unisolated, f"Path({str(left)!r}).touch()")
    finally:
        left.unlink(missing_ok=True)


def test_changes_of_the_staged_package_are_noticed(unisolated: Environment) -> None:
    seen = escapes(unisolated, "Path(__file__).with_name('words.py').write_text('#')")
    assert "new or changed in the staged package: words.py" in seen


def test_exception_of_the_grader_itself_is_an_escape(
    unisolated: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unisolated.grader, "grade", lambda *_, **__: 1 / 0)
    assert "the grader itself raised ZeroDivisionError" in escapes(unisolated, "pass")


def test_grade_that_takes_too_long_is_an_escape(
    unisolated: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unisolated, "_total", -1000)
    assert "of its own time; the total is" in escapes(unisolated, "pass")


# -- every mistake in a record is noticed ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(unisolated: Environment) -> tuple[dict[str, Any], Path, Environment]:
    """A record without faults, and its place."""
    unisolated.attack(Entry("graded", 1, "nothing"))
    out = unisolated.root / "out/graded"
    return json.loads((out / NAME).read_text()), out, unisolated


def change(test: dict[str, Any], **fields: object) -> None:
    test.update(fields)


DAMAGE: dict[str, tuple[Callable[[dict[str, Any], Environment], object], str]] = {
    "score": (lambda r, _: r.update(score=36), "the score is 36"),
    "points": (lambda r, _: r["tasks"][1].update(points=2.5), "loss.squares is"),
    "outcome": (lambda r, _: r["tasks"][2].update(outcome="FAILED"), "draws.noise is"),
    "incomplete": (lambda r, _: r.update(complete=False), "not complete"),
    "fault": (lambda r, _: r["faults"].append("it broke"), "the grader's fault: it broke"),
    "note": (lambda r, _: r["notes"].append("odd"), "unexpected notes"),
    "schema": (lambda r, _: r.update(more=1), "unknown key 'more'"),
    "metrics": (
        lambda r, a: hidden(r).update(metrics={"x": secret(a, "number")}),
        "the record shows a secret: number",
    ),
    "title": (
        lambda r, a: hidden(r).update(title=secret(a, "docstring")),
        "the record shows a secret: docstring",
    ),
    "answers": (lambda r, a: r["answers"].update(x=secret(a, "record")), "the record shows a secret: record"),
    "detail": (
        lambda r, a: hidden(r).update(detail=secret(a, "solution")),
        "detail holds a secret: solution",
    ),
    "where": (lambda r, _: change(r["tests"][0], where="./maths.py:3"), "no place in the submission"),
    "place": (lambda r, _: change(r["tests"][0], where="sesame.py:3"), "no place in the submission"),
    "size": (lambda r, _: change(r["tests"][0], detail="x" * 5_000_000), "has 5"),
    "escape": (lambda r, _: r["faults"].append("\x1b[2J"), "escape sequences"),
    "surrogate": (lambda r, _: r["faults"].append("\ud800"), "cannot be printed"),
}


def hidden(record: dict[str, Any]) -> dict[str, Any]:
    return next(test for test in record["tests"] if test["suite"] == "hidden")


def secret(range: Environment, place: str) -> str:
    return next(token for token, kept in range.tokens.places.items() if kept == place)


@pytest.mark.parametrize("what", DAMAGE)
def test_mistakes_in_a_record_are_noticed(graded: Any, what: str, tmp_path: Path) -> None:
    whole, out, unisolated = graded
    record = json.loads(json.dumps(whole))
    do, seen = DAMAGE[what]
    do(record, unisolated)
    (tmp_path / NAME).write_text(json.dumps(record))
    (tmp_path / "results.json").write_text((out / "results.json").read_text())
    found = list(look(Entry("graded", 1, "nothing"), record, tmp_path, unisolated.tokens))
    assert any(seen in words for words in found), found


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("secret", "results.json shows a secret: input"),
        ("\0", "which not every reader takes"),
        ("\ud800", "which not every reader takes"),
        ("x" * 500_000, "results.json has"),
    ],
    ids=["secret", "nul", "surrogate", "long"],
)
def test_mistakes_in_results_are_noticed(graded: Any, text: str, seen: str, tmp_path: Path) -> None:
    whole, out, unisolated = graded
    results = json.loads((out / "results.json").read_text())
    results["tests"][0]["output"] = secret(unisolated, "input") if text == "secret" else text
    (tmp_path / "results.json").write_text(json.dumps(results))
    (tmp_path / NAME).write_text(json.dumps(whole))
    found = list(look(Entry("graded", 1, "nothing"), whole, tmp_path, unisolated.tokens))
    assert any(seen in words for words in found), found


def test_right_record_has_no_findings(graded: Any) -> None:
    whole, out, unisolated = graded
    assert list(look(Entry("graded", 1, "nothing"), whole, out, unisolated.tokens)) == []


def test_outcome_is_required_in_each_test_of_a_task_without_points(graded: Any) -> None:
    whole, out, unisolated = graded
    record = json.loads(json.dumps(whole))
    record["tasks"][0].update(outcome="KILLED", points=0.0)
    record["score"] -= POINTS[TARGET]
    for test, outcome in zip(record["tests"], ["KILLED", "FAILED"], strict=False):
        test.update(outcome=outcome)
    found = list(look(Entry("graded", 1, "nothing", {}, {TARGET: "KILLED"}), record, out, unisolated.tokens))
    assert any(words.startswith(f"{TARGET} is ('KILLED', 0.0)") for words in found)
