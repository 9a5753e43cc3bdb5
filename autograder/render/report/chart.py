"""Charts of curves: what is drawn where, in the units of an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

from autograder.render.report.values import NAME, finite, number, text

WIDTH, HEIGHT = 360, 220
TOP, BOTTOM, RIGHT = 26, 184, 338
LETTER = 6.2  # width of a digit at the size of the tick labels
LINES = 8
VALUES = 10_000  # of one line; further values are ignored
POINTS = 240  # of one drawn line; a longer one is thinned, and its peaks stay
MARKS = 9  # of a line with many points
# Marks around points, so that lines differ without colour; their dashes differ as well (style.css).
SHAPES = (
    "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z",
    "m-3 -3h6v6h-6z",
    "m0 -4l4 7h-8z",
    "m0 -4l4 4l-4 4l-4 -4z",
    "m-4 -1h3v-3h2v3h3v2h-3v3h-2v-3h-3z",
    "m0 4l4 -7h-8z",
    "m-1 -4h2v8h-2z",
    "m-4 -1h8v2h-8z",
)

Point = tuple[float, float] | None


@dataclass(frozen=True)
class Curve:
    """One line.

    Attributes:
        name: shown in the legend.
        style: the number of its colour and dashes.
        shape: the path of one mark, relative to its point.
        path: the path of the line.
        marks: the path of all marks.
        description: its end values and its range, as text.
    """

    name: str
    style: int
    shape: str
    path: str
    marks: str
    description: str


@dataclass(frozen=True)
class Chart:
    """Curves with their axes; `lines` is empty if nothing can be drawn.

    Attributes:
        title: the title of the chart.
        x_label: the label of the horizontal axis.
        y_label: the label of the vertical axis.
        more: how many lines are not drawn.
        left: the position of the vertical axis.
        x_ticks: position and label of each tick.
        y_ticks: the same.
        lines: at most `LINES`.
    """

    title: str
    x_label: str
    y_label: str
    more: int
    left: float = 0
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)
    lines: list[Curve] = field(default_factory=list)


def chart(curve: dict[str, Any]) -> Chart:
    """Places the lines of one set of curves.

    Args:
        curve: "title", "x_label", "lines" by name, and optionally "y_label" and "x". Values have any type; a value
            that is not a finite number leaves a gap.
    """
    drawn, totals = {}, {}
    for name, values in list(curve["lines"].items())[:LINES]:
        values = values if isinstance(values, list) else []
        places = curve.get("x", range(len(values)))
        pairs = ((finite(x), finite(y)) for x, y in islice(zip(places, values, strict=False), VALUES))
        points: list[Point] = [None if x is None or y is None else (x, y) for x, y in pairs]
        if any(points):
            drawn[name], totals[name] = points, max(len(places), len(values))
    title, x_label, y_label = (text(curve.get(key, ""), NAME) for key in ("title", "x_label", "y_label"))
    more = len(curve["lines"]) - len(drawn)
    found = [point for points in drawn.values() for point in points if point]
    if not found:
        return Chart(title, x_label, y_label, more)
    x_low, x_high = _range([x for x, _ in found], room=0)
    y_low, y_high = _range([y for _, y in found], room=0.05)
    x_ticks, y_ticks = ticks(x_low, x_high), ticks(y_low, y_high)
    left = round(12 + LETTER * max(len(label) for _, label in y_ticks), 1)

    def across(x: float) -> float:
        return round(left + (x - x_low) / (x_high - x_low) * (RIGHT - left), 1)

    def down(y: float) -> float:
        return round(BOTTOM - (y - y_low) / (y_high - y_low) * (BOTTOM - TOP), 1)

    lines = []
    for style, (name, points) in enumerate(drawn.items()):
        placed = [point and (across(point[0]), down(point[1])) for point in thinned(points)]
        shape = SHAPES[style]
        lines.append(
            Curve(
                text(name, NAME),
                style,
                shape,
                _path(placed),
                _marks(placed, shape),
                _description(points, totals[name]),
            )
        )
    x_placed = [(across(x), label) for x, label in x_ticks]
    y_placed = [(down(y), label) for y, label in y_ticks]
    return Chart(title, x_label, y_label, more, left, x_placed, y_placed, lines)


def _range(values: Sequence[float], room: float) -> tuple[float, float]:
    """The start and the end of an axis."""
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-20):  # too flat for different ticks
        aside = 0.1 * max(abs(low), abs(high)) or 1.0
        return low - aside, high + aside
    return low - room * (high - low), high + room * (high - low)


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Three to six round numbers from `low` to `high`, each with its label."""
    rough = (high - low) / 5
    power = math.floor(math.log10(rough))
    step, power = next(
        (m * 10.0**power, power + (m == 10)) for m in (1, 2, 5, 10) if m * 10.0**power >= rough
    )
    places = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    return [(place * step, _label(place * step, power)) for place in places]


def _label(value: float, power: int) -> str:
    """A tick's number, with as many digits as the step between ticks needs."""
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)) + 1e-9)
    if min(size, power) >= -4 and size < 6:
        return f"{value:.{max(0, -power)}f}"
    return f"{value:.{max(0, size - power)}e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def thinned(points: list[Point]) -> list[Point]:
    """The lowest and the highest point of each part of a long line, in their order."""
    stretch = -(-len(points) * 2 // POINTS)
    if stretch <= 2:
        return points
    kept: list[Point] = []
    for start in range(0, len(points), stretch):
        part = [(point[1], place) for place, point in enumerate(points[start : start + stretch]) if point]
        ends = sorted({min(part)[1], max(part)[1]}) if part else []
        kept += [points[start + place] for place in ends] or [None]
    return kept


def _path(points: Sequence[Point]) -> str:
    """Straight lines with a gap where a point is missing."""
    return "".join(
        f"{'L' if before else 'M'}{point[0]:g} {point[1]:g}"
        for before, point in pairwise([None, *points])
        if point
    )


def _marks(points: Sequence[Point], shape: str) -> str:
    """Marks on some points, and on every point without a neighbour."""
    there = [place for place, point in enumerate(points) if point]
    every = -(-len(there) // MARKS)
    around = [None, *points, None]
    alone = (place for place in there if not (around[place] or around[place + 2]))
    marked = (points[place] for place in sorted({*there[every // 2 :: every], *alone}))
    return "".join(f"M{point[0]:g} {point[1]:g}{shape}" for point in marked if point)


def _description(points: Sequence[Point], total: int) -> str:
    """The end values and the range of a line with `total` given values."""
    values = [point[1] for point in points if point]
    low, high = number(min(values)), number(max(values))
    description = f"from {number(values[0])} to {number(values[-1])} (lowest {low}, highest {high})"
    if low == high:
        description = f"{low} throughout"
    missing = total - len(values)
    return description + (f"; {number(missing)} of {number(total)} values are not drawn" if missing else "")
