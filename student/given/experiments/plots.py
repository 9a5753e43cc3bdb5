"""Plots of the results of an experiment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from .experiment import Curve, Measured, Picture

MOST_POINTS = 200  # limit for one curve in a card


def thinned(curves: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """Shortens long curves to means over equal pieces, at most `MOST_POINTS` of them."""
    return {name: _thinned(values) for name, values in curves.items()}


def _thinned(values: list[float]) -> list[float]:
    if len(values) <= MOST_POINTS:
        return [float(f"{value:.5g}") for value in values]
    means = F.adaptive_avg_pool1d(torch.tensor(values, dtype=torch.float64)[None], MOST_POINTS)[0]
    return [float(f"{value:.5g}") for value in means.tolist()]


def draw_all(measured: Measured, training: Mapping[str, list[float]], folder: Path) -> tuple[Path, ...]:
    """Draws the curves of training, and the curves and pictures of `measured`, as PNG files in `folder`."""
    from matplotlib.figure import Figure  # not pyplot, whose figures and backend belong to a notebook

    folder.mkdir(parents=True, exist_ok=True)
    files = []
    drawings: list[Curve | Picture] = [*by_step(training), *measured.curves, *measured.pictures]
    for drawn in drawings:
        figure = Figure(figsize=(6, 4), layout="constrained")
        draw(figure.subplots(), drawn)
        files.append(folder / f"{drawn.title.replace(' ', '_').replace('/', '-')}.png")
        figure.savefig(files[-1], dpi=150)
    return tuple(files)


def draw(axes: Any, drawn: Curve | Picture) -> None:
    """Draws a curve or a picture into matplotlib axes."""
    if isinstance(drawn, Curve):
        _draw_curve(axes, drawn)
    else:
        _draw_picture(axes, drawn)
    axes.set_title(drawn.title)


def by_step(training: Mapping[str, list[float]]) -> list[Curve]:
    """The curves of training over the step; curves named "title/line" share a plot and have the same length."""
    plots: dict[str, dict[str, list[float]]] = {}
    for name, values in training.items():
        title, _, line = name.replace("_", " ").partition("/")
        plots.setdefault(title, {})[line] = values
    return [
        Curve(title, "step", "", [float(i) for i in range(max(map(len, lines.values())))], lines)
        for title, lines in plots.items()
    ]


def _draw_curve(axes: Any, curve: Curve) -> None:
    for name, values in curve.lines.items():
        axes.plot(curve.x, values, label=name, marker="." if len(curve.x) <= 40 else "")
    axes.set_xlabel(curve.x_label)
    axes.set_ylabel(curve.y_label)
    axes.grid(alpha=0.3)
    if any(curve.lines):
        axes.legend()


def _draw_picture(axes: Any, picture: Picture) -> None:
    padded = F.pad(picture.images, (1, 1, 1, 1), value=0.5)
    missing = -len(padded) % picture.columns
    padded = torch.cat([padded, torch.full_like(padded[:1], 0.5).expand(missing, -1, -1)])
    rows = padded.view(-1, picture.columns, *padded.shape[1:])  # (rows, columns, H + 2, W + 2)
    grid = rows.permute(0, 2, 1, 3).flatten(0, 1).flatten(1)
    axes.imshow(grid.numpy(), cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()
