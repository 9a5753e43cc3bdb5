"""The page of a record into which a submission wrote what it could: escaped, short, and never an error."""

import json
import math
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.render import report
from tests.harness.reports import ATTACK, attacked, record
from tests.harness.strict_page import Page, read
from tests.harness.training_reports import artifact, training_row


def test_texts_are_shown_as_they_are_and_never_become_a_tag() -> None:
    shown = Page(report.render(attacked(record()))).text
    assert shown.count(ATTACK) > 80
    named = json.loads(json.dumps(record()).replace("maths.", "<b>.").replace('"q1"', '"<i onclick=q1>"'))
    assert "<i onclick=q1>: Multiples" in read(named) and "<b>.double" in read(named)


def test_whatever_got_in_could_neither_run_nor_load() -> None:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in report.render(record())


def test_characters_that_turn_or_break_the_text_are_written_out() -> None:
    names = [{"name": "\u202eadA\x00\x1b[31m", "id": "\ud800"}]
    page = report.render(record(who=names))
    page.encode()
    assert "\\u202eadA\\x00\\x1b[31m (\\ud800)" in page


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=5)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    answers=OBJECTS,
    card=OBJECTS,
    curves=VALUES | OBJECTS,
    metrics=VALUES | OBJECTS,
    row=OBJECTS,
    number=st.floats(),
)
def test_no_value_is_too_odd_for_a_page(answers, card, curves, metrics, row, number) -> None:
    found = artifact("net", 10**400)
    found["card"] = {**card, "curves": curves, "metrics": metrics}
    budget = {
        **training_row(),
        "budget": row,
        "measured": {"a": number, "b": 10**400},
        "claimed": {"a": 1, **row},
    }
    Page(
        report.render(
            record(answers=answers, artifacts=[found], training=[budget], score=10**400, max_score=number)
        )
    )


def test_a_page_stays_small_whatever_is_claimed() -> None:
    curves = {f"line {n}": [math.sin(step) for step in range(12_000)] for n in range(50)}
    found = artifact("net", 1, card={"a": 1})
    found["card"] |= {
        "curves": curves,
        "metrics": dict.fromkeys(map(str, range(10_000)), 1.0),
        "preset": "p" * 10**6,
    }
    many = {"x": "x" * 10**6, "y": ["y"] * 10**6, **dict.fromkeys(map(str, range(10_000)), 1)}
    row = {**training_row(), "measured": many, "budget": many, "pictures": training_row()["pictures"] * 500}
    row["curves"] = [{**training_row()["curves"][0], "lines": curves, "x": list(range(12_000))}] * 50
    found = record(answers=many, artifacts=[found], training=[row], notes=["n" * 10**5] * 1000)
    page = report.render(found)
    assert len(page) < 2e6
    shown = Page(page).text
    assert "9802 more answers are left out." in shown and "2000 of 12,000 values are not drawn" in shown


def test_a_value_nested_without_end_is_named() -> None:
    deep: Any = "bottom"
    for _ in range(100_000):
        deep = [deep]
    assert "q1 nested too deeply to be shown" in read(record(answers={"q1": deep}))
