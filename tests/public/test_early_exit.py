"""Question 3(b): network, loss and inference of early exit."""

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
    """A block of one channel: its convolutions multiply by 1 and by 2, its normalisations add 1 and 3."""
    net = hw.module("early_exit.resnet.BasicBlock", 1, 1, 1)
    state = {name: torch.zeros_like(value) for name, value in net.state_dict().items()}
    for number, factor, shift in ((1, 1.0, 1.0), (2, 2.0, 3.0)):
        state[f"conv{number}.weight"][0, 0, 1, 1] = factor
        state[f"bn{number}.bias"].fill_(shift)
        state[f"bn{number}.running_var"].fill_(1.0)
        state[f"bn{number}.weight"].fill_(
            (1 + 1e-5) ** 0.5
        )  # undoes the 1e-5 that BatchNorm adds to the variance
    net.load_state_dict(state)
    net.eval()
    return net


@pytest.mark.task("early_exit.resnet.BasicBlock")
def test_block_adds_its_input(hw):
    """The input is added to what the two convolutions make of it."""
    # 3 becomes relu(2 * relu(3 + 1) + 3 + 3) = 14.
    net = _plain_block(hw)
    x = torch.tensor([[[[3.0, 0.5]]]])
    assert_close(net(x), torch.tensor([[[[14.0, 6.5]]]]), hint="Where does the shortcut come in?")


@pytest.mark.task("early_exit.resnet.BasicBlock")
def test_block_applies_relu_twice(hw):
    """One ReLU stands between the convolutions, the other after the addition."""
    # -2 becomes relu(2 * relu(-2 + 1) + 3 - 2) = 1, and -4 relu(2 * relu(-4 + 1) + 3 - 4) = relu(-1) = 0.
    net = _plain_block(hw)
    got = net(torch.tensor([[[[-2.0, -4.0]]]]))
    assert_close(got, torch.tensor([[[[1.0, 0.0]]]]), hint="Figure 2 of the paper shows where both stand.")


@pytest.mark.task("early_exit.resnet.EarlyExitResNet")
@pytest.mark.parametrize(("exits", "count"), [((), 1), ((1, 3), 3)])
def test_logits_of_every_exit(hw, exits, count):
    """The result has one set of logits for each head."""
    net = hw.module(NET, num_classes=3, width=2, blocks=(1, 1, 1, 1), in_channels=1, exits=exits)
    got = net(torch.randn(5, 1, 8, 8, generator=hw.generator()))
    hint = "One tensor: exits come first, then the batch, then the classes."
    assert_tensor(got, shape=(count, 5, 3), dtype=torch.float32, hint=hint)


@pytest.mark.task("early_exit.resnet.EarlyExitResNet")
def test_early_exit_sees_early_stages_only(hw):
    """What an exit says does not depend on the stages behind it, and the order is that of the heads."""
    net = hw.module(NET, num_classes=3, width=2, blocks=(1, 1, 1), in_channels=1, exits=(1, 2))
    state = random_state(net.state_dict(), hw.generator())
    for name in state:
        if name.startswith("stages.2") and name.endswith("conv1.weight"):
            state[name].fill_(float("nan"))
    net.load_state_dict(state)
    net.eval()
    got = net(torch.randn(2, 1, 8, 8, generator=hw.generator()))
    assert_tensor(
        got, shape=(3, 2, 3), finite=False, hint="Exits come first, then the batch, then the classes."
    )
    finite = torch.isfinite(got).flatten(1).all(dim=1).tolist()
    assert_true(
        finite == [True, True, False],
        f"with NaN in the weights of stage 3, the exits are finite: {finite}; [True, True, False] is due",
        hint="After which stage does each head look at the features?",
    )


# -- early_exit.loss ------------------------------------------------------------------------------------------


@pytest.mark.task("early_exit.loss.early_exit_loss")
def test_loss_worked_by_hand(hw):
    """Two exits, two images, worked by hand."""
    # Exit 1: probabilities (3/4, 1/4) for both images, of which the labels pick 3/4 and 1/4.
    # Exit 2: (1/2, 1/2) for both. Means over the two images: -(log 3/4 + log 1/4) / 2 and log 2.
    logits = torch.tensor(
        [[[math.log(3), 0.0], [math.log(3), 0.0]], [[5.0, 5.0], [0.0, 0.0]]], dtype=torch.float64
    )
    labels, weights = torch.tensor([0, 1]), torch.tensor([1.0, 0.3], dtype=torch.float64)
    expected = -(math.log(3 / 4) + math.log(1 / 4)) / 2 + 0.3 * math.log(2)
    got = hw("early_exit.loss.early_exit_loss")(logits, labels, weights)
    hint = "Mean over the images of each exit, then the weighted sum over the exits."
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
    assert_gradient(
        reply.grads["exit_logits"],
        torch.stack([one, 0.3 * one]),
        hint="Does every exit take part in the loss?",
    )


# -- early_exit.inference -------------------------------------------------------------------------------------


@pytest.mark.task("early_exit.inference.entropy")
def test_entropy_of_known_probabilities(hw):
    """(1/2, 1/4, 1/4) has 1.5 bits, and a uniform law the logarithm of the number of classes."""
    logits = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.1]], dtype=torch.float64).log()
    expected = torch.tensor([1.5 * math.log(2), math.log(3)], dtype=torch.float64)
    got = hw("early_exit.inference.entropy")(logits)
    assert_close(got, expected, hint="Nats; logits are not probabilities yet.")


@pytest.mark.task("early_exit.inference.entropy")
def test_entropy_of_a_sure_prediction(hw):
    """One very large logit: the entropy is 0, not NaN."""
    got = hw("early_exit.inference.entropy")(torch.tensor([[200.0, 0.0, 0.0], [0.0, 0.0, -1000.0]]))
    expected = torch.tensor([0.0, math.log(2)])
    assert_close(
        got, expected, atol=1e-6, hint="0 * log(0) is NaN in floating point: what gives log p by itself?"
    )


@pytest.mark.task("early_exit.inference.exit_index")
def test_first_exit_below_threshold(hw):
    """Every image leaves at the first exit whose entropy is below the threshold; the last exit takes the rest."""
    entropies = torch.tensor([[0.2, 0.9, 0.9, 0.9], [0.1, 0.3, 0.8, 0.6], [0.7, 0.1, 0.9, 0.1]])
    got = hw("early_exit.inference.exit_index")(entropies, 0.5)
    assert_close(got, torch.tensor([0, 1, 2, 2]), hint="The first one below, not the lowest one.")


@pytest.mark.task("early_exit.inference.exit_index")
def test_threshold_zero_and_infinity(hw):
    """No entropy is below 0, so nobody leaves early; every entropy is below infinity."""
    entropies = torch.tensor([[0.0, 0.9], [0.0, 0.3], [0.0, 0.1]])
    function = hw("early_exit.inference.exit_index")
    assert_close(
        function(entropies, 0.0), torch.tensor([2, 2]), hint="Equal is not below.", what="threshold 0"
    )
    assert_close(function(entropies, math.inf), torch.tensor([0, 0]), what="threshold infinity")


def _small_net(hw):
    net = hw.module(NET, num_classes=4, width=2, blocks=(1, 1, 1, 1), in_channels=1, exits=(1, 3))
    net.load_state_dict(random_state(net.state_dict(), hw.generator()))
    net.eval()
    return net


@pytest.mark.task("early_exit.inference.infer")
def test_all_leave_at_once_or_none_does(hw):
    """A huge threshold gives the first exit's logits, threshold 0 the last one's."""
    net, x = _small_net(hw), torch.randn(5, 1, 8, 8, generator=hw.generator())
    every = net(x)
    assert_tensor(every, shape=(3, 5, 4), what="the network's own forward pass")
    infer = hw("early_exit.inference.infer")
    for threshold, exit_number in ((100.0, 0), (0.0, 2)):
        logits, chosen = parts(infer(net, x, threshold), 2, PAIR)
        hint = "What happens in your loop when nobody is left, and when somebody still is after the last early exit?"
        assert_close(
            chosen, torch.full((5,), exit_number), hint=hint, what=f"the exit at threshold {threshold}"
        )
        assert_close(logits, every[exit_number], hint=hint, what=f"the logits at threshold {threshold}")


@pytest.mark.task("early_exit.inference.infer")
def test_rows_leave_by_themselves(hw):
    """Some images leave early and others do not; the results stand in the order of the images."""
    net, x = _small_net(hw), torch.randn(7, 1, 8, 8, generator=hw.generator())
    every = net(x)
    assert_tensor(every, shape=(3, 7, 4), what="the network's own forward pass")
    first = torch.distributions.Categorical(logits=every[0]).entropy()
    ordered = first.sort().values
    widest = int(ordered[1:-1].diff().argmax()) + 1
    threshold = ordered[widest : widest + 2].mean().item()  # two to five images leave at the first exit
    logits, chosen = parts(hw("early_exit.inference.infer")(net, x, threshold), 2, PAIR)
    hint = "Each image decides with its own entropy. How do the rows get back into their order?"
    assert_tensor(chosen, shape=(7,), dtype=torch.int64, hint=hint, what="the exit")
    assert_close(
        (chosen == 0).int(), (first < threshold).int(), hint=hint, what="who leaves at the first exit"
    )
    assert_true(bool((chosen >= 0).all() and (chosen <= 2).all()), "an exit is not in 0..2", hint=hint)
    assert_close(logits, every[chosen, torch.arange(7)], hint=hint, what="the logits")
