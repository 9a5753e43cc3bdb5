"""Functions for the notebooks: they show TODOs, pictures and results of training, and write the file to upload.

They print text and show figures of pyplot. No other module of the package imports this module.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib import pyplot
from torch import Tensor

from .experiments import Curve, Picture, Results, plots, train
from .experiments.artifact import PACKAGE

_TODO = re.compile(r"TODO\(\w+\): ([\w.]+)\.\w+")
_NOT_TRAINED = "Nothing to show yet: the training cell needs functions that are still TODO."
_INCHES = 6.0  # width of one drawing


def checks() -> str:
    """The folder of Otter's checks: beside the notebooks, or where staff build them.

    Raises:
        FileNotFoundError: neither folder exists.
    """
    folders = [PACKAGE.parent / name for name in ("notebooks/checks", "dist/notebooks/checks")]
    for folder in folders:
        if folder.is_dir():
            return str(folder)
    raise FileNotFoundError(f"{folders[0]} is missing: put it back, or build it with `make notebooks`")


@contextmanager
def unless_todo() -> Iterator[None]:
    """Ends a block of code at its first task that is still TODO, prints the task, and lets the notebook continue."""
    try:
        yield
    except NotImplementedError as error:
        todo = _TODO.fullmatch(str(error))
        if todo is None:
            raise
        pyplot.close("all")  # figures that are not complete
        print(f"{error} is yours to write in {PACKAGE.name}/{todo[1].replace('.', '/')}.py")


def trained(question: str, preset: str = "quick", device: str = "auto", **changes: Any) -> Results | None:
    """The results of `experiments.train`; None, with a message, if a task that training calls is still TODO."""
    with unless_todo():
        return train(question, preset, device=device, **changes)
    return None


def show(*drawings: Curve | Picture) -> None:
    """Draws curves and pictures side by side."""
    height = max(_height(drawn) for drawn in drawings)
    figure, axes = pyplot.subplots(
        1, len(drawings), figsize=(_INCHES * len(drawings), height), squeeze=False, layout="constrained"
    )
    for place, drawn in zip(axes[0], drawings, strict=True):
        plots.draw(place, drawn)
    pyplot.show()
    pyplot.close(figure)


def _height(drawn: Curve | Picture) -> float:
    if isinstance(drawn, Curve):
        return 0.6 * _INCHES
    rows = -(-len(drawn.images) // drawn.columns)
    height, width = drawn.images.shape[1:]
    return 0.5 + _INCHES * rows * height / (drawn.columns * width)


def show_images(images: Tensor, title: str, columns: int = 10) -> None:
    """Shows square images in rows.

    Args:
        images: Float[..., M] or Float[..., 1, S, S], -1 black to 1 white; several leading axes are read row by row.
        title: the title above the images.
        columns: number of columns in the grid.
    """
    show(picture(images, title, columns))


def picture(images: Tensor, title: str, columns: int = 10) -> Picture:
    """The same as a picture, which `show` can put beside others."""
    side = images.shape[-1] if images.shape[-1] == images.shape[-2] else round(images.shape[-1] ** 0.5)
    return Picture(title, columns, (images.reshape(-1, side, side).clamp(-1, 1) + 1) / 2)


def show_found(found: Results | None, *titles: str) -> None:
    """Draws results of training side by side: curves and pictures, selected by title or by the start of a title.

    Raises:
        ValueError: no curve or picture has such a title.
    """
    if found is None:
        print(_NOT_TRAINED)
        return
    known: list[Curve | Picture] = [
        *plots.by_step(found.curves),
        *found.measured.curves,
        *found.measured.pictures,
    ]
    chosen: list[Curve | Picture] = []
    for title in titles:
        found_here = [drawn for drawn in known if drawn.title == title]
        found_here = found_here or [drawn for drawn in known if drawn.title.startswith(title)]
        if not found_here:
            raise ValueError(f"there is no drawing {title!r}, only {[drawn.title for drawn in known]}")
        chosen += found_here
    show(*chosen)


def print_found(found: Results | None, *names: str) -> None:
    """Prints results of training: numbers by name, one in each line, or texts by title."""
    if found is None:
        print(_NOT_TRAINED)
        return
    for name in names:
        figure = found.measured.metrics.get(name)
        print(found.texts[name] if figure is None else f"{name:24} {figure:.4g}")


def submit() -> None:
    """Runs the public tests and writes submission_log.json, like `make submit`; an older file is kept."""
    command = [sys.executable, "-m", "autograder", "submit", "--package", PACKAGE.name]
    # Plain text: a kernel asks its child processes for colours, and with colours comes a progress bar.
    environment = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    done = subprocess.run(command, cwd=PACKAGE.parent, env=environment, capture_output=True, text=True)
    print(done.stdout + done.stderr)
