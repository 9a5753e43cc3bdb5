"""Question 3(b): prices of exits, and what a threshold buys."""

import pytest
import torch

from tests.oracles import early_exit as oracle
from tests.oracles.early_exit_macs import network_macs
from tests.support.compare import assert_close, assert_tensor, assert_true
from tests.support.random_weights import random_state
from tests.support.tuples import parts

NET = "early_exit.resnet.EarlyExitResNet"


@pytest.mark.task("early_exit.macs.conv2d_macs")
@pytest.mark.parametrize("groups", [1, 2, 6])
def test_convolution_counted_one_by_one(hw, groups):
    """A count of every product; oblong kernel and output; up to depthwise."""
    count = 0
    for _ in range(5 * 7):  # places of the output
        for _ in range(12):  # its channels
            for _ in range(6 // groups):  # channels that one of them sees
                count += 3 * 2
    got = hw("early_exit.macs.conv2d_macs")(6, 12, (3, 2), 5, 7, groups)
    assert_close(
        got, count, rtol=0.0, atol=0.0, hint="Each output number: how many products? And how many numbers?"
    )


@pytest.mark.task("early_exit.macs.conv2d_macs")
def test_count_of_a_large_convolution_is_exact(hw):
    """Large counts are exact integers."""
    got = hw("early_exit.macs.conv2d_macs")(1001, 1003, 7, 1009, 1013)
    assert_true(isinstance(got, int) and not isinstance(got, bool), "the count is not an int", failure="type")
    assert_true(
        got == 1001 * 1003 * 49 * 1009 * 1013, "a large count is not exact", hint="Integers, no floats."
    )


@pytest.mark.task("early_exit.macs.exit_macs")
@pytest.mark.parametrize(
    ("blocks", "exits", "size"),
    [((2, 1, 1, 2), (1, 2, 3), (16, 16)), ((1, 1, 1), (2,), (13, 9)), ((2, 1), (), (8, 10))],
)
def test_every_exit_pays_for_what_it_used(hw, blocks, exits, size):
    """Stages up to the exit, its own head, and the heads before; odd and oblong images."""
    net = hw.module(NET, num_classes=3, width=4, blocks=blocks, in_channels=2, exits=exits)
    expected = network_macs(3, 4, blocks, 2, exits, size)
    hint = "What has an image been through when it leaves there? Do not forget the heads that it passed, or shortcuts."
    assert_close(hw("early_exit.macs.exit_macs")(net, (2, *size)), expected, rtol=0.0, atol=0.0, hint=hint)


@pytest.mark.task("early_exit.macs.exit_macs")
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_counting_leaves_no_trace(hw, mode):
    """Counting changes neither weights, buffers nor mode, and says the same twice."""
    net = hw.module(NET, num_classes=3, width=2, blocks=(1, 1), in_channels=1, exits=(1,))
    net.load_state_dict(random_state(net.state_dict(), hw.generator()))
    net.train() if mode == "train" else net.eval()
    before = net.state_dict()
    before = {name: value.clone() for name, value in before.items()}
    first, second = (hw("early_exit.macs.exit_macs")(net, (1, 8, 8)) for _ in range(2))
    assert_tensor(first, shape=(2,), what="the count")
    assert_close(second, first, hint="Is something left behind that counts along?", what="the second count")
    after = net.state_dict()
    same = all(torch.equal(after[name], value) for name, value in before.items())
    hint = "A forward pass in training mode moves BatchNorm's running statistics."
    assert_true(same, "counting changes the model's weights or buffers", hint=hint)
    net(torch.randn(3, 1, 8, 8, generator=hw.generator()))
    moved = int(net.state_dict()["stem.1.num_batches_tracked"]) == 1
    assert_true(
        moved == (mode == "train"), "counting leaves the model in another mode", hint="Put it back as it was."
    )


@pytest.mark.task("early_exit.macs.mac_ratio")
def test_ratio(hw):
    """Many images, unequal prices, a baseline that is none of them."""
    prices = torch.tensor([167_772_163, 310_000_007, 555_422_720])
    chosen = torch.randint(3, (40,), generator=hw.generator())
    expected = 500_000_001 / (sum(prices[i].item() for i in chosen.tolist()) / 40)
    got = hw("early_exit.macs.mac_ratio")(chosen, prices, 500_000_001)
    assert_close(
        got,
        expected,
        hint="Which mean: of the prices or of the ratios? And which of the two is on top?",
        rtol=1e-5,
    )
    one = hw("early_exit.macs.mac_ratio")(torch.tensor([2]), prices, 500_000_001)
    assert_close(
        one, 500_000_001 / 555_422_720, rtol=1e-5, hint="A batch of one that pays more than the baseline."
    )
    small = hw("early_exit.macs.mac_ratio")(torch.tensor([0, 1, 1]), torch.tensor([1, 2]), 3)
    assert_close(small, 1.8, rtol=1e-5, hint="Prices are whole numbers; need their mean be one?")


def _sweep(logits, labels, prices, baseline, thresholds):
    accuracy, ratio = [], []
    entropies = oracle.entropies(logits)
    for threshold in thresholds:
        chosen = oracle.exit_index(entropies, threshold).tolist()
        right = [int(logits[i, b].argmax()) == int(labels[b]) for b, i in enumerate(chosen)]
        accuracy.append(sum(right) / len(right))
        ratio.append(baseline * len(chosen) / sum(prices[i].item() for i in chosen))
    return torch.tensor(accuracy, dtype=torch.float64), torch.tensor(ratio, dtype=torch.float64)


@pytest.mark.task("early_exit.macs.threshold_sweep")
@pytest.mark.parametrize("as_tensor", [False, True])
def test_sweep(hw, as_tensor):
    """Thresholds in no order, most of them tell images apart; a list or a tensor of them."""
    logits = 2 * torch.randn(3, 30, 5, generator=hw.generator(), dtype=torch.float64)
    labels = torch.randint(5, (30,), generator=hw.generator())
    prices, thresholds = torch.tensor([100, 250, 700]), [0.75, 0.0, 5.0, 0.25, 1.25]
    expected = _sweep(logits, labels, prices, 650, thresholds)
    asked = torch.tensor(thresholds, dtype=torch.float64) if as_tensor else thresholds
    accuracy, ratio = parts(
        hw("early_exit.macs.threshold_sweep")(logits, labels, prices, 650, asked), 2, "accuracy, mac_ratio"
    )
    hint = (
        "Every image is judged, and paid for, at its own exit. Results stand in the order of the thresholds."
    )
    assert_close(accuracy, expected[0], hint=hint, what="the accuracy", rtol=1e-6)
    assert_close(ratio, expected[1], hint=hint, what="the MAC ratio", rtol=1e-6)


@pytest.mark.task("early_exit.macs.threshold_sweep")
def test_sweep_of_one_exit(hw):
    """A network without early exits: the threshold changes nothing; double precision and a transposed tensor."""
    logits = torch.randn(9, 1, 4, generator=hw.generator(), dtype=torch.float64).transpose(0, 1)
    labels, prices = torch.randint(4, (9,), generator=hw.generator()), torch.tensor([300])
    expected = _sweep(logits, labels, prices, 600, [0.1, 9.0])
    accuracy, ratio = parts(
        hw("early_exit.macs.threshold_sweep")(logits, labels, prices, 600, [0.1, 9.0]),
        2,
        "accuracy, mac_ratio",
    )
    hint = "With one exit everybody leaves there."
    assert_close(accuracy, expected[0], hint=hint, what="the accuracy", rtol=1e-6)
    assert_close(
        ratio, expected[1], hint="Baseline above, early exit below.", what="the MAC ratio", rtol=1e-6
    )


@pytest.mark.task("early_exit.macs.best_threshold")
def test_order_of_the_list_says_nothing(hw):
    """Thresholds in no order, an accuracy that rises, dips and recovers."""
    thresholds, accuracy = [0.8, 0.1, 0.5, 0.3, 0.6], [0.90, 0.96, 0.93, 0.97, 0.955]
    hint = "The largest threshold that beats the small network, wherever it stands in the list."
    got = hw("early_exit.macs.best_threshold")
    assert_close(got(thresholds, accuracy, 0.95), 0.6, hint=hint)
    tensors = (torch.tensor(values, dtype=torch.float64) for values in (thresholds, accuracy))
    assert_close(got(*tensors, 0.957), 0.3, hint=hint)
    assert_close(got(thresholds, accuracy, 0.5), 0.8, hint=hint)


@pytest.mark.task("early_exit.macs.best_threshold")
def test_equal_is_not_better(hw):
    """To equal the small network is not to beat it; a threshold of 0 is a threshold."""
    got = hw("early_exit.macs.best_threshold")
    assert_close(got([0.25, 0.5], [0.75, 0.5], 0.5), 0.25, hint="Beats means: strictly above.")
    assert_true(got([0.25, 0.5], [0.5, 0.5], 0.5) is None, "nothing beats the small network, so None is due")
    assert_close(got([0.0, 0.5], [0.75, 0.5], 0.5), 0.0, hint="0 and None are two things.", atol=1e-12)
