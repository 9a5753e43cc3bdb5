"""The experiments of questions 1 and 2: what they train, and what they measure on anybody's weights."""

import math
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from solutions.diffusion import binary, samplers
from solutions.given.data import digits
from solutions.given.experiments import artifact, handwriting, q1, q2
from solutions.given.networks.mlp import DenoisingMLP
from tests.harness.same_weights import same_weights

SMALL = {
    q1: replace(q1.PRESETS["quick"], num_steps=6, iterations=250, width=24, batch_size=64),
    q2: replace(q2.PRESETS["quick"], num_steps=51, iterations=40, width=16, batch_size=32),
}


@pytest.fixture(scope="module")
def trained():
    return {experiment: experiment.train(settings, 3, "cpu") for experiment, settings in SMALL.items()}


@pytest.mark.parametrize(("experiment", "most"), [(q1, 130_000), (q2, 170_000)])
def test_quick_weights_are_as_small_as_they_have_to_be(tmp_path, experiment, most):
    quick = experiment.PRESETS["quick"]
    artifact.save("weights", DenoisingMLP(64, quick.width, quick.depth).state_dict(), tmp_path)
    assert (tmp_path / "weights.safetensors").stat().st_size <= most
    assert [preset.data for preset in experiment.PRESETS.values()] == ["digits", "digits", "mnist"]
    full = experiment.PRESETS["full"]
    count = sum(value.numel() for value in DenoisingMLP(64, full.width, full.depth).parameters())
    assert count * full.num_steps <= 5e7  # or `measure` would refuse them


@pytest.mark.parametrize("experiment", [q1, q2])
def test_training_goes_by_the_settings(trained, experiment):
    settings, found = SMALL[experiment], trained[experiment]
    assert len(found.curves["loss"]) == settings.iterations
    assert found.weights["embed_pixels.weight"].shape == (settings.width, 64)
    images = handwriting.on_board(coins=experiment is q1).train
    assert found.data == artifact.data_digest(images)
    assert same_weights(found.weights, experiment.train(settings, 3, "cpu").weights)
    short = replace(settings, iterations=2)
    plain = experiment.train(short, 3, "cpu").weights
    changes = {"num_steps": 60, "batch_size": 9, "learning_rate": 1e-3, "width": 20, "depth": 1}
    changes |= {"final_correlation": 0.2} if experiment is q1 else {"ema_decay": 0.05}
    for name, value in changes.items():
        assert not same_weights(plain, experiment.train(replace(short, **{name: value}), 3, "cpu").weights), (
            name
        )


@pytest.mark.parametrize("experiment", [q1, q2])
def test_measuring_depends_on_weights_and_seed_alone(trained, experiment):
    weights, settings = trained[experiment].weights, asdict(SMALL[experiment])
    state = torch.get_rng_state()
    found = experiment.measure(weights, settings)
    assert torch.equal(torch.get_rng_state(), state)
    assert found.metrics == experiment.measure(weights, {**settings, "iterations": 1}, seed=0).metrics
    other = experiment.measure(weights, settings, seed=1)
    assert other.metrics["agreement"] != found.metrics["agreement"]
    assert other.metrics["agreement_real"] == found.metrics["agreement_real"]
    assert all(type(value) is float and math.isfinite(value) for value in found.metrics.values())
    for curve in found.curves:
        assert all(len(line) == len(curve.x) for line in curve.lines.values())
    for picture in found.pictures:
        assert picture.images.shape == (60, 8, 8) and picture.columns == 10
        assert picture.images.min() >= 0 and picture.images.max() <= 1
    assert len({picture.title for picture in found.pictures}) == len(found.pictures)


def test_bits_of_independent_pixels_are_a_cross_entropy(trained):
    found = q1.measure(trained[q1].weights, asdict(SMALL[q1])).metrics
    ink = ((digits.binarised_digits("train") > 0).numpy().sum(axis=0) + 1) / 1502
    test = (digits.binarised_digits("test") > 0).numpy()
    bits = -np.where(test, np.log2(ink), np.log2(1 - ink)).mean()
    assert found["bits_independent"] == pytest.approx(bits)
    assert found["bits_per_pixel"] < found["bits_independent"] - 0.02  # 250 updates suffice for that
    assert 0.3 < found["agreement_independent"] < 0.45 < 0.9 < found["agreement_real"]


def test_figures_of_question_1_are_those_of_the_package(trained, monkeypatch):
    bits, shapes = torch.tensor(0.123), []

    def sample(network, shape, num_steps, generator, device, return_all):
        shapes.append((*shape, num_steps))
        good = digits.binarised_digits("train")[: shape[0]]
        return good.expand(num_steps + 1, -1, -1) if return_all else good

    monkeypatch.setattr(binary, "bits_per_pixel", lambda *_: bits)
    monkeypatch.setattr(samplers, "ancestral_sample", sample)
    found = q1.measure(trained[q1].weights, asdict(SMALL[q1]))
    assert found.metrics["bits_per_pixel"] == pytest.approx(0.123) and found.metrics["agreement"] > 0.9
    assert shapes == [(1000, 64, 6), (6, 64, 6)]
    over_time = found.pictures[0].images.view(6, 10, 64)  # a row for each sample
    assert torch.equal(over_time[:, 3] * 2 - 1, digits.binarised_digits("train")[:6])


def test_grid_runs_from_noise_to_image():
    chain = torch.linspace(-1, 1, 51)[:, None, None].expand(51, 6, 64)
    grid = handwriting.on_board(coins=True).over_time(chain).view(6, 10, 64)
    assert torch.allclose(grid[4, :, 7], torch.linspace(0, 1, 10), atol=0.011)


def test_figures_of_question_2_are_those_of_the_package(trained, monkeypatch):
    asked = []
    images = digits.scaled_digits("train")

    def ddpm(network, shape, betas, clip, generator, device, return_all):
        asked.append(("DDPM", len(betas) - 1, clip, generator.initial_seed()))
        return images[: shape[0]].expand(52, -1, -1) if return_all else images[: shape[0]]

    def ddim(network, shape, betas, steps, eta, clip, generator, device):
        asked.append((eta, steps, clip, generator.initial_seed()))
        return torch.randn(shape, generator=generator).clamp(-1, 1) * (1 if eta else 2)

    monkeypatch.setattr(samplers, "ddpm_sample", ddpm)
    monkeypatch.setattr(samplers, "ddim_sample", ddim)
    found = q2.measure(trained[q2].weights, asdict(SMALL[q2]), seed=8)
    few = (5, 10, 20, 50)
    expected = {("DDPM", 51, 1.0, 8), (0.0, 51, 1.0, 8)}
    assert set(asked) == expected | {(eta, steps, 1.0, 8) for eta in (0.0, 1.0) for steps in few}
    agreement, distance = found.curves
    assert agreement.x == distance.x == [5, 10, 20, 50, 51]
    assert agreement.lines["DDPM"][-1] == found.metrics["agreement"] > 0.95
    assert agreement.lines["DDPM"][1] == found.metrics["agreement_ddpm_10"] < 0.3
    assert agreement.lines["DDIM"][2] == found.metrics["agreement_ddim_20"]
    assert distance.lines["DDPM"][-1] == found.metrics["distance"] < 1
    assert distance.lines["DDIM"][3] == found.metrics["distance_ddim_50"] > distance.lines["DDPM"][3] > 20


SETTINGS_REFUSED = [
    ({"data": "mnist", "folder": "/", "download": True}, "trained on the data 'digits'"),
    ({"num_steps": 0}, "num_steps must be a whole number from"),
    ({"num_steps": 1001}, "num_steps must be a whole number from"),
    ({"num_steps": True}, "num_steps must be a whole number from"),
    ({"num_steps": 60.0}, "num_steps must be a whole number from"),
    ({"num_steps": "60"}, "num_steps must be a whole number from"),
    ({"num_steps": None}, "num_steps must be a whole number from"),
]


@pytest.mark.parametrize(
    ("experiment", "change", "said"),
    [(experiment, *row) for experiment in (q1, q2) for row in SETTINGS_REFUSED]
    + [
        (q1, {"final_correlation": value}, "final_correlation must be a number from")
        for value in (-0.1, 0.6, math.nan, "0.1", [0.1])
    ]
    + [(q2, {"num_steps": 50}, "num_steps must be a whole number from 51 to 1000")],
)
def test_settings_of_a_stranger_are_refused(trained, experiment, change, said, monkeypatch):
    monkeypatch.setattr("solutions.given.data.mnist.load", lambda *_: pytest.fail("it looked for files"))
    with pytest.raises(ValueError, match=said):
        experiment.measure(trained[experiment].weights, {**asdict(SMALL[experiment]), **change})
    if len(change) == 1:
        missing = {name: value for name, value in asdict(SMALL[experiment]).items() if name not in change}
        with pytest.raises(ValueError, match="must be a"):
            experiment.measure(trained[experiment].weights, missing)


def other_weights(**sizes):
    return DenoisingMLP(**{"num_pixels": 64, "width": 8, "depth": 1, **sizes}).state_dict()


def without(name):
    return {key: value for key, value in other_weights().items() if key != name}


WEIGHTS_REFUSED = [
    ({}, "embed_pixels.weight is missing"),
    (without("embed_pixels.weight"), "embed_pixels.weight is missing"),
    (other_weights(num_pixels=784), r"a shape other than \[width, 64\]"),
    ({"embed_pixels.weight": torch.zeros(5000, 64)}, "width of 1 to 2048"),
    ({"embed_pixels.weight": torch.zeros(8, 64, 1)}, "a shape other than"),
    (without("answer.bias"), "answer.bias is missing"),
    ({**other_weights(), "more": torch.zeros(1)}, "more is none of its names"),
    ({**other_weights(), "norm.bias": torch.zeros(9)}, r"norm.bias has shape \[9\], not \[8\]"),
    ({**other_weights(), "blocks.0.time.weight": torch.zeros(())}, r"has shape \[\], not \[8, 8\]"),
    ({**other_weights(), "blocks.7.norm.weight": torch.zeros(8)}, "blocks.1.inner.bias is missing"),
    ({key: value for key, value in other_weights().items() if "blocks" not in key}, "0 blocks, where 1 to"),
    (other_weights(depth=13), "13 blocks, where 1 to 12"),
    (other_weights(width=400, depth=3), "take too long to measure"),
]


@pytest.mark.parametrize("experiment", [q1, q2])
@pytest.mark.parametrize(("weights", "said"), WEIGHTS_REFUSED)
def test_weights_of_another_architecture_are_refused(experiment, weights, said):
    with pytest.raises(ValueError, match=said):
        experiment.measure(weights, {**asdict(SMALL[experiment]), "num_steps": 100})


@pytest.mark.parametrize(("experiment", "said"), [(q1, "no finite number of bits"), (q2, "are not finite")])
def test_weights_that_overflow_are_refused(trained, experiment, said):
    weights = {
        name: 3e38 * torch.randn_like(value).sign() for name, value in trained[experiment].weights.items()
    }
    with pytest.raises(ValueError, match=said):
        experiment.measure(weights, asdict(SMALL[experiment]))


def test_experiments_import_neither_scikit_learn_nor_matplotlib():
    code = (
        "import sys; from solutions.given.experiments import q1, q2;"
        "print([name for name in ('sklearn', 'matplotlib', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
