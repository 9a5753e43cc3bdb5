"""A short training run of question 1: a network that reverses coin flips, measured on unseen digits."""

import pytest

from tests.support.compare import assert_true
from tests.support.tuples import parts
from tests.support.weights import load_weights

# See benchmarks/results/smoke_coin_flip.json, 5 seeds: the right one needs .467 to .471 (standard deviation .002),
# and fifteen wrong ones need .489 or more. The squared error reaches .470 to .476: the tests of `kl_loss` detect it.
MOST_BITS = 0.482
DRAWS = 5  # of the noise on each digit; a single draw has a standard deviation of .003 bits


HINT = "Training calls `training_loss`, `q_sample`, `posterior` and `kl_loss`. Which of their tests fail?"


@pytest.mark.task("runs.coin_flip")
def test_denoiser_learns(hw, instrument):
    """The trained network needs far fewer bits for unseen digits than a code for independent pixels."""
    budget = hw.budget("runs.coin_flip")
    trained = hw("given.training.coin_flip.train")(**budget, seed=hw.seed, device=hw.device)
    weights, _ = parts(trained, 2, "weights, history", hint=HINT)
    hw.dismiss()
    num_steps = budget["num_steps"]
    network = instrument("given.training.coin_flip.make_network")(num_steps)
    load_weights(network.eval(), weights, hint=HINT)
    delta = instrument("given.training.coin_flip.delta_for")(num_steps)
    digits = instrument("given.data.digits.binarised_digits")("test").repeat(DRAWS, 1)
    measure = instrument("diffusion.binary.bits_per_pixel")
    bits = measure(network, digits, num_steps, delta, generator=hw.generator()).item()
    hw.measured(bits_per_pixel=bits)
    text = f"the trained network needs {bits:.3f} bits per pixel; expected at most {MOST_BITS}"
    assert_true(bits <= MOST_BITS, text, hint=HINT)
