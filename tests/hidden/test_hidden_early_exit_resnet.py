"""Question 3(b): the network and the loss, compared with a functional forward pass in double precision."""

import pytest
import torch

from tests.oracles import early_exit as oracle
from tests.support.compare import assert_close, assert_gradient, assert_tensor
from tests.support.random_weights import random_state

NET, BLOCK, LOSS = (
    "early_exit.resnet.EarlyExitResNet",
    "early_exit.resnet.BasicBlock",
    "early_exit.loss.early_exit_loss",
)
LOOSE = {"rtol": 1e-3, "atol": 1e-4}  # single precision after a dozen layers
# Rows, height, width and standard deviation of images.
SMALL, LARGE = (2, 7, 9, 1.0), (205, 103, 3, 60.0)
SHAPES = {
    "all": {"blocks": (1, 2, 1, 1), "exits": (1, 2, 3)},
    "some": {"blocks": (2, 1, 1, 1), "exits": (1, 3)},
    "middle": {"blocks": (1, 1, 2), "exits": (2,)},
    "baseline": {"blocks": (1, 2), "exits": ()},
}


def _with_random_weights(hw, target, **arguments):
    net = hw.module(target, **arguments)
    state = random_state(net.state_dict(), hw.generator())
    if target == NET:
        oracle.assert_given_names(state, arguments["blocks"], arguments["exits"])
    net.load_state_dict(state)
    return net, oracle.double(state)


def _images(hw, channels, images):
    rows, height, width, scale = images
    return scale * torch.randn(rows, channels, height, width, generator=hw.generator())


@pytest.mark.task("early_exit.resnet.BasicBlock")
@pytest.mark.parametrize(
    ("channels", "stride", "images"), [((3, 3), 1, SMALL), ((2, 5), 1, LARGE), ((3, 6), 2, SMALL)]
)
def test_block(hw, channels, stride, images):
    """The block with the same shape, with more channels, with half the size, with transposed and with large inputs."""
    net, state = _with_random_weights(
        hw, BLOCK, in_channels=channels[0], out_channels=channels[1], stride=stride
    )
    net.eval()
    x = _images(hw, channels[0], images).transpose(2, 3)
    expected = oracle.basic_block(state, "", x.double(), stride).float()
    hint = "Convolution, normalisation, ReLU, convolution, normalisation. What is added, and where is the last ReLU?"
    assert_close(net(x), expected, hint=hint, **LOOSE)


@pytest.mark.task("early_exit.resnet.BasicBlock")
def test_block_in_training(hw):
    """In training mode batch statistics are used, and each layer gets the batch once."""
    net, state = _with_random_weights(hw, BLOCK, in_channels=2, out_channels=3, stride=2)
    net.train()
    x = torch.randn(5, 2, 6, 4, generator=hw.generator())
    seen: oracle.Statistics = {}
    expected = oracle.basic_block(state, "", x.double(), 2, seen)
    assert_close(net(x), expected.float(), hint="Use the given layers, each of them once.", **LOOSE)
    after = net.state_dict()
    for name, (mean, _) in seen.items():
        expected = 0.9 * state[f"{name}.running_mean"] + 0.1 * mean
        hint = "Does each layer run once, on the output of the previous layer?"
        assert_close(after[f"{name}.running_mean"], expected.float(), hint=hint)


@pytest.mark.task("early_exit.resnet.BasicBlock")
def test_block_gradients(hw):
    """The gradient reaches the input through both paths, and every weight."""
    net = hw.module(BLOCK, in_channels=2, out_channels=3, stride=1)
    state, x = _smooth_point(hw, net, (2, 2, 5, 3), lambda s, x: oracle.basic_block(s, "", x, 1))
    assert_tensor(net(x), shape=(2, 3, 5, 3), dtype=torch.float32)  # the shape of the cotangent
    cotangent = torch.randn(2, 3, 5, 3, generator=hw.generator())
    reply = net.ask(x=x, grad_of=("x", "self"), cotangent=cotangent)
    wide = x.double().requires_grad_()
    expected = _gradients(state, lambda s: oracle.basic_block(s, "", wide, 1), cotangent, [wide])
    hint = "Is the gradient cut on one of the two paths from input to output?"
    _compare(reply.grads["x"], expected.pop("x 0"), hint)
    for name, gradient in expected.items():
        _compare(reply.grads["self"][name], gradient, hint)


def _smooth_point(hw, net, shape, forward):
    """Weights and an input for which no ReLU input is close to 0: loaded into `net`, and in double precision."""
    for _ in range(50):
        drawn = random_state(net.state_dict(), hw.generator())
        x, state = torch.randn(shape, generator=hw.generator()), oracle.double(drawn)
        if oracle.smooth_around(lambda state=state, x=x: forward(state, x.double())):
            break
    net.load_state_dict(drawn)
    net.eval()
    return state, x


def _compare(got, expected, hint):
    size = max(1.0, expected.abs().max().item())
    assert_gradient(got, expected.float(), hint=hint, rtol=1e-3, atol=1e-5 * size)


def _gradients(state, function, cotangent, inputs=()):
    """Of sum(function(state) * cotangent), to each float parameter of a state (buffers aside) and to `inputs`."""
    trained = {
        name: value.clone().requires_grad_()
        for name, value in state.items()
        if "running" not in name and "num_batches" not in name
    }
    leaves = [*inputs, *trained.values()]
    value = (function({**state, **trained}) * cotangent.double()).sum()
    names = [*(f"x {i}" for i in range(len(inputs))), *trained]
    return dict(zip(names, torch.autograd.grad(value, leaves), strict=True))


@pytest.mark.task("early_exit.resnet.EarlyExitResNet")
@pytest.mark.parametrize("shape", SHAPES)
def test_network(hw, shape):
    """Exits after all, some, one or none of the early stages; images are rectangular, also many and large ones."""
    net, state = _with_random_weights(hw, NET, num_classes=3, width=2, in_channels=2, **SHAPES[shape])
    net.eval()
    x = _images(hw, 2, LARGE if shape == "middle" else SMALL).transpose(2, 3)
    expected = oracle.all_logits(state, x, SHAPES[shape]["exits"]).float()
    hint = "After which stage is each head, and which head is the last one?"
    assert_close(net(x), expected, hint=hint, **LOOSE)


@pytest.mark.task("early_exit.resnet.EarlyExitResNet")
def test_network_in_training(hw):
    """In training mode every image passes every stage once."""
    net, state = _with_random_weights(hw, NET, num_classes=3, width=2, in_channels=1, **SHAPES["some"])
    net.train()
    x = torch.randn(70, 1, 16, 16, generator=hw.generator())
    net(x)
    after = net.state_dict()
    seen = oracle.infer(state, x, (1, 3), 0.0, training=True).seen  # at threshold 0 no image leaves early
    for name, (mean, variance) in seen.items():
        hint = "In `forward` no image leaves: every layer gets the complete batch once."
        expected = 0.9 * state[f"{name}.running_mean"] + 0.1 * mean
        assert_close(after[f"{name}.running_mean"], expected.float(), hint=hint, **LOOSE)
        expected = 0.9 * state[f"{name}.running_var"] + 0.1 * variance
        assert_close(after[f"{name}.running_var"], expected.float(), hint=hint, **LOOSE)


@pytest.mark.task("early_exit.resnet.EarlyExitResNet")
def test_network_gradients(hw):
    """The loss of every exit reaches all layers before it."""
    net = hw.module(NET, num_classes=3, width=2, in_channels=1, **SHAPES["some"])
    state, x = _smooth_point(hw, net, (2, 1, 9, 9), lambda s, x: oracle.all_logits(s, x, (1, 3)))
    hint = "Return one tensor: first the exits, then the batch, then the classes."
    assert_tensor(net(x), shape=(3, 2, 3), dtype=torch.float32, hint=hint)  # the shape of the cotangent
    cotangent = torch.randn(3, 2, 3, generator=hw.generator())
    grads = net.ask(x, grad_of=("self",), cotangent=cotangent).grads["self"]
    expected = _gradients(state, lambda s: oracle.all_logits(s, x, (1, 3)), cotangent)
    for name, gradient in expected.items():
        _compare(
            grads[name],
            gradient,
            "Is a tensor detached between stages, or between a stage and its head?",
        )
