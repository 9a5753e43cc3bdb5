"""Question 3(b): what an exit costs, and what a threshold buys."""

import pytest
import torch

from tests.support.compare import assert_close, assert_true
from tests.support.tuples import parts

NET = "early_exit.resnet.EarlyExitResNet"


@pytest.mark.task("early_exit.macs.conv2d_macs")
def test_macs_of_a_convolution(hw):
    """A 3x3 convolution from 3 to 16 channels with an output of 32x32."""
    # Each of the 16 * 32 * 32 outputs takes 3 * 3 * 3 products.
    got = hw("early_exit.macs.conv2d_macs")(3, 16, 3, 32, 32)
    assert_close(
        got, 16 * 32 * 32 * 27, rtol=0.0, atol=0.0, hint="How many products make one number of the output?"
    )


@pytest.mark.task("early_exit.macs.conv2d_macs")
def test_macs_of_a_grouped_convolution(hw):
    """Four groups need a quarter of the products; a kernel may be oblong."""
    # Each of the 8 * 5 * 7 outputs takes (12 / 4) * 1 * 3 products.
    got = hw("early_exit.macs.conv2d_macs")(12, 8, (1, 3), 5, 7, groups=4)
    assert_close(
        got, 8 * 5 * 7 * 9, rtol=0.0, atol=0.0, hint="How many input channels does one output channel see?"
    )


@pytest.mark.task("early_exit.macs.exit_macs")
def test_macs_of_a_tiny_network(hw):
    """One stage of one block and one head, counted by hand."""
    # On 6x5 pixels: stem 30 * 9 * 1 * 2 = 540, the block's two convolutions 30 * 9 * 2 * 2 = 1080 each, head 2 * 3 = 6.
    net = hw.module(NET, num_classes=3, width=2, blocks=(1,), in_channels=1, exits=())
    got = hw("early_exit.macs.exit_macs")(net, (1, 6, 5))
    assert_close(got, torch.tensor([540 + 2 * 1080 + 6]), hint="Stem, both convolutions of the block, head.")


@pytest.mark.task("early_exit.macs.exit_macs")
def test_macs_of_the_baseline(hw):
    """ResNet-18 of width 64 on 32x32 pixels has 0.56 billion."""
    net = hw.module(NET, exits=())
    # As PyTorch's own counter of operations says (which counts a multiply and an add as two).
    hint = "The 1x1 convolutions of the shortcuts count, and stages 2 to 4 halve the image."
    assert_close(hw("early_exit.macs.exit_macs")(net, (3, 32, 32)), torch.tensor([555_422_720]), hint=hint)


@pytest.mark.task("early_exit.macs.mac_ratio")
def test_ratio_of_the_means(hw):
    """Two images at 100 and two at 300 cost 200 on average."""
    got = hw("early_exit.macs.mac_ratio")(torch.tensor([0, 1, 1, 0]), torch.tensor([100, 300]), 500)
    assert_close(got, 500 / 200, hint="Baseline above, early exit below; average the prices, not the ratios.")


@pytest.mark.task("early_exit.macs.threshold_sweep")
def test_sweep_at_three_thresholds(hw):
    """Nobody, some, everybody leaves early: worked by hand."""
    # Image 0 is certain and right at exit 0 (entropy 0, which is not below 0); image 1 is unsure (entropy log 2) and
    # wrong there. Both are right at exit 1.
    logits = torch.tensor([[[1000.0, 0.0], [0.01, 0.0]], [[50.0, 0.0], [0.0, 50.0]]])
    labels, macs = torch.tensor([0, 1]), torch.tensor([10, 40])
    accuracy, ratio = parts(
        hw("early_exit.macs.threshold_sweep")(logits, labels, macs, 40, [0.0, 0.5, 1.0]),
        2,
        "accuracy, mac_ratio",
    )
    # Prices: 40 and 40; 10 and 40; 10 and 10.
    hint = "At each threshold, every image has one exit: its prediction there counts, and its price."
    expected = torch.tensor([[1.0, 1.0, 0.5], [1.0, 40 / 25, 4.0]], dtype=torch.float64)
    assert_close(accuracy, expected[0], hint=hint, what="the accuracy", rtol=1e-6)
    assert_close(ratio, expected[1], hint=hint, what="the MAC ratio", rtol=1e-6)


@pytest.mark.task("early_exit.macs.best_threshold")
def test_largest_tolerance_that_beats_the_small_network(hw):
    """Of the thresholds that beat the small network, the largest; None if there is none."""
    function = hw("early_exit.macs.best_threshold")
    thresholds, accuracy = [0.1, 0.3, 0.5, 0.8], [0.97, 0.96, 0.95, 0.90]
    assert_close(
        function(thresholds, accuracy, 0.94), 0.5, hint="Larger is cheaper; it still has to beat it."
    )
    assert_true(function(thresholds, accuracy, 0.99) is None, "no threshold beats 0.99, so None is due")
