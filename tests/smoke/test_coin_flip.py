"""A short training run of question 1: a network that undoes coin flips, measured on digits that it has not seen."""

import pytest
import torch

from tests.support.compare import assert_true

# benchmarks/results/smoke_coin_flip.json, 5 seeds: the right solution needs .467 to .471 (standard deviation .002),
# fifteen wrong ones .489 or more. The squared error reaches .470 to .476: that one is left to the tests of `kl_loss`.
MOST_BITS = 0.482
DRAWS = 5  # of the noise on each digit; one draw alone has a standard deviation of .003 bits


@pytest.mark.task("runs.coin_flip")
def test_denoiser_learns(hw, instrument):
    """The trained network describes fresh digits in far fewer bits than pixels taken one by one need."""
    budget = hw.budget("runs.coin_flip")
    weights, _ = hw("given.training.coin_flip.train")(**budget, seed=hw.seed, device=hw.device)
    num_steps = budget["num_steps"]
    network = instrument("given.training.coin_flip.make_network")(num_steps)
    network.load_state_dict(weights)
    network.eval()
    delta = instrument("given.training.coin_flip.delta_for")(num_steps)
    digits = instrument("given.data.digits.binarised_digits")("test").repeat(DRAWS, 1)
    measure = instrument("diffusion.binary.bits_per_pixel")
    bits = measure(network, digits, num_steps, delta, generator=hw.generator()).item()
    hw.measured(bits_per_pixel=bits)
    hint = "Training calls `training_loss`, `q_sample`, `posterior` and `kl_loss`: which of their tests fail?"
    finite = all(bool(torch.isfinite(value).all()) for value in weights.values())
    assert_true(finite, "the trained weights are not all finite", hint=hint)
    text = f"the trained network needs {bits:.3f} bits a pixel; {MOST_BITS} at most is due"
    assert_true(bits <= MOST_BITS, text, hint=hint)
