"""What the experiment of question 3 measures, on its own weights and on anybody's."""

from dataclasses import asdict

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from solutions.early_exit import inference, macs
from solutions.given.data import warped_digits
from solutions.given.experiments import q3, q3_data, q3_networks
from solutions.given.experiments.q3_sweep import TOLERANCES, Sweep
from solutions.given.training import early_exit
from tests.harness.early_exit_runs import LEARNING, TINY

pytestmark = pytest.mark.usefixtures("own_random_state")


@pytest.fixture(scope="module", autouse=True)
def few_validation_images():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(q3_data, "NUM_VALIDATION", 500)
        yield


@pytest.fixture(scope="module")
def weights():
    with torch.random.fork_rng(devices=[]):
        found = q3.train(LEARNING, 0, "cpu").weights
    return {name: value.half().float() for name, value in found.items()}


@pytest.fixture(scope="module")
def measured(weights):
    return q3.measure(weights, asdict(TINY))


# --------------------------------------------------------------------------------------------------- what is measured


def test_figures_are_those_of_a_plain_count(monkeypatch, weights):
    """Accuracies, exits, confidence and MACs again, image after image and by torch's own counter."""
    monkeypatch.setattr(Sweep, "chosen", 1.4)  # where each exit is taken by some
    found = q3.measure(weights, asdict(LEARNING)).metrics
    assert (
        found["full_accuracy"] > 0.3 and min(found[f"exit_{number}_share"] for number in (1, 2, 3, 4)) > 0.05
    )
    images, labels = warped_digits.warped_digits(500, 10_000, 16, "test")
    networks = q3_networks.rebuilt(weights, 1, 16)
    cost, right = {}, {}
    for name, network in networks._asdict().items():
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(images[:1])
        cost[name] = counter.get_total_flops() / 2
        with torch.no_grad():
            right[name] = (network(images)[-1].argmax(-1) == labels).double().mean().item()
    assert found["baseline_accuracy"] == pytest.approx(right["baseline"], abs=1e-3)
    assert found["full_accuracy"] == pytest.approx(right["early_exit"], abs=1e-3)
    assert found["small_accuracy"] == pytest.approx(right["small"], abs=1e-3)
    assert found["small_mac_ratio"] == pytest.approx(cost["baseline"] / cost["small"])

    with torch.no_grad():
        probabilities = networks.early_exit(images).double().softmax(-1)  # (E, N, K)
    entropies = torch.special.entr(probabilities).sum(-1)
    left, good, sure = [], [], []
    for image in range(len(images)):
        number = 0
        while number < 3 and entropies[number, image] >= found["tolerance"]:
            number += 1
        left.append(number)
        sure.append(probabilities[number, image].max().item())
        good.append(probabilities[number, image].argmax().item() == labels[image].item())
    shares = [left.count(number) / len(left) for number in range(4)]
    assert [found[f"exit_{number}_share"] for number in range(1, 5)] == pytest.approx(shares, abs=1e-3)
    assert found["accuracy"] == pytest.approx(sum(good) / len(good), abs=1e-3)
    early = [value for value, number in zip(sure, left, strict=True) if number < 3]
    late = [value for value, number in zip(sure, left, strict=True) if number == 3]
    assert found["early_confidence"] == pytest.approx(sum(early) / max(1, len(early)), abs=1e-3)
    assert found["late_confidence"] == pytest.approx(sum(late) / max(1, len(late)), abs=1e-3)


def test_answers_are_the_metrics_of_parts_i_to_vi(measured):
    metrics, answers = measured.metrics, measured.answers
    assert answers == {
        "q3b_i_accuracy": pytest.approx(metrics["baseline_accuracy"], abs=1e-4),
        "q3b_ii_accuracy": pytest.approx(metrics["full_accuracy"], abs=1e-4),
        "q3b_iii_exit_shares": pytest.approx([metrics[f"exit_{n}_share"] for n in (1, 2, 3, 4)], abs=1e-4),
        "q3b_iii_early_confidence": pytest.approx(metrics["early_confidence"], abs=1e-4),
        "q3b_iii_late_confidence": pytest.approx(metrics["late_confidence"], abs=1e-4),
        "q3b_iv_mac_ratio": pytest.approx(metrics["mac_ratio"], abs=1e-4),
        "q3b_iv_spike_tolerance": metrics["spike_tolerance"],
        "q3b_v_accuracy": pytest.approx(metrics["small_accuracy"], abs=1e-4),
        "q3b_vi_tolerance": metrics["beating_tolerance"],
    }


def test_measuring_is_reproducible_and_another_seed_draws_other_digits(weights, measured):
    state = torch.get_rng_state()
    assert q3.measure(weights, asdict(TINY)).metrics == measured.metrics
    assert torch.equal(torch.get_rng_state(), state)
    assert q3.measure(weights, asdict(TINY), 11).metrics != measured.metrics


def test_nothing_of_the_training_split_is_measured_on(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        q3_data.warped_digits, "warped_digits", lambda *arguments: drawn.append(arguments) or (None, None)
    )
    q3_data.training(TINY, 7)
    q3_data.validation(asdict(TINY), 7)
    assert drawn == [(64, 7, 16, "train"), (500, 10_007, 16, "test")]


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (macs, "mac_ratio", lambda *_: 1.0),
        (macs, "exit_macs", lambda *_: torch.tensor([1, 2, 3, 4])),
        (macs, "best_threshold", lambda *_: 1.0),
        (macs, "threshold_sweep", lambda *_: (torch.zeros(47), torch.arange(47.0))),
        (inference, "infer", lambda _, x, __: (torch.zeros(len(x), 10), torch.zeros(len(x)).long())),
    ],
)
def test_wrong_function_shows(monkeypatch, weights, measured, module, name, wrong):
    monkeypatch.setattr(module, name, wrong)
    assert q3.measure(weights, asdict(TINY)).metrics != measured.metrics


def test_curves_pictures_and_texts_are_whole(measured):
    for curve in measured.curves:
        assert all(len(values) == len(curve.x) for values in curve.lines.values())
    clock = measured.curves[-1]
    assert clock.x == clock.lines["if time were MACs"] == sorted(clock.x) and min(clock.lines["measured"]) > 0
    for picture in measured.pictures:
        assert picture.images.shape == (4 * picture.columns, 16, 16)
        assert picture.images.min() >= 0 and picture.images.max() <= 1
    assert len(measured.texts["sweep"].splitlines()) == 1 + len(TOLERANCES)
    assert not {name for name in measured.metrics if "second" in name or "clock" in name}


# --------------------------------------------------------------------------------------------------- anybody's weights


def changed(weights, **changes):
    """Other weights; `__` stands for a dot, None takes away."""
    new = {**weights, **{name.replace("__", "."): value for name, value in changes.items()}}
    return {name: value for name, value in new.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"early_exit__stem__0__weight": None}, "stem.0.weight is missing"),
        ({"early_exit__stem__0__weight": torch.zeros(2, 1)}, r"width of 1 to 16"),
        ({"early_exit__stem__0__weight": torch.zeros(17, 1, 3, 3)}, r"width of 1 to 16"),
        ({"early_exit__stem__0__weight": torch.zeros(0, 1, 3, 3)}, r"width of 1 to 16"),
        ({"early_exit__stem__0__weight": torch.zeros(3, 1, 3, 3)}, r"has shape \[2, 1, 3, 3\], not \[3"),
        ({"early_exit__stem__0__weight": torch.zeros(2, 3, 3, 3)}, r"has shape \[2, 3, 3, 3\], not \[2, 1"),
        ({"small__heads__0__2__weight": None}, "small.heads.0.2.weight is missing"),
        ({"small__stages__0__1__conv1__weight": torch.zeros(1)}, "belongs to none of the three networks"),
        ({"baseline__heads__0__2__weight": torch.zeros(11, 16)}, r"shape \[11, 16\], not \[10, 16\]"),
        ({"baseline__heads__0__2__weight": torch.full((10, 16), torch.nan)}, "no finite values"),
        ({"baseline__vectors": torch.zeros(3)}, r"baseline.vectors has shape \[3\]"),
    ],
)
def test_other_weights_are_refused_in_a_sentence(weights, changes, message):
    with pytest.raises(ValueError, match=message):
        q3.measure(changed(weights, **changes), asdict(TINY))


@pytest.mark.parametrize(
    "settings",
    [{}, {"data": ["warped_digits"]}, {"data": "warped_digits"}, {"data": "warped_digits", "image_size": 64}],
)
def test_odd_settings_of_a_stranger_are_refused(weights, settings):
    with pytest.raises(ValueError, match="must be"):
        q3.measure(weights, settings)


def test_networks_come_back_whole_but_for_their_counters():
    networks = {
        name: early_exit.first_network(2, blocks, 1, exits, 0)
        for name, (blocks, exits) in q3_networks.NETWORKS.items()
    }
    for network in networks.values():
        network(torch.randn(8, 1, 16, 16))  # running statistics of their own, and counters at 1
    again = q3_networks.rebuilt(q3_networks.joined(networks), 1, 16)._asdict()
    for name, network in networks.items():
        assert not again[name].training
        for key, value in again[name].state_dict().items():
            counter = key.endswith("num_batches_tracked")
            assert value == 0 if counter else torch.equal(value, network.state_dict()[key])
