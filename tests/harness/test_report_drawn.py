"""Curves, pictures and numbers on the page: each point is at its place, and unusual values do not stop the page."""

import base64
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from autograder.render import report
from autograder.render.report.chart import chart, thinned, ticks
from autograder.render.report.pictures import grid
from autograder.render.report.training import quantities
from tests.harness.reports import record
from tests.harness.strict_page import Page, read
from tests.harness.training_reports import training_row


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.899, 0.967, ["0.90", "0.92", "0.94", "0.96"]),
        (0, 2000, ["0", "500", "1000", "1500", "2000"]),
        (-3, 7, ["-2", "0", "2", "4", "6"]),
        (0, 5.6e8, ["0", "2e8", "4e8"]),
        (1e-7, 4e-7, ["1e-7", "2e-7", "3e-7", "4e-7"]),
        (
            1e7,
            1e7 + 10,
            ["1.0000000e7", "1.0000002e7", "1.0000004e7", "1.0000006e7", "1.0000008e7", "1.0000010e7"],
        ),
    ],
)
def test_ticks_are_round_and_distinct(low: float, high: float, labels: list[str]) -> None:
    assert [label for _, label in ticks(low, high)] == labels
    assert all(low - 1e-9 * abs(low) <= place <= high * (1 + 1e-9) for place, _ in ticks(low, high))


def line(values: list, **more: Any) -> Any:
    return chart({"title": "t", "lines": {"y": values}, **more}).lines[0]


def test_points_are_at_their_coordinates() -> None:
    found = chart({"title": "t", "lines": {"y": [0, 10], "z": [10, 5]}, "x": [2, 4]})
    assert found.x_ticks[0] == (found.left, "2.0") and found.x_ticks[-1] == (338, "4.0")
    zero, *_, ten = [place for place, _ in found.y_ticks]
    assert (found.lines[0].path, found.lines[0].style) == (f"M{found.left:g} {zero:g}L338 {ten:g}", 0)
    assert found.lines[1].path.startswith(f"M{found.left:g} {ten:g}L338 ") and found.lines[1].style == 1
    assert zero > ten  # y grows downwards on a page


def test_values_that_are_not_numbers_leave_a_gap_and_are_counted() -> None:
    found = line([1.0, 2.0, "nan", float("nan"), None, 10**400, True, {}, 3.0, 4.0])
    assert re.sub(r"[\d .]+", "", found.path) == "MLML"
    assert found.description == "from 1 to 4 (lowest 1, highest 4); 6 of 10 values are not drawn"
    assert re.sub(r"[\d .]+", "", line([1.0, None, 2.0]).path) == "MM"
    assert line([1.0, None, 2.0]).marks.count("M") == 2  # a single point has a mark
    assert line([1.0, 2.0, *[None] * 100]).marks.count("M") == 2
    # Seven marks for the points in a row, and one for the single point.
    assert line([*[1.0] * 29, None, 5.0, None]).marks.count("M") == 8
    assert line([1.0, 2.0, 3.0], x=[0, 1]).description.endswith("1 of 3 values are not drawn")


@pytest.mark.parametrize("values", [[], "text", {"a": 1}, [None], ["nan"], [float("inf")], [1e300]])
def test_a_curve_without_a_number_is_named(values: Any) -> None:
    row = {
        **training_row(),
        "curves": [{"title": "Empty", "x_label": "", "y_label": "", "x": [], "lines": {"y": values}}],
    }
    assert "Empty It contains no number that can be drawn." in read(record(training=[row]))


@pytest.mark.parametrize(
    "values", [[3.0], [0.0, 0.0], [5e-324, 0.0], [1e100, -1e100], [1e10, 1e10 + 1e-6], [1e-30, 2e-30]]
)
def test_a_line_stays_inside_its_axes(values: list[float]) -> None:
    found = chart({"title": "t", "lines": {"y": values}})
    numbers = [float(number) for number in re.findall(r"[\d.]+", found.lines[0].path)]
    assert all(found.left <= x <= 338 for x in numbers[::2]) and all(26 <= y <= 184 for y in numbers[1::2])
    assert len({label for _, label in found.y_ticks}) == len(found.y_ticks) >= 2


def test_a_long_line_keeps_its_peaks_and_gaps() -> None:
    points = [(float(x), 0.0) for x in range(100_000)]
    points[54_321], points[77_777] = (54_321.0, 9.0), (77_777.0, -5.0)
    points[20_000:30_000] = [None] * 10_000
    kept = thinned(points)
    assert len(kept) <= 240 and kept.count(None) > 10
    assert (54_321.0, 9.0) in kept and (77_777.0, -5.0) in kept
    places = [point[0] for point in kept if point]
    assert places == sorted(places)


def test_lines_differ_without_colour() -> None:
    lines = chart({"title": "t", "lines": {str(n): [n, n + 1] for n in range(10)}}).lines
    assert len(lines) == len({found.shape for found in lines}) == len({found.style for found in lines}) == 8
    style = (Path(report.__file__).parent / "templates/style.css").read_text()
    dashes = re.findall(r"\.s[1-7] \.stroke { stroke-dasharray: ([\d ]+);", style)
    assert len(set(dashes)) == 7


def test_pictures_are_images_side_by_side() -> None:
    levels = bytes(range(5 * 2 * 3))
    picture = {
        "title": "p",
        "columns": 3,
        "height": 2,
        "width": 3,
        "pixels": base64.b64encode(levels).decode(),
    }
    found = grid(picture)
    image = Image.open(io.BytesIO(base64.b64decode(found.data)))
    image.load()
    scale = 480 // 11
    assert image.mode == "L" and image.size == (found.width, found.height) == (11 * scale, 5 * scale)
    small = image.resize((11, 5), Image.Resampling.NEAREST)
    rows = [list(small.tobytes()[row * 11 : row * 11 + 11]) for row in range(5)]
    assert rows[0] == [0, 1, 2, 128, 6, 7, 8, 128, 12, 13, 14]
    assert rows[1] == [3, 4, 5, 128, 9, 10, 11, 128, 15, 16, 17] and rows[2] == [128] * 11
    assert rows[4] == [21, 22, 23, 128, 27, 28, 29, *[128] * 4]
    assert grid({**picture, "columns": 10**4}).description == "5 gray images of 2 by 3 pixels, 5 in a row"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"pixels": "<AAAA>"}, "not base64"),
        ({"pixels": "é"}, "not base64"),
        ({"pixels": ""}, "does not fit the image size"),
        ({"width": 7}, "does not fit the image size"),
        ({"width": 10**9}, "does not fit the image size"),
        ({"height": 1, "width": 1, "pixels": "A" * 4_000_000}, "too large"),
    ],
)
def test_an_invalid_picture_is_named(changes: dict[str, Any], why: str) -> None:
    row = {**training_row(), "pictures": [{**training_row()["pictures"][0], **changes}]}
    page = report.render(record(training=[row]))
    assert "<img" not in page and why in Page(page).text


@pytest.mark.parametrize(
    ("measured", "claimed", "words"),
    [
        (0.93, 0.97, "0.04 higher (4.3 %)"),
        (3.74, 3.1, "0.64 lower (17 %)"),
        (-2.0, -1.0, "1 higher (50 %)"),
        (0.912345, 0.912349, "the same"),
        (0, 0.1, "0.1 higher"),
        (1, 1000, "999 higher"),
        (0.5, "nan", "the claim is not a number"),
        (float("nan"), 0.5, "the measurement is not a number"),
    ],
)
def test_a_difference_is_described_in_words(measured: Any, claimed: Any, words: str) -> None:
    told = quantities({"f": measured}, {"f": claimed}).first[0]["difference"]
    assert told.replace("\N{NO-BREAK SPACE}", " ") == words
