"""The experiment of question 3: resumed with the same bits, measured on anybody's weights, its rules worked by hand."""

from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import pairwise

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from solutions.early_exit import inference, loss, macs
from solutions.given.data import cifar, warped_digits
from solutions.given.experiments import artifact, q3, q3_data, q3_exits, q3_networks, q3_search
from solutions.given.experiments.q3_sweep import TOLERANCES, Sweep
from solutions.given.training import early_exit
from solutions.given.training.loop import QUIET, Loop

TINY = replace(
    q3.PRESETS["quick"],
    image_size=16,
    num_images=64,
    width=2,
    epochs=2,
    batch_size=16,
    learning_rates=(0.01, 0.02),
    later_weights=(0.3,),
    search_images=32,
    search_epochs=2,
)
# Enough to tell some digits apart.
LEARNING = replace(TINY, num_images=256, epochs=4, learning_rates=(0.03,), later_weights=(1.0,))
STEPS = {"search_1": 4, "search_2": 4, "baseline": 8, "early_exit": 8, "small": 8}  # in the order of training


@pytest.fixture(autouse=True)
def own_random_state():
    with torch.random.fork_rng(devices=[]):
        yield


@pytest.fixture(scope="module")
def trained():
    with torch.random.fork_rng(devices=[]):
        return q3.train(TINY, 0, "cpu")


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


# ------------------------------------------------------------------------------------- interrupted and gone on with


class Interrupted(Exception):
    """Stands for the student's Ctrl-C."""


@contextmanager
def noisy_loss():
    """A student's loss that draws from the global generator. What it gives interrupts the n-th call from then on."""
    real, left = loss.early_exit_loss, []

    def noisy(*arguments):
        if left:
            left[0] -= 1
            if left[0] == 0:
                left.clear()
                raise Interrupted
        return real(*arguments) * (1 + 0.1 * torch.rand(()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loss, "early_exit_loss", noisy)
        yield left.append


@pytest.fixture
def stop():
    with noisy_loss() as stop:
        yield stop


@pytest.fixture(scope="module")
def whole():
    """What training gives that nothing interrupts."""
    with noisy_loss(), torch.random.fork_rng(devices=[]):
        return q3.train(TINY, 0, "cpu")


def assert_same_bits(first, second):
    assert first.weights.keys() == second.weights.keys()
    assert all(torch.equal(value, second.weights[name]) for name, value in first.weights.items())
    assert (first.curves, first.data, first.texts) == (second.curves, second.data, second.texts)


@pytest.mark.parametrize("place", range(len(STEPS)), ids=list(STEPS))
@pytest.mark.parametrize("seconds", [0, pytest.param(1000, marks=pytest.mark.slow)])
def test_interrupted_in_any_loop_it_ends_with_the_same_bits(tmp_path, stop, whole, place, seconds):
    torch.manual_seed(99)  # a new process has another random state
    stop(sum(list(STEPS.values())[:place]) + 4)
    with pytest.raises(Interrupted):
        q3.train(TINY, 0, "cpu", Loop(tmp_path, seconds))
    assert {file.stem for file in tmp_path.glob("*.pt")} == set(list(STEPS)[: place + (seconds == 0)])
    torch.manual_seed(98)
    assert_same_bits(whole, q3.train(TINY, 0, "cpu", Loop(tmp_path, seconds)))


@pytest.mark.parametrize(
    "stop_at", [1, 3, 4, 7]
)  # within the first pass over the images, between passes, in the second
def test_interrupted_while_it_draws_augmentations_it_ends_with_the_same_bits(tmp_path, stop, stop_at):
    def fit(loop):
        torch.manual_seed(0)
        network = early_exit.first_network(2, (1, 1), 1, (1,), 0)
        images, labels = warped_digits.warped_digits(128, 0, 16)

        def prepare(images, generator):
            return images + torch.randn(images.shape, generator=generator)

        history = early_exit.fit(
            network, images, labels, [1, 1], 2, 32, 0.01, 0, loop, "toy", prepare=prepare
        )
        return network.state_dict(), history

    weights, history = fit(QUIET)
    stop(stop_at + 1)
    with pytest.raises(Interrupted):
        fit(Loop(tmp_path, seconds=0))
    again, history_again = fit(Loop(tmp_path, seconds=0))
    assert history == history_again and len(history["loss"]) == 2
    assert all(torch.equal(value, again[name]) for name, value in weights.items())


def test_fewer_images_than_a_batch_are_refused():
    images, labels = warped_digits.warped_digits(15, 0, 16)
    network = early_exit.first_network(2, (1, 1), 1, (), 0)
    with pytest.raises(ValueError, match="15 images do not fill a batch of 16"):
        early_exit.fit(network, images, labels, [1.0], 1, 16, 0.01, 0)


# ----------------------------------------------------------------------------------------------------- what is trained


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
        ({"width": 17}, "width must be at most 16, got 17"),
        ({"search_images": 33}, "needs twice as many, and there are 64"),
        ({"data": "mnist"}, "data must be 'warped_digits' or 'cifar10', got 'mnist'"),
        ({"image_size": 28}, "image_size must be 16 or 32, got 28"),
        ({"later_weights": ()}, "must each have at least one value"),
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


# --------------------------------------------------------------------------------------------------- rules, by hand


def swept(accuracy, ratio):
    """A sweep with given values at the first tolerances and worthless ones after."""
    rest = len(TOLERANCES) - len(accuracy)
    return Sweep(accuracy + [0.1] * rest, ratio + [ratio[-1]] * rest)


def test_chosen_tolerance_loses_less_than_a_point():
    sweep = swept([0.900, 0.905, 0.889, 0.891, 0.885], [1, 1.2, 1.4, 1.6, 1.9])
    assert sweep.chosen == 0.15  # .891; .885 has lost more, and that .889 had in between is no matter


def test_spike_is_the_tolerance_after_the_largest_jump():
    assert swept([0.9] * 5, [1, 1.2, 1.9, 2.0, 2.5]).spike == 0.10


def test_tolerance_that_still_beats_a_small_net():
    sweep = swept([0.90, 0.89, 0.88, 0.87], [1, 2, 3, 4])
    assert sweep.beating(0.875) == 0.10
    assert sweep.beating(0.89) == 0.0  # to equal is not to beat
    assert sweep.beating(0.95) == 0.0  # nothing does


def test_accuracy_at_a_mac_ratio():
    sweep = swept([0.90, 0.89, 0.88, 0.87], [1, 1.7, 1.8, 4])
    assert sweep.at_ratio(1.8) == (0.10, 0.88)
    assert sweep.at_ratio(9) == (TOLERANCES[-1], 0.1)


def test_tolerances_run_from_nobody_to_everybody_in_equal_steps():
    assert TOLERANCES[0] == 0 and 2.25 < TOLERANCES[-1] < torch.tensor(10.0).log()
    assert [round(b - a, 9) for a, b in pairwise(TOLERANCES)] == [0.05] * 46


def test_who_leaves_where():
    left = q3_exits.Leaving(
        exits=torch.tensor([0, 3, 1, 0]),
        entropy=torch.tensor([0.2, 1.5, 0.3, 0.1]),
        confidence=torch.tensor([0.9, 0.4, 0.8, 1.0]),
        right=torch.tensor([True, False, True, True]),
        count=4,
    )
    assert left.accuracy == 0.75 and left.shares == [0.5, 0.25, 0.0, 0.25]
    assert left.early_confidence == pytest.approx(0.9) and left.late_confidence == pytest.approx(0.4)
    ramp = torch.linspace(0, 1, 9).view(3, 3)
    images = torch.stack([ramp, ramp.flip(0), ramp.T, ramp.flip(1)])[:, None]
    easiest, hardest = q3_exits.pictures(left, 2 * images - 1)
    rows = easiest.images.view(4, q3_exits.COLUMNS, 3, 3)
    assert torch.allclose(rows[0, 0], images[3, 0]) and torch.allclose(rows[0, 1], images[0, 0])
    assert torch.allclose(rows[3, 0], images[1, 0]) and torch.allclose(rows[1, 0], images[2, 0])
    assert (rows[2] == 0.5).all() and (rows[0, 2:] == 0.5).all()
    assert torch.allclose(hardest.images[0], images[0, 0]) and torch.allclose(hardest.images[1], images[3, 0])


def test_confidence_of_nobody_is_zero():
    nobody = torch.zeros(0)
    left = q3_exits.Leaving(torch.tensor([3]), nobody, torch.tensor([0.7]), nobody, 4)
    assert left.early_confidence == 0 and left.late_confidence == pytest.approx(0.7)


# --------------------------------------------------------------------------------------------------- photographs


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
