"""The files of an experiment: weights in half precision, cards, and numbers in the answer form."""

import json
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import pytest
import torch

from autograder import schemas
from autograder.assignment.manifest import load
from autograder.submission import artifacts
from solutions.given.experiments import EXPERIMENTS, artifact, form, plots

ROOT = Path(__file__).parents[2]
WEIGHTS = {"a": torch.tensor([1.0, 1 / 3]), "b": torch.eye(2, dtype=torch.float64)}


def test_weights_are_saved_in_half_and_loaded_in_single_precision(tmp_path: Path) -> None:
    kept = artifact.save("net", WEIGHTS, tmp_path, tmp_path / "replaced")
    assert (
        torch.equal(kept["a"], torch.tensor([1.0, 1 / 3]).half().float()) and kept["b"].dtype == torch.float32
    )
    assert (tmp_path / "net.safetensors").stat().st_size < 200


def test_earlier_weights_and_their_card_are_not_lost(tmp_path: Path) -> None:
    artifact.save("net", WEIGHTS, tmp_path, tmp_path / "replaced")
    artifact.write_card("net", {"seed": 1}, tmp_path)
    first = (tmp_path / "net.safetensors").read_bytes()
    artifact.save("net", {"a": torch.zeros(3)}, tmp_path, tmp_path / "replaced")
    old = sorted((tmp_path / "replaced").iterdir(), key=lambda file: file.suffix)
    assert [file.suffix for file in old] == [".json", ".safetensors"] and old[1].read_bytes() == first
    assert not (tmp_path / "net.json").exists()  # it was the card of other weights


def test_two_saves_in_the_same_second_keep_both_weights(tmp_path: Path) -> None:
    for value in range(4):
        artifact.save("net", {"a": torch.full((3,), float(value))}, tmp_path, tmp_path / "replaced")
    assert len(list((tmp_path / "replaced").iterdir())) == 3


def test_package_and_grader_hash_sources_in_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# why\nx = 1   \n\ndef f():\n    # no\n    return 'ü'\n")
    assert artifact.source_digests(["a.py"], tmp_path) == {"a.py": artifacts.code_digest(tmp_path / "a.py")}


def test_numbers_are_written_into_a_form_and_other_bytes_stay(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text('# form\nname = "ä"  # who\n\nfigure = ""  # TODO(q3b)\nshares = ""\n', encoding="utf-8")
    form.fill(path, {"figure": 0.25, "shares": [0.5, 0.5]})
    text = path.read_text(encoding="utf-8")
    assert text == '# form\nname = "ä"  # who\n\nfigure = 0.25  # TODO(q3b)\nshares = [0.5, 0.5]\n'
    form.fill(path, {"figure": 0.5})
    assert path.read_text(encoding="utf-8") == text.replace("0.25", "0.5", 1)


@pytest.mark.parametrize("text", ["figure = ", 'other = ""\n'])
def test_a_form_without_the_key_is_unchanged(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"answers\.toml"):
        form.fill(path, {"figure": 1})
    assert path.read_text() == text


def test_long_curves_are_thinned_to_means() -> None:
    (curve,) = plots.thinned({"loss": [float(i) for i in range(1000)]}).values()
    assert len(curve) == plots.MOST_POINTS and curve[0] == 2.0 and curve[-1] == 997.0  # means of five


@pytest.mark.parametrize(
    ("question", "data"), [("q1", "mnist"), ("q2", "mnist"), ("q3", "cifar10"), ("q4", "xsum")]
)
def test_a_foreign_card_opens_no_file(question: str, data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader in ("cifar.load", "mnist.load"):
        monkeypatch.setattr(f"solutions.given.data.{reader}", lambda *_: pytest.fail("it read"))
    experiment = import_module(f"solutions.given.experiments.{question}")
    weights = artifact.load(experiment.ARTIFACT)
    with pytest.raises(ValueError):
        experiment.measure(weights, {**asdict(experiment.PRESETS["quick"]), "data": data, "folder": "/"})


@pytest.mark.parametrize("question", EXPERIMENTS)
def test_reference_artifacts_are_valid(question: str) -> None:
    experiment = import_module(f"solutions.given.experiments.{question}")
    manifest = load(ROOT / "assignment.toml")
    task = manifest.tasks[f"artifacts.{experiment.ARTIFACT}"]
    shelf = artifacts.ArtifactStore(ROOT / "solutions", manifest)
    shelf.read(task)
    assert shelf.changed_sources(task) == []
    assert set(experiment.SOURCES) >= {manifest.tasks[need].file for need in task.needs}
    card = json.loads((ROOT / f"solutions/artifacts/{task.name}.json").read_text())
    assert list(schemas.mistakes(card, "card")) == [] and card["preset"] == "quick" and card["seed"] == 0


def test_reference_artifacts_have_a_megabyte_at_most() -> None:
    files = list((ROOT / "solutions/artifacts").iterdir())
    assert len([file for file in files if file.is_file()]) == 2 * len(EXPERIMENTS)
    assert sum(file.stat().st_size for file in files) <= 1_000_000
