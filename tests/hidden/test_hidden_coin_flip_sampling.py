"""Coin-flip diffusion, question 1e: the sampler and the bound in bits, compared with enumeration."""

import itertools
import math

import pytest
import torch

from tests.oracles import coin_flip as oracle
from tests.support.coins import assert_pixels, coins
from tests.support.compare import assert_close, assert_frequency, assert_true
from tests.support.noise_predictors import Recorder


@pytest.mark.task("diffusion.binary.ancestral_step")
def test_reverse_step_uses_image_and_time(hw):
    """The network output for this image and time gives the probabilities; extreme logits are certain."""
    table = torch.tensor([[0.0, 1.0, -90.0, 90.0], [-2.0, 0.3, 90.0, -90.0]], dtype=torch.float64)
    network = Recorder(lambda y_t, t: table[t - 1] + y_t, last=2)
    y_t = coins((2, 4, 3000), hw.generator(), torch.float64).permute(2, 0, 1).reshape(6000, 4)
    for t in (1, 2):
        got = hw("diffusion.binary.ancestral_step")(network, y_t, t, generator=hw.generator())
        assert_pixels(got, y_t)
        for sign, pixel in itertools.product((-1, 1), range(4)):
            ups = got[y_t[:, pixel] == sign, pixel] == 1
            chance = torch.sigmoid(table[t - 1, pixel] + sign)
            assert_frequency(
                ups.sum(), len(ups), chance, hint="Draw at every t.", what="how often a pixel is +1"
            )
    assert_true(
        [len(t) for t in network.times] == [6000, 6000], "the network is not called once for each step"
    )


@pytest.mark.task("diffusion.samplers.ancestral_sample")
def test_samples_have_the_law_of_the_chain(hw):
    """Every image of three pixels has the frequency that the chain gives it; all paths are counted."""
    pull = torch.tensor([[0.0, 2.0, -1.0], [1.5, 0.0, 0.5], [0.3, -2.0, 0.0]])

    def coupled(y_t, t):
        return y_t.float() @ pull.T + (t[:, None] - 2) * torch.tensor([1.0, -0.5, 0.8])

    got = hw("diffusion.samplers.ancestral_sample")(
        Recorder(coupled, last=3), (6000, 3), 3, generator=hw.generator()
    )
    assert_pixels(got, torch.ones(6000, 3))
    counts = ((got > 0).long() @ torch.tensor([4, 2, 1])).bincount(minlength=8)
    hint = "Each step, including the last one, draws from the network at its own time."
    assert_frequency(
        counts,
        6000,
        oracle.distribution_of_samples(coupled, 3, 3),
        hint=hint,
        what="how often an image is drawn",
    )


@pytest.mark.task("diffusion.samplers.ancestral_sample")
def test_chain_of_one_step(hw):
    """T = 1 is one draw; the chain has its start and its end."""
    network = Recorder(lambda y_t, t: -90 * y_t, last=1)
    got = hw("diffusion.samplers.ancestral_sample")(
        network, (1, 5), 1, generator=hw.generator(), return_all=True
    )
    assert_pixels(got, torch.ones(2, 1, 5))
    assert_true(torch.equal(got[1], -got[0]), "y_0 is at index 0", hint="y_T is at index 0.")


@pytest.mark.task("diffusion.binary.bits_per_pixel")
@pytest.mark.parametrize(("num_steps", "delta"), [(3, 0.2), (7, 0.02)])
def test_bits_against_enumeration(hw, num_steps, delta):
    """For an output that depends on the time only, the mean over many copies of one image is known exactly."""
    image, copies = torch.tensor([1.0, -1.0, -1.0, 1.0, 1.0, -1.0]), 1500
    logits = torch.randn(num_steps, 6, generator=hw.generator()) + image
    network = Recorder(lambda y_t, t: logits[t - 1].view_as(y_t), last=num_steps)
    y_0 = image.reshape(2, 3).repeat(copies, 1, 1)
    got = hw("diffusion.binary.bits_per_pixel")(network, y_0, num_steps, delta, generator=hw.generator())
    mean, std = (nats / 6 / math.log(2) for nats in oracle.bound(image, logits, delta))
    # The mean of 1500 images is nearly normal: 7 sigma have probability 3e-12. Single precision adds 1e-5.
    hint = "Add one KL for each t = 1..T, and one for the information about the image in Y_T."
    assert_close(got, torch.tensor(mean), rtol=0, atol=7 * std / math.sqrt(copies) + 1e-5, hint=hint)


@pytest.mark.task("diffusion.binary.bits_per_pixel")
def test_bits_visit_every_time(hw):
    """The network gets each t in 1..T once for all images, each with new noise."""
    network = Recorder(lambda y_t, t: y_t, last=6)
    y_0 = -torch.ones(800, 5)
    hw("diffusion.binary.bits_per_pixel")(network, y_0, 6, 0.1, generator=hw.generator())
    assert_true(len(network.times) > 0, "the network is never called")
    visits = torch.cat(network.times).bincount(minlength=7)[1:]
    hint = "Use t = 1..T, both included."
    assert_true(bool((visits == 800).all()), "not every image gets every t exactly once", hint=hint)
    for seen in network.inputs:  # in one batch or in several
        assert_pixels(seen, torch.ones(len(seen), 5), what="the input of the network")
    y_t, t = torch.cat(network.inputs), torch.cat(network.times)
    flipped = torch.stack([y_t[t == step] > 0 for step in range(1, 7)])
    expected = torch.tensor([oracle.flip_probability(step, 0.1) for step in range(1, 7)])
    hint = "Draw a direct sample of Y_t for each t."
    assert_frequency(flipped.sum(dim=(1, 2)), 4000, expected, hint=hint, what="flips")
    alike = (flipped[1:] == flipped[:-1]).sum(dim=(1, 2))
    chance = expected[1:] * expected[:-1] + (1 - expected[1:]) * (1 - expected[:-1])
    assert_frequency(alike, 4000, chance, hint=hint, what="how often the noise of two times is equal")


@pytest.mark.task("diffusion.binary.bits_per_pixel")
@pytest.mark.parametrize("num_steps", [1, 4])
def test_bits_of_fair_coins_are_exact(hw, num_steps):
    """With delta = 1/2 noise does not matter: t = 1 costs the image, other t the distance of Q from 1/2."""
    # t = 1: -log Q(y_0); t >= 2: KL(1/2 || Q); Y_T is fair. Double precision, averaged over two different images.
    y_0 = torch.tensor([[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]], dtype=torch.float64)
    logits = torch.randn(4, 3, generator=hw.generator()).double()
    network = Recorder(lambda y_t, t: logits[t - 1], last=num_steps)
    got = hw("diffusion.binary.bits_per_pixel")(network, y_0, num_steps, 0.5, generator=hw.generator())
    nats = oracle.kl_loss(logits[:1].expand(2, 3), (y_0 + 1) / 2)
    nats += sum(oracle.kl_loss(row[None], torch.full((1, 3), 0.5)) for row in logits[1:num_steps])
    hint = "The result is in bits per pixel, summed over all t."
    assert_close(got, torch.tensor(nats / 3 / math.log(2), dtype=torch.float64), hint=hint)
