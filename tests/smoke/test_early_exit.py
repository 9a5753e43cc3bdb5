"""A short training run of question 3: an early-exit ResNet of width 8 on 16x16 digits, measured on new digits."""

import pytest
import torch

from tests.support.compare import assert_true
from tests.support.tuples import parts
from tests.support.weights import load_weights

# Bounds: `python -m benchmarks.smoke_spread early_exit` (benchmarks/results/smoke_early_exit.json), five seeds each,
# and fifteen more for the right solution. Lowest values of the right solution, of twenty runs: accuracy .919, first
# exit .882, at the tolerance .923, MAC ratio 1.81 (standard deviations about .011, .013, .009, .05). Highest value of
# the number that reveals each wrong solution: last exit trained alone, first exit .13; first exit trained alone,
# accuracy .13; averaged logits, first exit .52; no shortcut, accuracy .66. With softmax applied twice (lowest .91,
# .82, .90, 2.5) or stages detached (.91, .90, .91, 1.86) the network learns too: the unit tests detect these.
NUM_TEST = 1500
TOLERANCE = 0.3


HINT = "Training uses the loss and the network. Which of their tests fail?"


@pytest.mark.task("runs.early_exit")
def test_early_exit_learns_and_saves(hw, instrument):
    """The trained network classifies new digits, and is nearly as accurate at a fraction of the MACs."""
    budget = hw.budget("runs.early_exit")
    trained = hw("given.training.early_exit.train")(**budget, seed=hw.seed, device=hw.device)
    weights, _ = parts(trained, 2, "weights, history", hint=HINT)
    hw.dismiss()
    size, exits = budget["image_size"], tuple(budget["exits"])
    shape = {"width": budget["width"], "blocks": tuple(budget["blocks"]), "in_channels": 1}
    build = instrument("early_exit.resnet.EarlyExitResNet")
    network = build(**shape, exits=exits)
    load_weights(network, weights, hint=HINT)
    images, labels = instrument("given.data.warped_digits.warped_digits")(
        NUM_TEST, hw.fresh_seed(), size, "test"
    )
    with torch.no_grad():
        exit_logits = network.eval()(images)
    count = instrument("early_exit.macs.exit_macs")
    baseline = int(count(build(**shape, exits=()), (1, size, size))[-1])
    macs = count(network, (1, size, size))
    sweep = instrument("early_exit.macs.threshold_sweep")
    accuracy, ratio = sweep(exit_logits, labels, macs, baseline, [0.0, TOLERANCE])
    full, early = accuracy.tolist()
    saved = ratio[1].item()
    first = (exit_logits[0].argmax(dim=-1) == labels).double().mean().item()
    hw.measured(accuracy=full, first_accuracy=first, early_accuracy=early, mac_ratio=saved)
    assert_true(
        full >= 0.8,
        f"the full network classifies {full:.1%} of new digits correctly; expected 80 %",
        hint=HINT,
    )
    assert_true(
        first >= 0.7,
        f"the first exit classifies {first:.1%} of new digits correctly; expected 70 %",
        hint=HINT,
    )
    assert_true(
        early >= 0.8, f"at threshold {TOLERANCE} the accuracy is {early:.1%}; expected 80 %", hint=HINT
    )
    text = f"at threshold {TOLERANCE} the MACs fall by a factor of only {saved:.2f}; expected 1.4"
    assert_true(saved >= 1.4, text, hint=HINT)
