"""JSON with one row a line: what the cards of weights and the results of benchmarks are written in."""

import json
from pathlib import Path
from typing import Any

import pytest

from solutions.given import json_rows

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("solutions/artifacts/*.json"), *ROOT.glob("benchmarks/results/*.json")])
LONG = "long " * 20
CURVE = [round(step / 7, 5) for step in range(100)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ({"a": [1, {"b": None}]}, ['{"a": [1, {"b": null}]}']),
        ([], ["[]"]),
        (LONG, [json.dumps(LONG)]),
        ({"text": LONG, "wrong": [], "seed": 0}, [f'{{"text": "{LONG}", "wrong": [], "seed": 0}}']),
        (
            [{"name": LONG, "marks": {"q1": 1}}, [2]],
            ["[", f' {{"name": "{LONG}", "marks": {{"q1": 1}}}},', " [2]", "]"],
        ),
        (
            {"runs": {"ü": [{"name": LONG}], "b": {}}, "curves": {"loss": CURVE}},
            [
                "{",
                ' "runs": {',
                '  "\\u00fc": [',
                f'   {{"name": "{LONG}"}}',
                "  ],",
                '  "b": {}',
                " },",
                ' "curves": {',
                f'  "loss": {json.dumps(CURVE)}',
                " }",
                "}",
            ],
        ),
    ],
    ids=["fits", "empty", "no container", "only values", "rows", "nested"],
)
def test_each_row_is_one_line(data: Any, lines: list[str]) -> None:
    """Kills: rows that are spread over lines; long curves with a line a number; lost brackets, commas or items."""
    text = json_rows.dumps(data)
    assert text == "\n".join(lines) + "\n" and json.loads(text) == data


def test_tuples_are_arrays() -> None:
    assert json_rows.dumps((LONG, (1, 2))) == json_rows.dumps([LONG, [1, 2]])


@pytest.mark.parametrize("data", [float("nan"), [[float("inf")], [LONG] * 2], {"a": {"b": [-float("inf")]}}])
def test_what_json_does_not_have_is_refused(data: Any) -> None:
    """Kills: a card that no strict reader takes."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_rows.dumps(data)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_committed_files_are_written_so(file: Path) -> None:
    """Kills: a second way of writing them, with which every line would change."""
    text = file.read_text(encoding="utf-8")
    assert json_rows.dumps(json.loads(text)) == text
