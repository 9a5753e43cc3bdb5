"""Question 3(b): the cost of each exit, and what a threshold saves."""

import pytest
import torch

from tests.support.compare import assert_close, assert_true
from tests.support.tuples import parts

NET = "early_exit.resnet.EarlyExitResNet"


@pytest.mark.task("early_exit.macs.conv2d_macs")
def test_macs_of_a_convolution(hw):
    """The MACs of a 3x3 convolution from 3 to 16 channels with a 32x32 output."""
    # Each of the 16 * 32 * 32 outputs needs 3 * 3 * 3 products.
    got = hw("early_exit.macs.conv2d_macs")(3, 16, 3, 32, 32)
    assert_close(
        got, 16 * 32 * 32 * 27, rtol=0.0, atol=0.0, hint="How many products does one output number need?"
    )


@pytest.mark.task("early_exit.macs.conv2d_macs")
def test_macs_of_a_grouped_convolution(hw):
    """Four groups need a quarter of the products. A kernel can be rectangular."""
    # Each of the 8 * 5 * 7 outputs needs (12 / 4) * 1 * 3 products.
    got = hw("early_exit.macs.conv2d_macs")(12, 8, (1, 3), 5, 7, groups=4)
    assert_close(
        got, 8 * 5 * 7 * 9, rtol=0.0, atol=0.0, hint="How many input channels does one output channel use?"
    )


@pytest.mark.task("early_exit.macs.exit_macs")
def test_macs_of_a_tiny_network(hw):
    """A network with one stage of one block and one head, counted by hand."""
    # On 6x5 pixels: stem 30 * 9 * 1 * 2 = 540, the block's two convolutions 30 * 9 * 2 * 2 = 1080 each, head 2 * 3 = 6.
    net = hw.module(NET, num_classes=3, width=2, blocks=(1,), in_channels=1, exits=())
    got = hw("early_exit.macs.exit_macs")(net, (1, 6, 5))
    hint = "Count the stem, both convolutions of the block, and the head."
    assert_close(got, torch.tensor([540 + 2 * 1080 + 6]), hint=hint)


@pytest.mark.task("early_exit.macs.exit_macs")
def test_macs_of_the_baseline(hw):
    """ResNet-18 of width 64 needs 0.56 billion MACs for 32x32 pixels."""
    net = hw.module(NET, exits=())
    # From PyTorch's own operation counter, which counts a multiply and an add as two operations.
    hint = "The 1x1 convolutions of the shortcuts count too. Stages 2 to 4 halve the image."
    assert_close(hw("early_exit.macs.exit_macs")(net, (3, 32, 32)), torch.tensor([555_422_720]), hint=hint)


@pytest.mark.task("early_exit.macs.mac_ratio")
def test_ratio_of_the_means(hw):
    """Two images cost 100 each and two cost 300 each: 200 on average."""
    got = hw("early_exit.macs.mac_ratio")(torch.tensor([0, 1, 1, 0]), torch.tensor([100, 300]), 500)
    assert_close(got, 500 / 200, hint="The baseline is the numerator. Average the MACs, not the ratios.")


@pytest.mark.task("early_exit.macs.threshold_sweep")
def test_sweep_at_three_thresholds(hw):
    """No image, one image, all images leave early: computed by hand."""
    # At exit 0, image 0 is certain and right (entropy 0, which is not below 0); image 1 is uncertain (entropy log 2)
    # and wrong. At exit 1 both are right.
    logits = torch.tensor([[[1000.0, 0.0], [0.01, 0.0]], [[50.0, 0.0], [0.0, 50.0]]])
    labels, macs = torch.tensor([0, 1]), torch.tensor([10, 40])
    accuracy, ratio = parts(
        hw("early_exit.macs.threshold_sweep")(logits, labels, macs, 40, [0.0, 0.5, 1.0]),
        2,
        "accuracy, mac_ratio",
    )
    # MACs at the three thresholds: 40 and 40; 10 and 40; 10 and 10.
    hint = "At each threshold every image has one exit. Use its prediction and its MACs at this exit."
    expected = torch.tensor([[1.0, 1.0, 0.5], [1.0, 40 / 25, 4.0]], dtype=torch.float64)
    assert_close(accuracy, expected[0], hint=hint, what="the accuracy", rtol=1e-6)
    assert_close(ratio, expected[1], hint=hint, what="the MAC ratio", rtol=1e-6)


@pytest.mark.task("early_exit.macs.best_threshold")
def test_largest_tolerance_that_beats_the_small_network(hw):
    """The result is the largest threshold that beats the small network, or None if no threshold does."""
    function = hw("early_exit.macs.best_threshold")
    thresholds, accuracy = [0.1, 0.3, 0.5, 0.8], [0.97, 0.96, 0.95, 0.90]
    hint = "A larger threshold is cheaper, but it must still beat the small network."
    assert_close(function(thresholds, accuracy, 0.94), 0.5, hint=hint)
    assert_true(function(thresholds, accuracy, 0.99) is None, "no threshold beats 0.99; expected None")
