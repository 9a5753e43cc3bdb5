"""A record on disk: it is valid JSON for all measured values."""

import json
from pathlib import Path
from typing import Any

import pytest

from autograder.record import build as record

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize("pretty", [True, False])
@pytest.mark.parametrize(
    ("data", "read"),
    [
        ({"loss": 0.5, "steps": [1, 2]}, {"loss": 0.5, "steps": [1, 2]}),
        ({"a": [{"loss": NAN}, 1.5]}, {"a": [{"loss": "nan"}, 1.5]}),
        ({"a": (INFINITY, -INFINITY)}, {"a": ["inf", "-inf"]}),
        ({"words": "\u2713\ud800"}, {"words": "\u2713\ud800"}),
    ],
)
def test_values_without_json_form_are_written_as_text(
    tmp_path: Path, data: Any, read: Any, pretty: bool
) -> None:
    """Kills: `NaN` in a file that Gradescope reads; a grade that crashes at a NaN; half a surrogate pair in UTF-8."""
    path = tmp_path / "record.json"
    record.write(data, path, pretty=pretty)
    text = path.read_text(encoding="ascii")
    assert json.loads(text, parse_constant=pytest.fail) == read
    assert text.endswith("\n") and (len(text.splitlines()) > 1) is pretty
