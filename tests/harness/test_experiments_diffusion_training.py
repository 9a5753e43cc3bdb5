"""The training loops of questions 1 and 2: resumed with the same bits, reproducible, on any images."""

import pytest
import torch

from solutions.diffusion import binary, gaussian
from solutions.given.data import digits
from solutions.given.networks.mlp import DenoisingMLP
from solutions.given.training import coin_flip
from solutions.given.training import gaussian as noise_predictor
from solutions.given.training.loop import Loop
from tests.harness.same_weights import same_weights

FLIP = {"num_steps": 5, "iterations": 9, "batch_size": 16, "learning_rate": 1e-2, "width": 12}
NOISE = {**FLIP, "ema_decay": 0.9}
LOOPS = {
    "coin_flip": (coin_flip.train, FLIP, binary, "training_loss"),
    "gaussian": (noise_predictor.train, NOISE, gaussian, "noise_prediction_loss"),
}


@pytest.mark.parametrize("options", [{}, {"fused": True, "depth": 3}], ids=["plain", "fused"])
@pytest.mark.parametrize("globally", [False, True], ids=["own generator", "global generator"])
@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("step", [1, 5, 8])
def test_interrupted_training_goes_on_to_the_same_bits(tmp_path, monkeypatch, name, globally, options, step):
    train, budget, module, loss = LOOPS[name]
    right, calls = getattr(module, loss), []
    stop_at = None

    def students(*args, generator=None, **kwargs):
        calls.append(1)
        if len(calls) - 1 == stop_at:
            raise KeyboardInterrupt
        *args, generator = args if len(args) == {"coin_flip": 5, "gaussian": 4}[name] else (*args, generator)
        return right(*args, generator=None if globally else generator, **kwargs)

    monkeypatch.setattr(module, loss, students)
    whole, history = train(**budget, **options, seed=2)
    torch.rand(7)  # the caller's own random state does not matter
    stop_at = len(calls) + step
    loop = Loop(tmp_path, seconds=0)
    with pytest.raises(KeyboardInterrupt):
        train(**budget, **options, seed=2, loop=loop)
    torch.rand(3)
    before = len(calls)
    again, same_history = train(**budget, **options, seed=2, loop=loop)
    assert len(calls) - before == budget["iterations"] - step  # it did not restart
    assert same_weights(whole, again) and history == same_history
    finished = len(calls)
    assert same_weights(whole, train(**budget, **options, seed=2, loop=loop)[0]) and len(calls) == finished


@pytest.mark.parametrize("name", LOOPS)
def test_training_is_reproducible_and_leaves_the_global_state_alone(name):
    train, budget, _, _ = LOOPS[name]
    torch.manual_seed(0)
    state = torch.get_rng_state()
    weights, history = train(**budget, seed=4)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    again, same_history = train(**budget, seed=4, depth=2)
    assert same_weights(weights, again) and history == same_history and len(history["loss"]) == 9
    other, _ = train(**budget, seed=5)
    assert not torch.equal(weights["answer.bias"], other["answer.bias"])
    assert not any(value.requires_grad for value in weights.values())


@pytest.mark.parametrize("name", LOOPS)
def test_given_images_take_the_place_of_the_digits(name):
    train, budget, _, _ = LOOPS[name]
    on_board = (digits.binarised_digits if name == "coin_flip" else digits.scaled_digits)("train")
    assert same_weights(train(**budget)[0], train(**budget, images=on_board)[0])
    assert not same_weights(train(**budget)[0], train(**budget, images=-on_board)[0])
    weights, _ = train(**budget, images=on_board[:50, :21], depth=3)
    network = DenoisingMLP(21, 12, 3)
    network.load_state_dict(weights)
