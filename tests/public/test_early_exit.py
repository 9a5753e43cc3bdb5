"""Question 3(b): the network, loss and inference of early exit."""

import math

import pytest
import torch

from tests.support.compare import assert_close, assert_gradient, assert_tensor, assert_true
from tests.support.random_weights import random_state
from tests.support.tuples import parts

NET = "early_exit.resnet.EarlyExitResNet"
PAIR = "logits, exit_index"


# -- early_exit.resnet ----------------------------------------------------------------------------------------


def _plain_block(hw):
    """A block with one channel. Its convolutions multiply by 1 and 2; its normalisations add 1 and 3."""
    net = hw.module("early_exit.resnet.BasicBlock", 1, 1, 1)
    state = {name: torch.zeros_like(value) for name, value in net.state_dict().items()}
    for number, factor, shift in ((1, 1.0, 1.0), (2, 2.0, 3.0)):
        state[f"conv{number}.weight"][0, 0, 1, 1] = factor
        state[f"bn{number}.bias"].fill_(shift)
        state[f"bn{number}.running_var"].fill_(1.0)
        # This factor cancels the 1e-5 that BatchNorm adds to the variance.
        state[f"bn{number}.weight"].fill_((1 + 1e-5) ** 0.5)
    net.load_state_dict(state)
    net.eval()
    return net


@pytest.mark.task("early_exit.resnet.BasicBlock")
def test_block_adds_its_input(hw):
    """The block adds its input to the output of the two convolutions."""
    # 3 becomes relu(2 * relu(3 + 1) + 3 + 3) = 14.
    net = _plain_block(hw)
    x = torch.tensor([[[[3.0, 0.5]]]])
    assert_close(net(x), torch.tensor([[[[14.0, 6.5]]]]), hint="Where is the shortcut added?")


@pytest.mark.task("early_exit.resnet.BasicBlock")
def test_block_applies_relu_twice(hw):
    """One ReLU is between the convolutions, the other one is after the addition."""
    # -2 becomes relu(2 * relu(-2 + 1) + 3 - 2) = 1, and -4 becomes relu(2 * relu(-4 + 1) + 3 - 4) = relu(-1) = 0.
    net = _plain_block(hw)
    got = net(torch.tensor([[[[-2.0, -4.0]]]]))
    assert_close(
        got, torch.tensor([[[[1.0, 0.0]]]]), hint="Figure 2 of the paper shows where both ReLUs are."
    )


@pytest.mark.task("early_exit.resnet.EarlyExitResNet")
@pytest.mark.parametrize(("exits", "count"), [((), 1), ((1, 3), 3)])
def test_logits_of_every_exit(hw, exits, count):
    """The result has one set of logits for each head."""
    net = hw.module(NET, num_classes=3, width=2, blocks=(1, 1, 1, 1), in_channels=1, exits=exits)
    got = net(torch.randn(5, 1, 8, 8, generator=hw.generator()))
    hint = "Return one tensor: first the exits, then the batch, then the classes."
    assert_tensor(got, shape=(count, 5, 3), dtype=torch.float32, hint=hint)


@pytest.mark.task("early_exit.resnet.EarlyExitResNet")
def test_early_exit_sees_early_stages_only(hw):
    """The logits of an exit do not depend on later stages, and they come in the order of the heads."""
    net = hw.module(NET, num_classes=3, width=2, blocks=(1, 1, 1), in_channels=1, exits=(1, 2))
    state, x = (
        random_state(net.state_dict(), hw.generator()),
        torch.randn(2, 1, 8, 8, generator=hw.generator()),
    )
    net.load_state_dict(state)
    net.eval()
    before = net(x)
    assert_tensor(before, shape=(3, 2, 3), hint="First the exits, then the batch, then the classes.")
    net.load_state_dict({name: -value if "stages.2" in name else value for name, value in state.items()})
    same = [torch.equal(a, b) for a, b in zip(before, net(x), strict=True)]
    assert_true(
        same == [True, True, False],
        f"with other weights in stage 3, the exits are the same: {same}; expected [True, True, False]",
        hint="The features of which stage does each head get?",
    )


# -- early_exit.loss ------------------------------------------------------------------------------------------


@pytest.mark.task("early_exit.loss.early_exit_loss")
def test_loss_worked_by_hand(hw):
    """The loss of two exits and two images, computed by hand."""
    # Exit 1: probabilities (3/4, 1/4) for both images; the labels select 3/4 and 1/4.
    # Exit 2: (1/2, 1/2) for both. Means over the two images: -(log 3/4 + log 1/4) / 2 and log 2.
    logits = torch.tensor(
        [[[math.log(3), 0.0], [math.log(3), 0.0]], [[5.0, 5.0], [0.0, 0.0]]], dtype=torch.float64
    )
    labels, weights = torch.tensor([0, 1]), torch.tensor([1.0, 0.3], dtype=torch.float64)
    expected = -(math.log(3 / 4) + math.log(1 / 4)) / 2 + 0.3 * math.log(2)
    got = hw("early_exit.loss.early_exit_loss")(logits, labels, weights)
    hint = "Take the mean over the images of each exit, then the weighted sum over the exits."
    assert_close(got, torch.tensor(expected, dtype=torch.float64), hint=hint)


@pytest.mark.task("early_exit.loss.early_exit_loss")
def test_loss_gradient(hw):
    """Each exit's logits get the gradient of their own cross-entropy, times its weight."""
    # d CE / d logits = (softmax - onehot) / B; all logits are 0, so softmax is 1/2; B = 2.
    logits = torch.zeros(2, 2, 2, dtype=torch.float64)
    labels, weights = torch.tensor([0, 1]), [1.0, 0.3]
    reply = hw("early_exit.loss.early_exit_loss").ask(
        exit_logits=logits, labels=labels, exit_weights=weights, grad_of=("exit_logits",)
    )
    one = torch.tensor([[-0.25, 0.25], [0.25, -0.25]], dtype=torch.float64)
    hint = "Does every exit take part in the loss?"
    assert_gradient(reply.grads["exit_logits"], torch.stack([one, 0.3 * one]), hint=hint)


# -- early_exit.inference -------------------------------------------------------------------------------------


@pytest.mark.task("early_exit.inference.entropy")
def test_entropy_of_known_probabilities(hw):
    """(1/2, 1/4, 1/4) has 1.5 bits; a uniform distribution has the logarithm of the number of classes."""
    logits = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.1]], dtype=torch.float64).log()
    expected = torch.tensor([1.5 * math.log(2), math.log(3)], dtype=torch.float64)
    got = hw("early_exit.inference.entropy")(logits)
    assert_close(got, expected, hint="The result is in nats. Logits are not probabilities yet.")


@pytest.mark.task("early_exit.inference.entropy")
def test_entropy_of_a_sure_prediction(hw):
    """If one logit is very large, the entropy is 0, not NaN."""
    got = hw("early_exit.inference.entropy")(torch.tensor([[200.0, 0.0, 0.0], [0.0, 0.0, -1000.0]]))
    expected = torch.tensor([0.0, math.log(2)])
    hint = "0 * log(0) is NaN in floating point. Which function gives log p directly?"
    assert_close(got, expected, atol=1e-6, hint=hint)


@pytest.mark.task("early_exit.inference.exit_index")
def test_first_exit_below_threshold(hw):
    """An image leaves at the first exit with an entropy below the threshold; all others leave at the last exit."""
    entropies = torch.tensor([[0.2, 0.9, 0.9, 0.9], [0.1, 0.3, 0.8, 0.6], [0.7, 0.1, 0.9, 0.1]])
    got = hw("early_exit.inference.exit_index")(entropies, 0.5)
    hint = "Take the first entropy below the threshold, not the lowest one."
    assert_close(got, torch.tensor([0, 1, 2, 2]), hint=hint)


@pytest.mark.task("early_exit.inference.exit_index")
def test_threshold_zero_and_infinity(hw):
    """No entropy is below 0, so no image leaves early. Every entropy is below infinity."""
    entropies = torch.tensor([[0.0, 0.9], [0.0, 0.3], [0.0, 0.1]])
    function = hw("early_exit.inference.exit_index")
    hint = "An equal entropy is not below the threshold."
    assert_close(function(entropies, 0.0), torch.tensor([2, 2]), hint=hint, what="threshold 0")
    assert_close(function(entropies, math.inf), torch.tensor([0, 0]), what="threshold infinity")


def _small_net(hw):
    net = hw.module(NET, num_classes=4, width=2, blocks=(1, 1, 1, 1), in_channels=1, exits=(1, 3))
    net.load_state_dict(random_state(net.state_dict(), hw.generator()))
    net.eval()
    return net


@pytest.mark.task("early_exit.inference.infer")
def test_all_leave_at_once_or_none_does(hw):
    """A huge threshold gives the logits of the first exit, threshold 0 those of the last one."""
    net, x = _small_net(hw), torch.randn(5, 1, 8, 8, generator=hw.generator())
    every = net(x)
    assert_tensor(every, shape=(3, 5, 4), what="the network's own forward pass")
    infer = hw("early_exit.inference.infer")
    for threshold, exit_number in ((100.0, 0), (0.0, 2)):
        logits, chosen = parts(infer(net, x, threshold), 2, PAIR)
        hint = "What does your loop do if no image is left? And if images are left after the last early exit?"
        assert_close(
            chosen, torch.full((5,), exit_number), hint=hint, what=f"the exit at threshold {threshold}"
        )
        assert_close(logits, every[exit_number], hint=hint, what=f"the logits at threshold {threshold}")


@pytest.mark.task("early_exit.inference.infer")
def test_rows_leave_by_themselves(hw):
    """Some images leave early and others do not. The results are in the order of the images."""
    net, x = _small_net(hw), torch.randn(7, 1, 8, 8, generator=hw.generator())
    every = net(x)
    assert_tensor(every, shape=(3, 7, 4), what="the network's own forward pass")
    first = torch.distributions.Categorical(logits=every[0]).entropy()
    ordered = first.sort().values
    widest = int(ordered[1:-1].diff().argmax()) + 1
    threshold = ordered[widest : widest + 2].mean().item()  # two to five images leave at the first exit
    logits, chosen = parts(hw("early_exit.inference.infer")(net, x, threshold), 2, PAIR)
    hint = "The entropy of each image decides for this image. How do the rows get back into their order?"
    assert_tensor(chosen, shape=(7,), dtype=torch.int64, hint=hint, what="the exit")
    assert_close(
        (chosen == 0).int(),
        (first < threshold).int(),
        hint=hint,
        what="the set of images that leave at the first exit",
    )
    assert_true(bool((chosen >= 0).all() and (chosen <= 2).all()), "an exit index is not in 0..2", hint=hint)
    assert_close(logits, every[chosen, torch.arange(7)], hint=hint, what="the logits")
