"""The report of the matrix on hand-made trials: tests that kill nothing alone, counts, and the page."""

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from autograder import outcomes
from autograder.misconceptions.bank import Entry
from autograder.proving.matrix import Trial
from autograder.proving.matrix_report import MatrixReport
from tests.harness.bank_texts import DOUBLE, QUADRUPLE
from tests.harness.banked import Banked

PUBLIC, HIDDEN = "checks/public/test_a.py", "checks/hidden/test_b.py"
SHOWN = {
    "session": 0,
    "call": "f",
    "arguments": "x=1",
    "what": "value",
    "right": "1",
    "reply": "2",
    "drawn": False,
}


def trial(
    banked: Banked,
    name: str,
    ends: Mapping[str, bool],
    *,
    task: str = DOUBLE,
    wrong: bool = True,
    shown: bool = True,
    says: str = "is odd",
) -> Trial:
    """A trial with these test results: True for a test that refuses the entry."""
    told = {"hint": "Why?", "common": "often", "failure": "values"} if wrong else {}
    entry = Entry(name, task, ("x",), str(banked.root / "mistakes/q1.py"), 7, says, **told)
    results = {
        test: outcomes.TestResult(
            id=test,
            task=task,
            suite="public" if "public" in test else "hidden",
            title="",
            outcome=outcomes.Outcome.FAILED if refuses else outcomes.Outcome.PASSED,
            rationale="the result is wrong" if refuses else "",
        )
        for test, refuses in ends.items()
    }
    return Trial(entry, results, {"difference": SHOWN, "tests": list(ends)} if shown else {})


@pytest.fixture
def report(banked: Banked) -> MatrixReport:
    a, b, c, d = (f"{PUBLIC}::test_a[1]", f"{PUBLIC}::test_a[2]", f"{HIDDEN}::test_b", f"{HIDDEN}::test_c")
    trials = [
        trial(banked, "by_two", {a: True, b: True, c: False, d: False}),
        trial(banked, "by_b_and_hidden", {a: False, b: True, c: True, d: False}),
        trial(banked, "by_hidden_alone", {a: False, b: False, c: True, d: False}),
        trial(banked, "fine", {a: False, f"{PUBLIC}::test_q": False}, wrong=False),
    ]
    return MatrixReport(banked.loaded(), trials, 3)


def shown(report: MatrixReport) -> str:
    console = Console(width=80, record=True, file=io.StringIO())
    report.show(console)
    return console.export_text()


def test_tests_that_kill_nothing_alone_can_be_removed_without_a_survivor(report: MatrixReport) -> None:
    names = [test.partition("::")[2] for test in report.never_alone]
    assert names == ["test_a[1]", "test_a[2]", "test_c"]  # only test_b kills `by_hidden_alone`
    assert [report.kills[test] for test in report.never_alone] == [1, 2, 0]


def test_such_tests_are_printed_by_file_with_a_star_if_they_kill_nothing(report: MatrixReport) -> None:
    text = shown(report)
    assert "checks/public/test_a.py: 2 x test_a\n" in text
    assert "checks/hidden/test_b.py: test_c*\n" in text
    assert "3 of 4 tests, listed above," in text and "1 of them, marked with *" in text
    assert "test_q" not in text  # it had no wrong entry to kill


def test_table_and_last_lines_count_each_task(banked: Banked, report: MatrixReport) -> None:
    report.trials.append(trial(banked, "elsewhere", {f"{HIDDEN}::test_z": True}, task=QUADRUPLE))
    text = shown(report)
    rows = [re.findall(r"[\w./]+", line)[:4] for line in text.splitlines() if "maths." in line]
    assert rows == [["maths.double", "3/3", "2", "1/1"], ["maths.quadruple", "1/1", "0", "0/0"]]
    assert "public tests alone kill 2 of 4; shown to differ from the right answer: 4 of 4; seed 3" in text
    assert text.rstrip().endswith("killed 4/4, accepted 1/1")


@pytest.mark.parametrize(
    ("ends", "options", "word"),
    [
        ({f"{PUBLIC}::t": False}, {}, "SURVIVES"),
        ({f"{PUBLIC}::t": True}, {"wrong": False}, "REFUSED"),
        ({f"{PUBLIC}::t": True}, {"shown": False}, "NOT PROVEN DIFFERENT"),
    ],
)
def test_each_failure_is_named_and_holds_no_longer(
    banked: Banked, report: MatrixReport, ends: dict[str, bool], options: dict[str, bool], word: str
) -> None:
    assert report.holds
    whole = MatrixReport(report.manifest, [*report.trials, trial(banked, "odd_one", ends, **options)], 0)
    assert not whole.holds and f"{word} odd_one (mistakes/q1.py:7): is odd" in shown(whole)
    failures = whole.as_dict()["failures"]
    assert failures.pop(word) == ["odd_one"] and not any(failures.values())


def test_killer_that_timed_out_proves_the_difference(banked: Banked) -> None:
    slow = trial(banked, "slow", {f"{PUBLIC}::t": True}, shown=False)
    slow.results[f"{PUBLIC}::t"].outcome = outcomes.Outcome.TIMEOUT
    assert MatrixReport(banked.loaded(), [slow], 0).holds


def test_written_data_holds_entries_tasks_and_differences(report: MatrixReport, tmp_path: Path) -> None:
    report.write(tmp_path / "deep/out")
    data = json.loads((tmp_path / "deep/out/matrix.json").read_text())
    assert data["totals"] == {
        "wrong": 3,
        "killed": 3,
        "killed_by_public": 2,
        "proven": 3,
        "right": 1,
        "accepted": 1,
    }
    assert data["tasks"] == [{"id": DOUBLE, "question": "q1", **data["totals"]}]
    entry = {entry["id"]: entry for entry in data["entries"]}["by_hidden_alone"]
    assert entry["killed"] and not entry["killed_by_public"]
    assert entry["tests"][f"{HIDDEN}::test_b"] == "FAILED" and entry["tests"][f"{HIDDEN}::test_c"] == "PASSED"
    assert entry["difference"]["test"] == f"{PUBLIC}::test_a[1]" and "session" not in entry["difference"]
    assert data["seed"] == 3 and data["last_line"] == report.last_line()


def test_page_escapes_the_texts_of_entries_and_loads_nothing(banked: Banked, tmp_path: Path) -> None:
    evil = trial(banked, "evil", {f"{PUBLIC}::t[<b>]": True}, says="<script>alert('&')</script>")
    evil.seen["difference"] = {
        **SHOWN,
        "reply": '<img src="x">',
        "call": "<f>",
        "right": "<i>",
        "what": "<u>",
    }
    MatrixReport(banked.loaded(), [evil], 0).write(tmp_path)
    text = (tmp_path / "matrix.html").read_text()
    assert "&lt;script&gt;alert(&#39;&amp;&#39;)" in text and "&lt;img src=&#34;x&#34;&gt;" in text
    assert not re.search(r"<(script|img|link|b>|f>|i>|u>|iframe)", text)
    assert not re.search(r"https?:|url\(|@import", text)
    assert "prefers-color-scheme" in text or "light-dark(" in text
    assert 'name="viewport" content="width=device-width' in text


def test_page_begins_with_failures(banked: Banked, report: MatrixReport, tmp_path: Path) -> None:
    MatrixReport(report.manifest, [*report.trials, trial(banked, "odd", {f"{PUBLIC}::t": False})], 0).write(
        tmp_path
    )
    text = (tmp_path / "matrix.html").read_text()
    assert (
        text.index("SURVIVES (1)")
        < text.index("<code>odd</code>")
        < text.index("By task")
        < text.index("By entry")
    )
    report.write(tmp_path)
    assert "SURVIVES" not in (tmp_path / "matrix.html").read_text()
