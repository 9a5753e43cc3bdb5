"""An experiment is a module with these names.

    ARTIFACT: str                       name of its weights in artifacts/
    SOURCES: tuple[str, ...]            files with the student's functions that its training calls
    EMBEDDED: str                       the value of `Settings.data` that needs no download and is graded
    Settings                            frozen dataclass; its fields are in the card; one of them is `data`
    PRESETS: dict[str, Settings]        "quick", "full", "paper"
    train(settings, seed, device, loop) -> Trained
    measure(weights, settings, seed=0) -> Measured
    measure_real(weights, settings) -> Measured    for one's own weights only, on the files that the settings name

`train` seeds everything from `seed`. On a CPU the same arguments give the same bits, also after an interruption.
`measure` accepts weights from any source. It reads the sizes of a network from the weights, and it reads only plain
numbers within stated bounds from `settings`. It raises ValueError if they are not weights of the experiment. It draws
the data for its measurements (warped digits, new articles, samples) from `seed`, and opens no file that the settings
name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Trained:
    """The results of training.

    Attributes:
        weights: state dict of CPU tensors; with several networks, each has a prefix like "policy.".
        curves: numbers of each step or epoch, by name; curves with names like "title/line" share one plot.
        data: SHA-256 of the training data.
        texts: other results as text, by title.
    """

    weights: dict[str, Tensor]
    curves: dict[str, list[float]]
    data: str
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Curve:
    """Lines over one axis, each as long as `x`."""

    title: str
    x_label: str
    y_label: str
    x: list[float]
    lines: dict[str, list[float]]


@dataclass(frozen=True)
class Picture:
    """Images in rows of `columns`: Float[N, H, W], 0 black to 1 white."""

    title: str
    columns: int
    images: Tensor


@dataclass(frozen=True)
class Measured:
    """The results of measuring weights.

    Attributes:
        metrics: numbers by name; the card contains them.
        answers: values for answers.toml, by key.
        curves: curves for plots.
        pictures: pictures for plots.
        texts: texts by title, for example samples before and after training.
        errors: standard errors of the metrics that depend on random draws. Right code can draw in another order, and
            then its metrics differ by about this amount.
    """

    metrics: dict[str, float]
    answers: Mapping[str, Any] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    pictures: tuple[Picture, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, float] = field(default_factory=dict)
