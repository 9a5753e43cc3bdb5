"""The page of a record: whole in every state, nothing in it that may not be, and nothing that acts or reaches out."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from autograder.record import build as records
from autograder.render import report
from tests.harness.mini import CODE, Mini
from tests.harness.reports import record, todo
from tests.harness.strict_page import read
from tests.harness.training_reports import training_row


def test_samples_are_records() -> None:
    records.check(record(), "record")


def test_page_says_what_is_in_the_record() -> None:
    shown = read(record())
    for words in (
        "A tiny homework",
        "Ada Lovelace (1815), no name (1852)",
        "11.5 of 20 points",
        "q1 Multiples ✗ FAILED 5.5 of 8",
        "up to 9 points",
        "maths.double 1.5 of 4",
        "1 of 3 tests passed",
        "Likely mistake the code triples Try Count the summands. Read q1 of the handout (Multiples)",
        "What maths.double does, case 2. the result is wrong at index [0]: expected 6, got 9 Try Add it",
        "First fix maths.double; with the right results from there, this task is right Points 4 of 5",
        "Where maths.py:12",
        "accuracy 0.9313 0.97 0.0387 higher (4.2 %)",
        "Loss over steps",
        "seed 3: from 3 to",
        "20 gray images of 8 by 8 pixels, 10 in a row",
        "Problem with other: other.safetensors is not the file",
        "preset quick, seed 0, device cpu",
        "colour blue",
        "Isolation: isolated Active layers: mount namespace, seccomp. secrets holds",
        "seed 12345",
        "torch 2.15.0",
        "left out: notes.txt",
        "maths.py 0123456789abcdef",
    ):
        assert words in shown, words
    assert "misleading" not in shown  # what its tests said would only lead away from maths.double


def older() -> dict[str, Any]:
    rows = [{k: v for k, v in training_row().items() if k not in ("claimed", "curves", "pictures")}]
    keys = ("artifacts", "attempt", "hints_from_attempt")
    return {key: value for key, value in record(training=rows).items() if key not in keys}


STATES = {
    "first": record(
        questions=[],
        tasks=[],
        tests=[],
        training=[],
        complete=False,
        isolation={"mode": "none", "layers": [], "promises": {}},
    ),
    "cut short": record(complete=False),
    "faults": record(faults=["SECRET traceback"]),
    "part": record(scope={"suites": ["public"], "whole": False}),
    "stubs": todo(),
    "older": older(),
    "strange": record(questions=[], training=[{**training_row(), "test": "of none"}], tests=[]),
}
SAYS = {
    "first": "This grade is incomplete: run it again.",
    "cut short": "is not your fault: tests that could not be run",
    "faults": "Part of the grader itself failed. That is not your fault; please tell the staff.",
    "part": "Only a part of the assignment was graded (tests: public)",
    "stubs": "Nothing was measured for runs.curve (TODO).",
    "older": "mac_ratio 1.84 not claimed",
    "strange": "no tests",
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_page_and_says_what_it_is(state: str) -> None:
    shown = read(STATES[state])
    assert SAYS[state] in shown and "SECRET" not in shown
    assert [
        name for name, words in SAYS.items() if words.startswith(("Part of", "Only a")) and words in shown
    ] == [*([state] if state in ("faults", "part") else [])]


def test_a_task_of_several_tests_is_measured_if_one_of_them_measures() -> None:
    nothing = {"measured": {}, "claimed": {}, "curves": [], "pictures": []}
    rows = [training_row(), training_row() | nothing, training_row() | nothing | {"run": "runs.other"}]
    assert "Nothing was measured for runs.other (PASSED)." in read(record(training=rows))


def test_answers_stand_as_they_were_given() -> None:
    shown = read(record(answers={"z": -7.0710678, "shares": [0.1234567, 0.5], "count": 123456, "done": True}))
    assert "z -7.0710678 shares 0.1234567; 0.5 count 123456 done yes" in shown


def test_one_hint_on_what_is_to_be_written_is_enough_for_a_question() -> None:
    assert read(todo()).count("Fill in.") == 3  # one a question that has tasks


def test_nothing_is_told_that_its_student_may_not_see() -> None:
    assert "SECRET" not in report.render(record())
    hints = [test["hint"] for test in record()["tests"] if test["hint"] and test["task"] != "maths.quadruple"]
    hints += ["Count the summands.", "triples"]
    for attempt, shown in ((2, False), (3, True)):
        page = report.render(record(attempt=attempt, hints_from_attempt=3))
        assert {hint: hint in page for hint in hints} == dict.fromkeys(hints, shown)
        assert ("are shown from attempt 3 on; this is attempt 2" in page) is not shown
        assert "fix maths.double" in page  # this is no hint


def test_page_of_a_graded_submission_holds_nothing_of_a_hidden_test(mini: Mini) -> None:
    mini.code(CODE.replace("2 * x", "3 * x"))
    shown = read(mini.grade())
    assert "What is x + x?" in shown and "expected 6, got 9" in shown
    assert "6.5" not in shown and "9.75" not in shown and "secret" not in shown


# -- the file, and how it looks -------------------------------------------------------------------------------------


def test_the_file_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "deep/report.html"
    report.write(record(), file)
    assert file.read_text(encoding="utf-8") == report.render(record())
    assert file.stat().st_mode & 0o777 == 0o644

    def full(*_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        report.write(record(score=1), file)
    assert file.read_text(encoding="utf-8") == report.render(record())
    assert [path.name for path in file.parent.iterdir()] == ["report.html"]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """By WCAG 2.2: 4.5 is level AA for text, 3 for graphics."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_colours_can_be_read_by_day_and_by_night() -> None:
    style = (Path(report.__file__).parent / "templates/style.css").read_text()
    palettes = [
        dict(re.findall(r"--(\w+): (#\w{6})", block))
        for block in re.findall(r":root {(.*?)}", style, re.DOTALL)
    ]
    assert len(palettes) == 2 and palettes[0].keys() == palettes[1].keys()
    for colours in palettes:
        for ink in ("ink", "soft", "good", "bad", "todo", "ours"):
            assert all(contrast(colours[ink], colours[on]) >= 4.5 for on in ("page", "card")), ink
        assert contrast(colours["ink"], colours["loud"]) >= 4.5
        assert all(
            contrast(colours[name], colours["page"]) >= 3 for name in ("axis", *(f"l{n}" for n in range(8)))
        )
