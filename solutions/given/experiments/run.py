"""Runs one experiment from its settings to its evidence: weights, card, plots, answers."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, fields, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from ..training.loop import Loop
from . import artifact, form, plots
from .experiment import Measured

EXPERIMENTS = ("q1", "q2", "q3", "q4")


@dataclass(frozen=True)
class Results:
    """The results of an experiment, and where they are saved.

    Attributes:
        measured: measured on the saved weights.
        curves: curves of training.
        artifact: the file of the weights.
        plots: image files.
        answers: the values written into answers.toml, by key.
        texts: results as text, by title.
    """

    measured: Measured
    curves: dict[str, list[float]]
    artifact: Path
    plots: tuple[Path, ...]
    answers: dict[str, Any]
    texts: dict[str, str]


def train(
    question: str,
    preset: str = "quick",
    *,
    seed: int = 0,
    device: str = "auto",
    restart: bool = False,
    shown: bool = True,
    row: int = 0,
    **changes: Any,
) -> Results:
    """Trains the networks of a question with the functions of this package, measures them and saves the results.

    An interrupted run continues where it stopped, as long as settings and sources are the same. With the included data,
    which are graded, weights go to `artifacts/`, and the numbers that a question asks for into `answers.toml`.

    Args:
        question: "q1" to "q4".
        preset: "quick" (minutes on a laptop), "full" (minutes on a GPU) or "paper" (real data, as in the course).
        seed: seed of everything random.
        device: "cpu", "cuda", or "auto" for cuda if there is a GPU.
        restart: start again instead of continuing an interrupted run.
        shown: show a progress bar.
        row: row of the bar.
        changes: settings that replace those of the preset.

    Raises:
        ValueError: unknown question, preset or setting.
        NotImplementedError: a function that training calls is still TODO.
    """
    if question not in EXPERIMENTS:
        raise ValueError(f"{question!r} is not an experiment; choose one of {', '.join(EXPERIMENTS)}")
    experiment = import_module(f".{question}", __package__)
    settings = _settings(experiment, preset, changes)
    device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    card = {
        "artifact": experiment.ARTIFACT,
        "preset": preset if settings == experiment.PRESETS[preset] else f"{preset}, changed",
        "seed": seed,
        "device": device,
        "settings": asdict(settings),
        "sources": artifact.source_digests(experiment.SOURCES),
    }
    folder = artifact.RUNS / question
    graded = settings.data == experiment.EMBEDDED
    _continue_or_begin(folder, {**card, "torch": torch.__version__}, restart)
    trained = experiment.train(settings, seed, device, Loop(folder, shown=shown, row=row))
    kept = artifact.FOLDER if graded else folder
    weights = artifact.save(experiment.ARTIFACT, trained.weights, kept)
    # The grader also calls `measure`, so only `measure_real` may open files that the settings name.
    measure = experiment.measure if graded else experiment.measure_real
    measured = measure(weights, asdict(settings))
    card |= {"data": trained.data, "metrics": measured.metrics, "curves": plots.thinned(trained.curves)}
    artifact.write_card(experiment.ARTIFACT, card, kept)
    images = plots.draw_all(measured, trained.curves, folder / "plots")
    texts = {**trained.texts, **measured.texts}
    for title, text in texts.items():
        (folder / f"{title}.txt").write_text(text, encoding="utf-8")
    answers = dict(measured.answers) if graded else {}
    form.fill(artifact.PACKAGE / "answers.toml", answers)
    weights_file = kept / f"{experiment.ARTIFACT}.safetensors"
    return Results(measured, trained.curves, weights_file, images, answers, texts)


def _settings(experiment: ModuleType, preset: str, changes: dict[str, Any]) -> Any:
    if preset not in experiment.PRESETS:
        raise ValueError(f"{preset!r} is not a preset; choose one of {', '.join(experiment.PRESETS)}")
    settings = experiment.PRESETS[preset]
    known = [field.name for field in fields(settings)]
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise ValueError(f"no such setting: {', '.join(unknown)}; there are {', '.join(known)}")
    return replace(settings, **changes)


def _continue_or_begin(folder: Path, run: dict[str, Any], restart: bool) -> None:
    """Removes the state of another run: one with other settings, sources or torch version."""
    key = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()
    file = folder / "run.key"
    if restart or not file.exists() or file.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        file.write_text(key)
