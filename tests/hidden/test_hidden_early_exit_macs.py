"""Question 3(b): the cost of each exit, and what a threshold saves."""

import pytest
import torch

from tests.oracles import early_exit as oracle
from tests.oracles.early_exit_macs import network_macs
from tests.support.compare import assert_close, assert_tensor, assert_true
from tests.support.random_weights import random_state
from tests.support.tuples import parts

NET = "early_exit.resnet.EarlyExitResNet"


@pytest.mark.task("early_exit.macs.conv2d_macs")
def test_count_of_a_large_convolution_is_exact(hw):
    """Large counts are exact integers."""
    got = hw("early_exit.macs.conv2d_macs")(1001, 1003, 7, 1009, 1013)
    assert_true(isinstance(got, int) and not isinstance(got, bool), "the count is not an int", failure="type")
    assert_true(
        got == 1001 * 1003 * 49 * 1009 * 1013, "a large count is not exact", hint="Use integers, not floats."
    )


@pytest.mark.task("early_exit.macs.exit_macs")
@pytest.mark.parametrize(
    ("blocks", "exits", "size"),
    [((2, 1, 1, 2), (1, 2, 3), (16, 16)), ((1, 1, 1), (2,), (13, 9)), ((2, 1), (), (8, 10))],
)
def test_every_exit_pays_for_what_it_used(hw, blocks, exits, size):
    """An exit costs its stages, its own head and the earlier heads; images have odd sizes and are rectangular."""
    net = hw.module(NET, num_classes=3, width=4, blocks=blocks, in_channels=2, exits=exits)
    expected = network_macs(3, 4, blocks, 2, exits, size)
    hint = "Which layers has an image passed when it leaves there? Do not forget earlier heads and shortcuts."
    assert_close(hw("early_exit.macs.exit_macs")(net, (2, *size)), expected, rtol=0.0, atol=0.0, hint=hint)


@pytest.mark.task("early_exit.macs.exit_macs")
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_counting_leaves_no_trace(hw, mode):
    """Counting does not change weights, buffers or mode, and a second count is the same."""
    net = hw.module(NET, num_classes=3, width=2, blocks=(1, 1), in_channels=1, exits=(1,))
    net.load_state_dict(random_state(net.state_dict(), hw.generator()))
    net.train() if mode == "train" else net.eval()
    before = net.state_dict()
    before = {name: value.clone() for name, value in before.items()}
    first, second = (hw("early_exit.macs.exit_macs")(net, (1, 8, 8)) for _ in range(2))
    assert_tensor(first, shape=(2,), what="the count")
    hint = "Does the first count leave something behind that also counts?"
    assert_close(second, first, hint=hint, what="the second count")
    after = net.state_dict()
    same = all(torch.equal(after[name], value) for name, value in before.items())
    hint = "A forward pass in training mode changes the running statistics of BatchNorm."
    assert_true(same, "counting changes weights or buffers of the model", hint=hint)
    net(torch.randn(3, 1, 8, 8, generator=hw.generator()))
    moved = int(net.state_dict()["stem.1.num_batches_tracked"]) == 1
    hint = "Restore the previous mode."
    assert_true(moved == (mode == "train"), "counting changes the mode of the model", hint=hint)


@pytest.mark.task("early_exit.macs.exit_macs")
def test_a_part_in_evaluation_mode_stays_so(hw):
    """In a network that trains, a part that is kept in evaluation mode is not woken up."""
    net = hw.module(NET, num_classes=3, width=2, blocks=(1, 1), in_channels=1, exits=(1,))
    net.train()
    net.eval("stages.0")
    macs = hw("early_exit.macs.exit_macs")(net, (1, 8, 8))
    assert_true(macs.shape == (2,), "there are two exits", hint="Each part of a network has its own mode.")


def _sweep(logits, labels, macs, baseline, thresholds):
    accuracy, ratio = [], []
    entropies = oracle.entropies(logits)
    for threshold in thresholds:
        chosen = oracle.exit_index(entropies, threshold).tolist()
        right = [int(logits[i, b].argmax()) == int(labels[b]) for b, i in enumerate(chosen)]
        accuracy.append(sum(right) / len(right))
        ratio.append(baseline * len(chosen) / sum(macs[i].item() for i in chosen))
    return torch.tensor(accuracy, dtype=torch.float64), torch.tensor(ratio, dtype=torch.float64)


@pytest.mark.task("early_exit.macs.threshold_sweep")
@pytest.mark.parametrize("as_tensor", [False, True])
def test_sweep(hw, as_tensor):
    """Unsorted thresholds, as a list or a tensor; most of them separate the images."""
    logits = 2 * torch.randn(3, 30, 5, generator=hw.generator(), dtype=torch.float64)
    labels = torch.randint(5, (30,), generator=hw.generator())
    macs, thresholds = torch.tensor([100, 250, 700]), [0.75, 0.0, 5.0, 0.25, 1.25]
    expected = _sweep(logits, labels, macs, 650, thresholds)
    asked = torch.tensor(thresholds, dtype=torch.float64) if as_tensor else thresholds
    accuracy, ratio = parts(
        hw("early_exit.macs.threshold_sweep")(logits, labels, macs, 650, asked), 2, "accuracy, mac_ratio"
    )
    hint = "Use the prediction and the MACs of each image at its own exit. Keep the order of the thresholds."
    assert_close(accuracy, expected[0], hint=hint, what="the accuracy", rtol=1e-6)
    assert_close(ratio, expected[1], hint=hint, what="the MAC ratio", rtol=1e-6)


@pytest.mark.task("early_exit.macs.threshold_sweep")
def test_sweep_of_one_exit(hw):
    """Without early exits the threshold has no effect; also in double precision and for a transposed tensor."""
    logits = torch.randn(9, 1, 4, generator=hw.generator(), dtype=torch.float64).transpose(0, 1)
    labels, macs = torch.randint(4, (9,), generator=hw.generator()), torch.tensor([300])
    expected = _sweep(logits, labels, macs, 600, [0.1, 9.0])
    accuracy, ratio = parts(
        hw("early_exit.macs.threshold_sweep")(logits, labels, macs, 600, [0.1, 9.0]),
        2,
        "accuracy, mac_ratio",
    )
    hint = "If there is one exit, all images leave there."
    assert_close(accuracy, expected[0], hint=hint, what="the accuracy", rtol=1e-6)
    assert_close(ratio, expected[1], hint="The baseline is the numerator.", what="the MAC ratio", rtol=1e-6)


@pytest.mark.task("early_exit.macs.best_threshold")
def test_equal_is_not_better(hw):
    """An accuracy equal to that of the small network does not beat it. A threshold of 0 is valid."""
    got = hw("early_exit.macs.best_threshold")
    assert_close(got([0.25, 0.5], [0.75, 0.5], 0.5), 0.25, hint="To beat means to be strictly above.")
    assert_true(
        got([0.25, 0.5], [0.5, 0.5], 0.5) is None, "no threshold beats the small network; expected None"
    )
    assert_close(got([0.0, 0.5], [0.75, 0.5], 0.5), 0.0, hint="0 and None are different.", atol=1e-12)
