"""Whatever the hostile corpus looks at would be seen if it got out: here the same traps stand round an open gate."""

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
from tests.harness.hostile.runner import Range
from tests.harness.hostile.watch import MARK


@pytest.fixture(scope="module")
def loose() -> Iterator[Range]:
    """The same range with the gates open: what is graded runs in this very process."""
    if not supported():
        pytest.skip("what is looked at is looked at on Linux")
    with Range(isolated=False) as range:
        range.attack(Entry("warm-up", 1, "nothing"))  # torch makes itself a folder at first use
        yield range
    for name in [name for name in sys.modules if name.split(".")[0] in ("pupil", "checks")]:
        del sys.modules[name]


def escapes(loose: Range, body: str) -> str:
    """What is seen of `maths.double` with this body, once, before it does right."""
    once = f"if x.numel() == 1 and x.dtype is torch.float32:\n    {body}\nreturn 2 * x"
    return "\n".join(
        loose.attack(Entry("loose", 1, "gets out", double(once, "from pathlib import Path"))).escaped
    )


def test_honest_submission_leaves_no_trace_but_its_import(loose: Range) -> None:
    assert escapes(loose, "pass") in ("", "was imported by the grader")


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
        ("[bytearray(b'x' * 2**26) for _ in range(12)]", "made the grader take"),
        ("print(os.environ['AUTOGRADER_SECRET'])", "the record shows a secret: environment"),
        ("raise ValueError(Path(aim.STAFF[-1]).read_text())", "results.json shows a secret"),
        ("return x", "is due"),
        ("undefined", "the attack itself is broken"),
    ],
)
def test_what_gets_out_is_seen(loose: Range, body: str, seen: str) -> None:
    children = set(psutil.Process().children())
    try:
        assert seen in escapes(loose, body)
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
def test_who_is_talked_to_is_seen(loose: Range, what: str, family: str, kind: str, address: str) -> None:
    body = f"import socket; end = socket.socket(socket.{family}, socket.{kind}); end.connect({address}); end.send(b'x')"
    assert f"reached over {what}" in escapes(loose, body + "; end.close()")


@pytest.mark.parametrize("place", ["/tmp", "/var/tmp", "/dev/shm"])
def test_what_is_left_in_shared_folders_is_seen(loose: Range, place: str) -> None:
    left = Path(place) / f"{MARK}.loose"
    try:
        assert f"new or gone: {left}" in escapes(loose, f"Path({str(left)!r}).touch()")
    finally:
        left.unlink(missing_ok=True)


def test_staged_package_that_was_written_to_is_seen(loose: Range) -> None:
    seen = escapes(loose, "Path(__file__).with_name('words.py').write_text('#')")
    assert "new or changed in the staged package: words.py" in seen


def test_exception_of_the_grader_itself_is_an_escape(loose: Range, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loose.grader, "grade", lambda *_: 1 / 0)
    assert "the grader itself raised ZeroDivisionError" in escapes(loose, "pass")


def test_grade_that_takes_too_long_is_an_escape(loose: Range, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loose, "_total", -1000)
    assert "are all there are" in escapes(loose, "pass")


# -- whatever is wrong with a record is seen ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(loose: Range) -> tuple[dict[str, Any], Path, Range]:
    """A record without fault, and where it lies."""
    loose.attack(Entry("graded", 1, "nothing"))
    out = loose.root / "out/graded"
    return json.loads((out / NAME).read_text()), out, loose


def change(test: dict[str, Any], **fields: object) -> None:
    test.update(fields)


DAMAGE: dict[str, tuple[Callable[[dict[str, Any], Range], object], str]] = {
    "score": (lambda r, _: r.update(score=36), "the score is 36"),
    "points": (lambda r, _: r["tasks"][1].update(points=2.5), "loss.squares is"),
    "outcome": (lambda r, _: r["tasks"][2].update(outcome="FAILED"), "draws.noise is"),
    "incomplete": (lambda r, _: r.update(complete=False), "not complete"),
    "fault": (lambda r, _: r["faults"].append("it broke"), "the grader's fault: it broke"),
    "note": (lambda r, _: r["notes"].append("odd"), "notes that nobody expects"),
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


def secret(range: Range, place: str) -> str:
    return next(token for token, kept in range.tokens.places.items() if kept == place)


@pytest.mark.parametrize("what", DAMAGE)
def test_what_is_wrong_with_a_record_is_seen(graded: Any, what: str, tmp_path: Path) -> None:
    whole, out, loose = graded
    record = json.loads(json.dumps(whole))
    do, seen = DAMAGE[what]
    do(record, loose)
    (tmp_path / NAME).write_text(json.dumps(record))
    (tmp_path / "results.json").write_text((out / "results.json").read_text())
    found = list(look(Entry("graded", 1, "nothing"), record, tmp_path, loose.tokens))
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
def test_what_is_wrong_with_results_is_seen(graded: Any, text: str, seen: str, tmp_path: Path) -> None:
    whole, out, loose = graded
    results = json.loads((out / "results.json").read_text())
    results["tests"][0]["output"] = secret(loose, "input") if text == "secret" else text
    (tmp_path / "results.json").write_text(json.dumps(results))
    (tmp_path / NAME).write_text(json.dumps(whole))
    found = list(look(Entry("graded", 1, "nothing"), whole, tmp_path, loose.tokens))
    assert any(seen in words for words in found), found


def test_record_without_fault_has_none(graded: Any) -> None:
    whole, out, loose = graded
    assert list(look(Entry("graded", 1, "nothing"), whole, out, loose.tokens)) == []


def test_outcome_is_due_in_each_test_of_a_task_without_points(graded: Any) -> None:
    whole, out, loose = graded
    record = json.loads(json.dumps(whole))
    record["tasks"][0].update(outcome="KILLED", points=0.0)
    record["score"] -= POINTS[TARGET]
    for test, outcome in zip(record["tests"], ["KILLED", "FAILED"], strict=False):
        test.update(outcome=outcome)
    found = list(look(Entry("graded", 1, "nothing", {}, {TARGET: "KILLED"}), record, out, loose.tokens))
    assert any(words.startswith(f"{TARGET} is ('KILLED', 0.0)") for words in found)
