"""What an experiment is: a module with these names.

    ARTIFACT: str                       name of its weights in artifacts/
    SOURCES: tuple[str, ...]            files of the package that its training calls, of the student's own
    EMBEDDED: str                       the value of `Settings.data` that needs no download and is graded
    Settings                            frozen dataclass; its fields stand in the card; one of them is `data`
    PRESETS: dict[str, Settings]        "quick", "full", "paper"
    train(settings, seed, device, loop) -> Trained
    measure(weights, settings, seed=0) -> Measured
    measure_real(weights, settings) -> Measured    of one's own weights, on the files that the settings name

`train` seeds everything from `seed`; on a CPU the same arguments give the same bits, interrupted or not. `measure`
takes weights that anyone may have made: it reads the sizes of a network from the weights and nothing from `settings`
but plain numbers within stated bounds, raises ValueError where they are no weights of the experiment, and draws
whatever it measures on (warped digits, new articles, samples) from `seed`. It opens no file that the settings name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Trained:
    """What training gives.

    Attributes:
        weights: state dict of CPU tensors; where there are several networks, each with a prefix like "policy.".
        curves: numbers of each step or epoch, by name; those called "title/line" are drawn into one plot.
        data: SHA-256 of what it was trained on.
        texts: what else there is to tell, by title.
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
    """What weights reach.

    Attributes:
        metrics: by name; the card claims them.
        answers: values for answers.toml, by key.
        curves: for plots.
        pictures: likewise.
        texts: before-and-after samples and the like, by title.
        errors: standard errors of those metrics that depend on random draws. Right code may draw in an order of its
            own, and then reaches other figures, by about so much.
    """

    metrics: dict[str, float]
    answers: Mapping[str, Any] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    pictures: tuple[Picture, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, float] = field(default_factory=dict)
