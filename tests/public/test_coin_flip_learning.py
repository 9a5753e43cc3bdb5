"""Coin-flip diffusion, question 1e: the loss, the bound and the sampler."""

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
from tests.support.noise_predictors import Recorder


def zeros(y_t, t):
    return torch.zeros_like(y_t)


@pytest.mark.task("diffusion.binary.kl_loss")
def test_kl_by_hand(hw):
    """The loss is summed over the pixels and averaged over the images, in nats."""
    # Q = 3/4 (logit ln 3) and 1/2. P = 1/4: ln(1/3)/4 + 3 ln(3)/4 = ln(3)/2; P = 1/2 against 1/2: 0; P = 1: ln 2.
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
    target = torch.tensor([[0.25, 0.5], [1.0, 0.0]])
    got = hw("diffusion.binary.kl_loss")(logits, target)
    expected = torch.tensor((math.log(3) / 2 + 2 * math.log(2)) / 2)
    assert_close(got, expected, hint="KL(P || Q): which of the two is the target?")


@pytest.mark.task("diffusion.binary.kl_loss")
def test_kl_gradient_by_hand(hw):
    """Only the logits get a gradient."""
    # Q = 1/2, and 3/4 at ln 3; the derivative with respect to a logit is Q - P, divided by the batch size 2.
    logit = math.log(3)
    reply = hw("diffusion.binary.kl_loss").ask(
        logits=torch.tensor([[0.0, logit, 0.0], [logit, 0.0, 0.0]]),
        target_prob=torch.tensor([[0.5, 1.0, 0.0], [0.25, 0.75, 1.0]]),
        grad_of=("logits", "target_prob"),
    )
    expected = torch.tensor([[0.0, -0.125, 0.25], [0.25, -0.125, -0.25]])
    assert_gradient(reply.grads["logits"], expected)
    assert_no_gradient(reply.grads["target_prob"], what="target_prob")


@pytest.mark.task("diffusion.binary.kl_loss")
def test_kl_survives_sure_networks(hw):
    """A certain and wrong network has a large but finite loss; a certain and right one has loss 0."""
    # -log sigmoid(-60) = 60 + log(1 + e^-60) = 60
    logits, target = torch.tensor([[60.0, 60.0, -60.0]]), torch.tensor([[0.0, 1.0, 0.0]])
    hint = "In single precision the sigmoid of 60 is 1. Is there a function that takes logits?"
    assert_close(hw("diffusion.binary.kl_loss")(logits, target), torch.tensor(60.0), hint=hint)


@pytest.mark.task("diffusion.binary.training_loss")
def test_training_loss_by_hand(hw):
    """With one step and delta = 1/2 the network sees pure noise; logits of 0 cost ln 2 for each pixel."""
    y_0 = coins((6, 5), hw.generator())
    network = Recorder(zeros, last=1)
    got = hw("diffusion.binary.training_loss")(network, y_0, 1, 0.5, generator=hw.generator())
    assert_close(got, torch.tensor(5 * math.log(2)), hint="At t = 1, P is 0 or 1. At logit 0, Q is 1/2.")


@pytest.mark.task("diffusion.binary.training_loss")
def test_training_times_are_uniform(hw):
    """Every image has its own time, uniform on 1..T, and the network gets this time."""
    network = Recorder(zeros, last=4)
    hw("diffusion.binary.training_loss")(
        network, torch.ones(4000, 2), num_steps=4, delta=0.1, generator=hw.generator()
    )
    assert_true(len(network.times) == 1, "the network is not called exactly once")
    counts = network.times[0].bincount(minlength=5)[1:]
    assert_frequency(
        counts, 4000, 0.25, hint="T is one of the times; 0 is not.", what="how often a time is drawn"
    )


@pytest.mark.task("diffusion.binary.ancestral_step")
@pytest.mark.parametrize("t", [1, 3])
def test_reverse_step_draws_from_the_network(hw, t):
    """The network gives the probability that a pixel is +1, in the last step too."""
    logits = torch.tensor([-1.5, 0.5, 3.0])
    network = Recorder(lambda y_t, t: logits.expand(len(y_t), 3), last=3)
    y_t = coins((4000, 3), hw.generator())
    got = hw("diffusion.binary.ancestral_step")(network, y_t, t, generator=hw.generator())
    assert_pixels(got, y_t)
    assert_true(len(network.times) == 1, "the network is not called exactly once")
    assert_true(bool((network.times[0] == t).all()), f"the network does not get t = {t}")
    hint = "Draw a sign. Do not take the more likely one."
    assert_frequency(
        (got == 1).sum(dim=0), 4000, torch.sigmoid(logits), hint=hint, what="how often a pixel is +1"
    )


@pytest.mark.task("diffusion.samplers.ancestral_sample")
def test_chain_runs_from_coins_to_images(hw):
    """The times go from T down to 1, and each step starts with the result of the previous step."""
    network = Recorder(lambda y_t, t: 0.7 * y_t.flip(1), last=5)
    sample = hw("diffusion.samplers.ancestral_sample")
    got = sample(network, (500, 4), 5, generator=hw.generator(), return_all=True)
    assert_pixels(got, torch.ones(6, 500, 4), hint="Return T + 1 images: y_T first, y_0 last.")
    times = [int(t[0]) for t in network.times]
    hint = "The times go from T down to 1."
    assert_true(times == [5, 4, 3, 2, 1], f"the network is called at the times {times}", hint=hint)
    for state, seen in zip(got, network.inputs, strict=False):
        assert_true(torch.equal(state, seen), "the returned states are not the inputs of the network")
    assert_frequency(
        (got[0] == 1).sum(), 2000, 0.5, hint="Y_T consists of m fair coins.", what="the share of +1 in y_T"
    )


@pytest.mark.task("diffusion.samplers.ancestral_sample")
def test_samples_follow_their_generator(hw):
    """Equal generators give equal images; without return_all the result is only y_0."""
    network, sample = (
        Recorder(lambda y_t, t: 0.5 * y_t, last=3),
        hw("diffusion.samplers.ancestral_sample"),
    )
    assert_pixels(sample(network, (4, 3, 5), 3, generator=hw.generator()), torch.ones(4, 3, 5))
    assert_follows_generator(lambda generator: sample(network, (4, 15), 3, generator=generator), hw.seed)


@pytest.mark.task("diffusion.binary.bits_per_pixel")
def test_bits_of_a_network_that_knows_nothing(hw):
    """With delta = 1/2 only the step at t = 1 costs anything: one bit for each pixel in total."""
    # t >= 2: P = 1/2 and Q = 1/2, 0 bits. t = 1: P is 0 or 1, Q = 1/2, 1 bit. Y_T is fair: 0 bits.
    y_0 = coins((3, 7), hw.generator())
    got = hw("diffusion.binary.bits_per_pixel")(
        Recorder(zeros, last=4), y_0, 4, 0.5, generator=hw.generator()
    )
    assert_close(
        got, torch.tensor(1.0), hint="Nats divided by ln 2 and by the number of pixels are bits per pixel."
    )


@pytest.mark.task("diffusion.binary.bits_per_pixel")
def test_bits_of_what_is_left_at_the_end(hw):
    """If the network knows the image, only Y_T costs bits: one step with delta = 1/4."""
    # KL(1/4, 3/4 || fair) = 1 - H(1/4) bits, H(1/4) = 2 - 3/4 log2(3).
    y_0 = coins((1, 7), hw.generator())
    network = Recorder(lambda y_t, t: 80 * y_0.expand_as(y_t), last=1)
    got = hw("diffusion.binary.bits_per_pixel")(network, y_0, 1, 0.25, generator=hw.generator())
    assert_close(got, torch.tensor(0.75 * math.log2(3) - 1), hint="How far is Y_T from fair coins?")
