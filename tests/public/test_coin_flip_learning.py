"""Coin-flip diffusion, question 1e: loss, bound and sampler."""

import math

import pytest
import torch

from tests.support.coins import assert_follows_generator, assert_pixels, coins
from tests.support.compare import (
    assert_close,
    assert_frequency,
    assert_gradient,
    assert_no_gradient,
    assert_true,
)
from tests.support.noise_predictors import Watched


def zeros(y_t, t):
    return torch.zeros_like(y_t)


@pytest.mark.task("diffusion.binary.kl_loss")
def test_kl_by_hand(hw):
    """Summed over the pixels, averaged over the images, in nats."""
    # Q = 3/4 (logit ln 3) and 1/2. P = 1/4: ln(1/3)/4 + 3 ln(3)/4 = ln(3)/2; P = 1/2 against 1/2: 0; P = 1: ln 2.
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
    target = torch.tensor([[0.25, 0.5], [1.0, 0.0]])
    got = hw("diffusion.binary.kl_loss")(logits, target)
    expected = torch.tensor((math.log(3) / 2 + 2 * math.log(2)) / 2)
    assert_close(got, expected, hint="KL(P || Q): which of the two is the target?")


@pytest.mark.task("diffusion.binary.kl_loss")
def test_kl_gradient_by_hand(hw):
    """The gradient goes to the logits alone."""
    # Q = 1/2, and 3/4 at ln 3; the derivative by a logit is Q - P, over a batch of two.
    sure = math.log(3)
    reply = hw("diffusion.binary.kl_loss").ask(
        logits=torch.tensor([[0.0, sure, 0.0], [sure, 0.0, 0.0]]),
        target_prob=torch.tensor([[0.5, 1.0, 0.0], [0.25, 0.75, 1.0]]),
        grad_of=("logits", "target_prob"),
    )
    expected = torch.tensor([[0.0, -0.125, 0.25], [0.25, -0.125, -0.25]])
    assert_gradient(reply.grads["logits"], expected)
    assert_no_gradient(reply.grads["target_prob"], what="target_prob")


@pytest.mark.task("diffusion.binary.kl_loss")
def test_kl_survives_sure_networks(hw):
    """Being sure and wrong costs much, but not infinitely much; being sure and right costs nothing."""
    # -log sigmoid(-60) = 60 + log(1 + e^-60) = 60
    logits, target = torch.tensor([[60.0, 60.0, -60.0]]), torch.tensor([[0.0, 1.0, 0.0]])
    hint = "A sigmoid in single precision is 1 at 60: is there a function that takes logits?"
    assert_close(hw("diffusion.binary.kl_loss")(logits, target), torch.tensor(60.0), hint=hint)


@pytest.mark.task("diffusion.binary.training_loss")
def test_training_loss_by_hand(hw):
    """One step, delta = 1/2: the network sees coins, and knowing nothing costs ln 2 a pixel."""
    y_0 = coins((6, 5), hw.generator())
    network = Watched(zeros, last=1)
    got = hw("diffusion.binary.training_loss")(network, y_0, 1, 0.5, generator=hw.generator())
    assert_close(got, torch.tensor(5 * math.log(2)), hint="P at t = 1 is certain; Q is 1/2 at logit 0.")


@pytest.mark.task("diffusion.binary.training_loss")
def test_training_times_are_uniform(hw):
    """Every image has a time of its own, each of 1..T equally often; the network gets that time."""
    network = Watched(zeros, last=4)
    hw("diffusion.binary.training_loss")(
        network, torch.ones(4000, 2), num_steps=4, delta=0.1, generator=hw.generator()
    )
    assert_true(len(network.times) == 1, "the network is not called exactly once")
    counts = network.times[0].bincount(minlength=5)[1:]
    assert_frequency(
        counts, 4000, 0.25, hint="T is one of the times, 0 is not.", what="how often a time is drawn"
    )


@pytest.mark.task("diffusion.binary.ancestral_step")
@pytest.mark.parametrize("t", [1, 3])
def test_reverse_step_draws_from_the_network(hw, t):
    """Each pixel is +1 as often as the network says, at the last step as well."""
    logits = torch.tensor([-1.5, 0.5, 3.0])
    network = Watched(lambda y_t, t: logits.expand(len(y_t), 3), last=3)
    y_t = coins((4000, 3), hw.generator())
    got = hw("diffusion.binary.ancestral_step")(network, y_t, t, generator=hw.generator())
    assert_pixels(got, y_t)
    assert_true(len(network.times) == 1, "the network is not called exactly once")
    assert_true(bool((network.times[0] == t).all()), f"the network is not told t = {t}")
    hint = "A draw, not the likelier sign."
    assert_frequency(
        (got == 1).sum(dim=0), 4000, torch.sigmoid(logits), hint=hint, what="how often a pixel is +1"
    )


@pytest.mark.task("diffusion.samplers.ancestral_sample")
def test_chain_runs_from_coins_to_images(hw):
    """Times run from T to 1, and each step starts where the one before has ended."""
    network = Watched(lambda y_t, t: 0.7 * y_t.flip(1), last=5)
    sample = hw("diffusion.samplers.ancestral_sample")
    got = sample(network, (500, 4), 5, generator=hw.generator(), return_all=True)
    assert_pixels(got, torch.ones(6, 500, 4), hint="T + 1 images: y_T first, y_0 last.")
    times = [int(t[0]) for t in network.times]
    assert_true(times == [5, 4, 3, 2, 1], f"the network is called at times {times}", hint="From T down to 1.")
    for state, seen in zip(got, network.inputs, strict=False):
        assert_true(torch.equal(state, seen), "what is returned is not what the network has seen")
    assert_frequency((got[0] == 1).sum(), 2000, 0.5, hint="Y_T is m fair coins.", what="+1 in y_T")


@pytest.mark.task("diffusion.samplers.ancestral_sample")
def test_samples_follow_their_generator(hw):
    """Equal generators, equal images; without return_all only y_0 comes back."""
    network, sample = Watched(lambda y_t, t: 0.5 * y_t, last=3), hw("diffusion.samplers.ancestral_sample")
    assert_pixels(sample(network, (4, 3, 5), 3, generator=hw.generator()), torch.ones(4, 3, 5))
    assert_follows_generator(lambda generator: sample(network, (4, 15), 3, generator=generator), hw.seed)


@pytest.mark.task("diffusion.binary.bits_per_pixel")
def test_bits_of_a_network_that_knows_nothing(hw):
    """With delta = 1/2, all steps but the first are coins as they are: one bit a pixel in all."""
    # t >= 2: P = 1/2 and Q = 1/2, no bits. t = 1: P is certain, Q = 1/2, one bit. Y_T is fair: no bits.
    y_0 = coins((3, 7), hw.generator())
    got = hw("diffusion.binary.bits_per_pixel")(Watched(zeros, last=4), y_0, 4, 0.5, generator=hw.generator())
    assert_close(got, torch.tensor(1.0), hint="Nats over pixels and ln 2 are bits a pixel.")


@pytest.mark.task("diffusion.binary.bits_per_pixel")
def test_bits_of_what_is_left_at_the_end(hw):
    """A network that knows the image pays for Y_T alone: one step, delta = 1/4."""
    # KL(1/4, 3/4 || fair) = 1 - H(1/4) bits, H(1/4) = 2 - 3/4 log2(3).
    y_0 = coins((1, 7), hw.generator())
    network = Watched(lambda y_t, t: 80 * y_0.expand_as(y_t), last=1)
    got = hw("diffusion.binary.bits_per_pixel")(network, y_0, 1, 0.25, generator=hw.generator())
    assert_close(got, torch.tensor(0.75 * math.log2(3) - 1), hint="How far is Y_T from fair coins?")
