"""The experiment of question 3, interrupted anywhere, ends with the bits of a run that nothing interrupts."""

from contextlib import contextmanager

import pytest
import torch

from solutions.early_exit import loss
from solutions.given.data import warped_digits
from solutions.given.experiments import q3
from solutions.given.training import early_exit
from solutions.given.training.loop import QUIET, Loop
from tests.harness.early_exit_runs import TINY, assert_same_bits

pytestmark = pytest.mark.usefixtures("own_random_state")
STEPS = {"search_1": 4, "search_2": 4, "baseline": 8, "early_exit": 8, "small": 8}  # in the order of training


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
