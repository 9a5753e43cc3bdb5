"""A short training run of question 2: a noise predictor for digits, measured on unseen digits."""

import pytest

from tests.oracles.denoising import denoising_errors
from tests.support.compare import assert_true
from tests.support.tuples import parts
from tests.support.weights import load_weights

# Times at which x_t contains information about the digit, and times at which almost no information is left.
TIMES = (5, 10, 20, 30, 40)
LATE_TIMES = (60, 80, 100)
# See benchmarks/results/smoke_gaussian.json, five seeds each. Right: relative error 0.735 to 0.743, late error
# 0.006 to 0.008. Each wrong solution breaks at least one bound: time ignored 0.81 and 0.027 or more, early half of the
# times 0.71 and 0.147, no square roots 0.96 and 0.009, no cumulative product 1.05 and 0.40; the others are worse.
MOST_ERROR = 0.78
MOST_LATE_ERROR = 0.015


HINT = "Training uses the loss and the schedule. Which of their tests fail?"


@pytest.mark.task("runs.gaussian")
def test_noise_predictor_learns(hw, instrument):
    """The trained network predicts the noise in unseen digits better than any rule that uses single pixels."""
    budget = hw.budget("runs.gaussian")
    trained = hw("given.training.gaussian.train")(**budget, seed=hw.seed, device=hw.device)
    weights, _ = parts(trained, 2, "weights, history", hint=HINT)
    hw.dismiss()
    network = instrument("given.networks.mlp.DenoisingMLP")(64, budget["width"])
    load_weights(network.eval(), weights, hint=HINT)
    digits = instrument("given.data.digits.scaled_digits")
    data = digits("train"), digits("test")
    betas = instrument("diffusion.schedules.linear_betas")(budget["num_steps"])
    alphas_cumprod = instrument("diffusion.schedules.cumulative_alphas")(betas)
    error, without = denoising_errors(network, data, alphas_cumprod, TIMES, hw.generator())
    late, _ = denoising_errors(network, data, alphas_cumprod, LATE_TIMES, hw.generator())
    hw.measured(relative_error=error / without, late_error=late)
    text = f"the squared error is {error / without:.2f} times that of single pixels; expected at most {MOST_ERROR}"
    assert_true(error / without <= MOST_ERROR, text, hint=HINT)
    text = f"at late times the squared error is {late:.3f}; expected at most {MOST_LATE_ERROR}"
    assert_true(late <= MOST_LATE_ERROR, text, hint=HINT)
