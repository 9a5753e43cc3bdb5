"""The experiments of questions 1 and 2: training that survives interruptions, and measuring of anybody's weights."""

import math
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from solutions.diffusion import binary, gaussian, samplers
from solutions.given.data import digits
from solutions.given.experiments import artifact, handwriting, q1, q2
from solutions.given.experiments.judge import Judge
from solutions.given.networks.mlp import DenoisingMLP
from solutions.given.training import coin_flip
from solutions.given.training import gaussian as noise_predictor
from solutions.given.training.loop import Loop

FLIP = {"num_steps": 5, "iterations": 9, "batch_size": 16, "learning_rate": 1e-2, "width": 12}
NOISE = {**FLIP, "ema_decay": 0.9}
LOOPS = {
    "coin_flip": (coin_flip.train, FLIP, binary, "training_loss"),
    "gaussian": (noise_predictor.train, NOISE, gaussian, "noise_prediction_loss"),
}
SMALL = {
    q1: replace(q1.PRESETS["quick"], num_steps=6, iterations=250, width=24, batch_size=64),
    q2: replace(q2.PRESETS["quick"], num_steps=51, iterations=40, width=16, batch_size=32),
}


@pytest.fixture(scope="module")
def trained():
    return {experiment: experiment.train(settings, 3, "cpu") for experiment, settings in SMALL.items()}


def same(weights, others):
    return weights.keys() == others.keys() and all(
        torch.equal(weights[name], others[name]) for name in weights
    )


@pytest.mark.parametrize("options", [{}, {"fused": True, "depth": 3}], ids=["plain", "fused"])
@pytest.mark.parametrize("globally", [False, True], ids=["own generator", "global generator"])
@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("step", [1, 5, 8])
def test_interrupted_training_goes_on_to_the_same_bits(tmp_path, monkeypatch, name, globally, options, step):
    train, budget, module, loss = LOOPS[name]
    right, calls = getattr(module, loss), []
    stop_at = None

    def students(*args, generator=None, **kwargs):
        calls.append(1)
        if len(calls) - 1 == stop_at:
            raise KeyboardInterrupt
        *args, generator = args if len(args) == {"coin_flip": 5, "gaussian": 4}[name] else (*args, generator)
        return right(*args, generator=None if globally else generator, **kwargs)

    monkeypatch.setattr(module, loss, students)
    whole, history = train(**budget, **options, seed=2)
    torch.rand(7)  # the caller's own random state does not matter
    stop_at = len(calls) + step
    loop = Loop(tmp_path, seconds=0)
    with pytest.raises(KeyboardInterrupt):
        train(**budget, **options, seed=2, loop=loop)
    torch.rand(3)
    before = len(calls)
    again, same_history = train(**budget, **options, seed=2, loop=loop)
    assert len(calls) - before == budget["iterations"] - step  # it did not begin anew
    assert same(whole, again) and history == same_history
    finished = len(calls)
    assert same(whole, train(**budget, **options, seed=2, loop=loop)[0]) and len(calls) == finished


@pytest.mark.parametrize("name", LOOPS)
def test_training_is_reproducible_and_leaves_the_global_state_alone(name):
    train, budget, _, _ = LOOPS[name]
    torch.manual_seed(0)
    state = torch.get_rng_state()
    weights, history = train(**budget, seed=4)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    again, same_history = train(**budget, seed=4, depth=2)
    assert same(weights, again) and history == same_history and len(history["loss"]) == 9
    other, _ = train(**budget, seed=5)
    assert not torch.equal(weights["answer.bias"], other["answer.bias"])
    assert not any(value.requires_grad for value in weights.values())


@pytest.mark.parametrize("name", LOOPS)
def test_given_images_take_the_place_of_the_digits(name):
    train, budget, _, _ = LOOPS[name]
    on_board = (digits.binarised_digits if name == "coin_flip" else digits.scaled_digits)("train")
    assert same(train(**budget)[0], train(**budget, images=on_board)[0])
    assert not same(train(**budget)[0], train(**budget, images=-on_board)[0])
    weights, _ = train(**budget, images=on_board[:50, :21], depth=3)
    network = DenoisingMLP(21, 12, 3)
    network.load_state_dict(weights)


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
    assert same(found.weights, experiment.train(settings, 3, "cpu").weights)
    short = replace(settings, iterations=2)
    plain = experiment.train(short, 3, "cpu").weights
    changes = {"num_steps": 60, "batch_size": 9, "learning_rate": 1e-3, "width": 20, "depth": 1}
    changes |= {"final_correlation": 0.2} if experiment is q1 else {"ema_decay": 0.05}
    for name, value in changes.items():
        assert not same(plain, experiment.train(replace(short, **{name: value}), 3, "cpu").weights), name


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
    ({"num_steps": 0}, "num_steps must be an integer from"),
    ({"num_steps": 1001}, "num_steps must be an integer from"),
    ({"num_steps": True}, "num_steps must be an integer from"),
    ({"num_steps": 60.0}, "num_steps must be an integer from"),
    ({"num_steps": "60"}, "num_steps must be an integer from"),
    ({"num_steps": None}, "num_steps must be an integer from"),
]


@pytest.mark.parametrize(
    ("experiment", "change", "said"),
    [(experiment, *row) for experiment in (q1, q2) for row in SETTINGS_REFUSED]
    + [
        (q1, {"final_correlation": value}, "final_correlation must be a number from")
        for value in (-0.1, 0.6, math.nan, "0.1", [0.1])
    ]
    + [(q2, {"num_steps": 50}, "num_steps must be an integer from 51 to 1000")],
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
    ({**other_weights(), "more": torch.zeros(1)}, "more is not one of its names"),
    ({**other_weights(), "norm.bias": torch.zeros(9)}, r"norm.bias has shape \[9\], not \[8\]"),
    ({**other_weights(), "blocks.0.time.weight": torch.zeros(())}, r"has shape \[\], not \[8, 8\]"),
    ({**other_weights(), "blocks.7.norm.weight": torch.zeros(8)}, "blocks.1.inner.bias is missing"),
    ({key: value for key, value in other_weights().items() if "blocks" not in key}, "0 blocks instead of"),
    (other_weights(depth=13), "13 blocks instead of 1 to 12"),
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


@pytest.fixture(scope="module", params=[True, False], ids=["coins", "grey"])
def judged(request):
    images = handwriting.on_board(coins=request.param)
    return images, Judge(images.train, images.train_labels)


def test_both_judges_know_digits(judged):
    images, judge = judged
    for classify in (judge.by_neighbour, judge.by_law):
        assert (classify(images.test) == images.test_labels).double().mean() > 0.95
    assert (judge.by_neighbour(images.train) == images.train_labels).double().mean() > 0.995  # few are twins
    assert judge.agreement(images.test) > 0.93


def test_judges_part_over_noise_and_over_blends(judged):
    images, judge = judged
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(500, 64, generator=generator).sign()
    pixels = torch.stack([column[torch.randperm(1500, generator=generator)] for column in images.train.T], 1)
    assert judge.agreement(noise) < 0.4 and judge.agreement(pixels) < 0.5
    mean = images.train.mean(dim=0).expand(500, -1)
    assert judge.distance(mean) > judge.distance(pixels) > 5 > 2 > judge.distance(images.test)


def test_nearest_neighbour_is_the_nearest_and_the_first_of_several():
    images = torch.cat([torch.eye(10), 3 * torch.eye(10)]).repeat(2, 1)
    judge = Judge(images, torch.cat([torch.arange(10), torch.arange(10).roll(1)]).repeat(2))
    between = torch.zeros(1, 10)
    between[0, 3] = between[0, 7] = 1
    assert judge.by_neighbour(between).item() == 3
    assert judge.by_neighbour(1.5 * torch.eye(10)[[4, 9]]).tolist() == [4, 9]
    assert judge.by_neighbour(2.5 * torch.eye(10)[[4, 9]]).tolist() == [3, 8]


def test_distance_of_normal_laws(judged):
    images, judge = judged
    train = images.train.double()
    variance = torch.cov(train.T).trace().item()
    mean = train.mean(dim=0)
    assert judge.distance(images.train) == pytest.approx(0, abs=1e-5)
    assert judge.distance(train + 0.25) == pytest.approx(64 / 16, abs=1e-5)
    assert judge.distance(mean + 3 * (train - mean)) == pytest.approx(4 * variance, rel=1e-6)
    noisy = train @ torch.randn(64, 64, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    first, second = torch.cov(train.T).numpy(), torch.cov(noisy.T).numpy()
    shared = np.sqrt(np.linalg.eigvals(first @ second).real.clip(min=0)).sum()
    means = (mean - noisy.mean(dim=0)).square().sum().item()
    assert judge.distance(noisy) == pytest.approx(
        means + first.trace() + second.trace() - 2 * shared, rel=1e-4
    )


def test_experiments_import_neither_scikit_learn_nor_matplotlib():
    code = (
        "import sys; from solutions.given.experiments import q1, q2;"
        "print([name for name in ('sklearn', 'matplotlib', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
