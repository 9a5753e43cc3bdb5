"""The functions that notebooks import from the package: TODO messages, and the choice of training results."""

from pathlib import Path
from types import SimpleNamespace

import matplotlib
import pytest
import torch
from matplotlib import pyplot

from solutions.given import notebook
from solutions.given.experiments import Curve, Measured, Picture, Results, plots

CURVE = Curve("Accuracy", "x", "y", [0.0, 1.0], {"one": [1.0, 2.0]})
FEW, MANY = (Picture(title, 2, torch.zeros(4, 3, 3)) for title in ("Samples", "Samples over time"))


def found() -> Results:
    measured = Measured({"accuracy": 0.5}, curves=(CURVE,), pictures=(MANY, FEW))
    return Results(measured, {"some_loss": [2.0, 1.0]}, Path("w"), (), {}, {"table": "a table"})


def test_a_todo_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the task and the file. A half-drawn figure is closed, and the next code runs."""
    with notebook.unless_todo():
        pyplot.figure()
        raise NotImplementedError("TODO(q1d): diffusion.binary.posterior")
    assert capsys.readouterr().out == (
        "TODO(q1d): diffusion.binary.posterior is yours to write in solutions/diffusion/binary.py\n"
    )
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("error", [NotImplementedError("of torch"), ValueError("TODO(q1d): a.b")])
def test_other_exceptions_are_not_swallowed(error: Exception) -> None:
    """Students must see every exception that is not a TODO."""
    with pytest.raises(type(error)), notebook.unless_todo():
        raise error


def test_training_that_meets_a_todo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It returns nothing and says why. Functions that would show the results say so too."""

    def train(*_: object, **__: object) -> Results:
        raise NotImplementedError("TODO(q3b): early_exit.loss.early_exit_loss")

    monkeypatch.setattr(notebook, "train", train)
    nothing = notebook.trained("q3")
    assert nothing is None
    notebook.show_found(nothing, "Samples")
    notebook.print_found(nothing, "accuracy")
    printed = capsys.readouterr().out.splitlines()
    assert "early_exit/loss.py" in printed[0]
    assert printed[1:] == [notebook._NOT_TRAINED] * 2


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (("Samples",), ["Samples"]),
        (("Samp",), ["Samples over time", "Samples"]),
        (("some loss", "Acc"), ["some loss", "Accuracy"]),
    ],
)
def test_titles_select_drawings(
    monkeypatch: pytest.MonkeyPatch, titles: tuple[str, ...], expected: list[str]
) -> None:
    """A full title selects one drawing; the start of a title selects all with this start. The call gives the order."""
    shown: list[Curve | Picture] = []
    monkeypatch.setattr(notebook, "show", lambda *drawings: shown.extend(drawings))
    notebook.show_found(found(), *titles)
    assert [drawn.title for drawn in shown] == expected


def test_an_unknown_title_is_named() -> None:
    """The error names a mistyped title."""
    with pytest.raises(ValueError, match="no drawing 'Sample2'"):
        notebook.show_found(found(), "Samples", "Sample2")


def test_numbers_and_texts_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each number is on one line; texts are complete."""
    notebook.print_found(found(), "accuracy", "table")
    assert capsys.readouterr().out.split() == ["accuracy", "0.5", "a", "table"]


def test_images_are_read_row_by_row() -> None:
    """Float[R, C, M] and Float[N, 1, S, S] become a grid of squares from 0 to 1."""
    rows = torch.stack([-torch.ones(3, 4), torch.ones(3, 4)])
    assert notebook.picture(rows, "", 3).images[:, 0, 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert notebook.picture(torch.zeros(5, 1, 2, 2), "").images.shape == (5, 2, 2)


def test_checks_are_found_in_both_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First next to the notebooks, then in the build folder of staff. Otherwise the error says how to get them."""
    monkeypatch.setattr(notebook, "PACKAGE", tmp_path / "student")
    with pytest.raises(FileNotFoundError, match="make notebooks"):
        notebook.checks()
    for name in ("dist/notebooks/checks", "notebooks/checks"):
        (tmp_path / name).mkdir(parents=True)
        assert notebook.checks() == str(tmp_path / name)


def test_submitting_shows_what_the_command_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It runs for this package, in plain text. Its error output is shown too."""
    calls = []

    def run(command: list[str], **options: object) -> SimpleNamespace:
        calls.append((command[1:], options))
        return SimpleNamespace(stdout="written\n", stderr="but")

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(notebook.subprocess, "run", run)
    notebook.submit()
    assert capsys.readouterr().out == "written\nbut\n"
    ((command, options),) = calls
    assert command == ["-m", "autograder", "submit", "--package", "solutions"]
    assert "FORCE_COLOR" not in options["env"]


def test_training_keeps_the_figures_of_a_notebook(tmp_path: Path) -> None:
    """Plots are drawn without pyplot: the backend and open figures stay."""
    matplotlib.use("svg")
    figure = pyplot.figure()
    files = plots.draw_all(found().measured, {"some_loss": [2.0, 1.0]}, tmp_path)
    assert sorted(file.name for file in files) == [
        "Accuracy.png",
        "Samples.png",
        "Samples_over_time.png",
        "some_loss.png",
    ]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
    assert (matplotlib.get_backend(), pyplot.get_fignums()) == ("svg", [figure.number])
    pyplot.close(figure)
