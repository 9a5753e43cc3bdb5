"""What the notebooks say and show: TODOs in words, pictures, what training found, the file to upload.

Everything here is told by printing and by figures of pyplot, and nothing else of the package imports this module.
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
_NOT_TRAINED = "Nothing to show yet: the cell that trains has not found every function filled in."
_INCHES = 6.0  # width of one drawing


def checks() -> str:
    """The folder of Otter's checks: beside the notebooks, or where staff build them.

    Raises:
        FileNotFoundError: there is none.
    """
    folders = [PACKAGE.parent / name for name in ("notebooks/checks", "dist/notebooks/checks")]
    for folder in folders:
        if folder.is_dir():
            return str(folder)
    raise FileNotFoundError(f"{folders[0]} is missing: put it back, or build it by `make notebooks`")


@contextmanager
def unless_todo() -> Iterator[None]:
    """Ends a block of code at the first task in it that is still TODO, says which, and lets the notebook go on."""
    try:
        yield
    except NotImplementedError as error:
        todo = _TODO.fullmatch(str(error))
        if todo is None:
            raise
        pyplot.close("all")  # what was half drawn
        print(f"{error} is yours to write in {PACKAGE.name}/{todo[1].replace('.', '/')}.py")


def trained(question: str, preset: str = "quick", device: str = "auto", **changes: Any) -> Results | None:
    """What `experiments.train` finds; None, and a word about it, where a task that training calls is still TODO."""
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
        images: Float[..., M] or Float[..., 1, S, S], -1 black to 1 white; a longer axis in front is read row by row.
        title: above them.
        columns: of the grid.
    """
    show(picture(images, title, columns))


def picture(images: Tensor, title: str, columns: int = 10) -> Picture:
    """The same, to be shown beside others."""
    side = images.shape[-1] if images.shape[-1] == images.shape[-2] else round(images.shape[-1] ** 0.5)
    return Picture(title, columns, (images.reshape(-1, side, side).clamp(-1, 1) + 1) / 2)


def show_found(found: Results | None, *titles: str) -> None:
    """Draws what training found, side by side: curves and pictures by title, or by how their titles begin.

    Raises:
        ValueError: there is no such title.
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
    """Prints figures that training found, by name, a line each, or its texts, by title."""
    if found is None:
        print(_NOT_TRAINED)
        return
    for name in names:
        figure = found.measured.metrics.get(name)
        print(found.texts[name] if figure is None else f"{name:24} {figure:.4g}")


def submit() -> None:
    """Runs the public tests and writes submission_log.json, as `make submit` does; an older one is kept."""
    command = [sys.executable, "-m", "autograder", "submit", "--package", PACKAGE.name]
    # Plain text: a kernel asks its children for colours, and with them comes a moving bar.
    environment = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    done = subprocess.run(command, cwd=PACKAGE.parent, env=environment, capture_output=True, text=True)
    print(done.stdout + done.stderr)
