"""The training of question 3's experiment: seeded, searched, and on photographs as well."""

from dataclasses import asdict, replace

import pytest
import torch

from solutions.given.data import cifar, warped_digits
from solutions.given.experiments import artifact, q3, q3_data, q3_networks, q3_search
from solutions.given.training import early_exit
from solutions.given.training.loop import QUIET
from tests.harness.early_exit_runs import TINY, assert_same_bits

pytestmark = pytest.mark.usefixtures("own_random_state")


@pytest.fixture(scope="module")
def trained():
    with torch.random.fork_rng(devices=[]):
        return q3.train(TINY, 0, "cpu")


def test_fewer_images_than_a_batch_are_refused():
    images, labels = warped_digits.warped_digits(15, 0, 16)
    network = early_exit.first_network(2, (1, 1), 1, (), 0)
    with pytest.raises(ValueError, match="15 images do not fill a batch of 16"):
        early_exit.fit(network, images, labels, [1.0], 1, 16, 0.01, 0)


def test_all_is_seeded(trained):
    assert_same_bits(trained, q3.train(TINY, 0, "cpu"))
    other = q3.train(TINY, 1, "cpu")
    assert other.data != trained.data
    assert not torch.equal(other.weights["small.stem.0.weight"], trained.weights["small.stem.0.weight"])


def test_curves_have_a_value_an_epoch_and_fit_a_card(trained):
    assert trained.curves["search_accuracy"] and len(trained.curves["early_exit_first_accuracy"]) == 2
    assert "baseline_first_accuracy" not in trained.curves  # it has no other exit than its final one
    assert {f"{name}_final_accuracy" for name in q3_networks.NETWORKS} < set(trained.curves)


def test_search_never_sees_what_judges_it_nor_validation_images(monkeypatch):
    data = q3_data.training(TINY, 0)
    seen, judged = [], []
    fit, logits = early_exit.fit, q3_networks.logits

    def watched_fit(network, images, *arguments):
        seen.append(images)
        return fit(network, images, *arguments)

    def watched_logits(network, part):
        judged.append(part.images)
        return logits(network, part)

    monkeypatch.setattr(early_exit, "fit", watched_fit)
    monkeypatch.setattr(q3_networks, "logits", watched_logits)
    runs = q3_search.search(TINY, data, 0, QUIET)
    assert len(runs) == len(seen) == len(judged) == 2
    assert torch.equal(seen[0], data.images[:32]) and torch.equal(judged[0], data.images[32:])


def test_best_run_is_chosen_marked_and_trained_with(monkeypatch):
    runs = [
        q3_search.Run(0.01, 0.3, 0.80, 0.99, 0.99),
        q3_search.Run(0.02, 1.0, 0.82, 0.70, 0.90),
        q3_search.Run(0.04, 1.0, 0.82, 0.70, 0.90),
    ]
    assert q3_search.chosen(TINY, runs) == (0.02, 1.0)
    *_, first, second, third = q3_search.table(runs).splitlines()
    assert not first.endswith("best") and second.endswith("best") and not third.endswith("best")
    used = []
    monkeypatch.setattr(q3_search, "search", lambda *_: runs)
    monkeypatch.setattr(early_exit, "fit", lambda *arguments: used.append(arguments[3:7]) or {})
    q3.train(TINY, 0, "cpu")
    assert used == [([1.0], 2, 16, 0.02), ([1.0, 1.0, 1.0, 1.0], 2, 16, 0.02), ([1.0], 2, 16, 0.02)]


def test_nothing_is_searched_where_nothing_is_to_be_chosen():
    one = replace(TINY, learning_rates=(0.01,), search_images=10_000)
    assert q3_search.search(one, q3_data.training(one, 0), 0, QUIET) == []
    assert q3_search.chosen(one, []) == (0.01, 0.3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 17}, "width may be 16 at most, got 17"),
        ({"search_images": 33}, "needs twice as many, and there are 64"),
        ({"data": "mnist"}, "data must be 'warped_digits' or 'cifar10', got 'mnist'"),
        ({"image_size": 28}, "image_size must be 16 or 32, got 28"),
        ({"later_weights": ()}, "must each name one value at least"),
    ],
)
def test_odd_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        q3.train(replace(TINY, **change), 0, "cpu")


@pytest.mark.parametrize(("preset", "limit"), [("quick", 240_000), ("full", 8_000_000)])
def test_artifact_is_small_enough_to_be_handed_in(tmp_path, preset, limit):
    width = q3.PRESETS[preset].width
    networks = {
        name: early_exit.first_network(width, blocks, 1, exits, 0)
        for name, (blocks, exits) in q3_networks.NETWORKS.items()
    }
    artifact.save("early_exit", q3_networks.joined(networks), tmp_path, tmp_path / "replaced")
    assert (tmp_path / "early_exit.safetensors").stat().st_size <= limit


def test_cifar_takes_the_same_way_with_augmentation(monkeypatch, tmp_path):
    asked = []

    def load(split, folder, download):
        asked.append((split, folder, download))
        generator = torch.Generator().manual_seed(len(split))
        labels = torch.randint(10, (150,), generator=generator)
        return torch.randint(256, (150, 3, 32, 32), generator=generator).byte(), labels

    monkeypatch.setattr(cifar, "load", load)
    drawn = []
    augmented = cifar.augmented
    monkeypatch.setattr(cifar, "augmented", lambda *arguments: drawn.append(1) or augmented(*arguments))
    settings = replace(TINY, data="cifar10", folder="here", download=True, epochs=1)
    found = q3.train(settings, 0, "cpu")
    assert len(drawn) == 2 * 4 + 3 * 4  # each batch of the search and of the three networks
    assert found.weights["small.stem.0.weight"].shape == (2, 3, 3, 3)
    q3.measure_real(found.weights, asdict(settings))
    assert asked == [("train", "here", True), ("test", "here", True)]
    with pytest.raises(ValueError, match="another architecture"):
        q3.measure(found.weights, asdict(TINY))
