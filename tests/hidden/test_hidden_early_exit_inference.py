"""Question 3(b): the exit rule, and a batch that really shrinks.

In evaluation mode a test cannot see what a layer has computed. In training mode it can: the running statistics of every
BatchNorm show which rows passed through it, and its counter shows how often.
"""

import math

import pytest
import torch

from tests.oracles import early_exit as oracle
from tests.support.compare import assert_close, assert_no_gradient, assert_true
from tests.support.random_weights import random_state
from tests.support.tuples import parts

INFER = "early_exit.inference.infer"
PAIR = "logits, exit_index"
LOOSE = {"rtol": 1e-3, "atol": 1e-4}  # single precision after a dozen layers
SHAPES = {"some": ((1, 1, 1, 1), (1, 3)), "middle": ((1, 2, 1), (2,)), "baseline": ((1, 1), ())}


def _network(hw, blocks, exits):
    net = hw.module(
        "early_exit.resnet.EarlyExitResNet", num_classes=5, width=2, blocks=blocks, in_channels=2, exits=exits
    )
    state = random_state(net.state_dict(), hw.generator())
    oracle.assert_given_names(state, blocks, exits)
    for name in state:  # makes the heads certain for some images and uncertain for others
        if name.startswith("heads") and name.endswith("weight"):
            state[name] *= 3
    net.load_state_dict(state)
    net.eval()
    return net, oracle.double(state)


@pytest.mark.task("early_exit.inference.entropy")
def test_small_entropy_keeps_its_digits(hw):
    """A nearly certain prediction has a small positive entropy."""
    logits = torch.tensor([[20.0, 0.0], [0.0, 12.0], [-5.0, 9.0]], dtype=torch.float64)
    got = hw("early_exit.inference.entropy")(logits)
    hint = "A small number added inside the logarithm is not small compared with a small entropy."
    assert_close(got, oracle.entropies(logits), rtol=1e-5, atol=0.0, hint=hint)


@pytest.mark.task("early_exit.inference.exit_index")
def test_first_below_not_lowest(hw):
    """Random entropies and all thresholds between them. The entropy of the last exit has no influence."""
    entropies = torch.rand(4, 7, generator=hw.generator(), dtype=torch.float64)
    for threshold in (0.05, 0.2, 0.5, 0.9):
        got = hw("early_exit.inference.exit_index")(entropies, threshold)
        hint = "Take the first exit below the threshold, or the last exit if there is none."
        assert_close(got, oracle.exit_index(entropies, threshold), hint=hint)


@pytest.mark.task("early_exit.inference.exit_index")
def test_single_exit_and_ties(hw):
    """If there is one exit, all images leave there. An entropy equal to the threshold is not below it."""
    function = hw("early_exit.inference.exit_index")
    one = torch.tensor([[0.1, 5.0, 0.0]])
    assert_close(function(one, 0.05), torch.zeros(3, dtype=torch.int64), hint="Exits count from 0.")
    ties = torch.tensor([[0.5, 0.5, 0.25], [0.25, 0.5, 0.5], [0.5, 0.5, 0.5]])
    assert_close(
        function(ties, 0.5), torch.tensor([1, 2, 0]), hint="An equal entropy is not below the threshold."
    )
    hint = "An equal entropy is not below the threshold."
    assert_close(function(ties.T.contiguous().T, 0.25), torch.tensor([2, 2, 2]), hint=hint)


@pytest.mark.task(INFER)
@pytest.mark.parametrize("shape", SHAPES)
def test_same_as_choosing_from_all_exits(hw, shape):
    """Some images leave at each exit. The results equal a selection from the logits of all exits, in order."""
    blocks, exits = SHAPES[shape]
    net, state = _network(hw, blocks, exits)
    rows, height, width, scale = (205, 103, 3, 60.0) if shape == "middle" else (11, 9, 8, 1.0)
    x = scale * torch.randn(rows, 2, height, width, generator=hw.generator()).transpose(2, 3)
    threshold = oracle.separating_threshold(state, x, exits)
    every = oracle.all_logits(state, x, exits)
    chosen = oracle.exit_index(oracle.entropies(every), threshold)
    logits, got = parts(hw(INFER)(net, x, threshold), 2, PAIR)
    hint = "After which stage does each head run, for which rows, and in which order do the rows come back?"
    assert_close(got, chosen, hint=hint, what="the exit")
    assert_close(logits, every[chosen, torch.arange(rows)].float(), hint=hint, what="the logits", **LOOSE)


@pytest.mark.task(INFER)
def test_equal_is_not_below(hw):
    """A completely certain head has entropy 0, and 0 is not below the threshold 0."""
    net, state = _network(hw, *SHAPES["middle"])
    for name in state:
        if name.startswith("heads.0"):
            state[name].zero_()
    state["heads.0.2.bias"][3] = 1000.0
    net.load_state_dict({name: value.to(net.state_dict()[name].dtype) for name, value in state.items()})
    x = torch.randn(3, 2, 8, 8, generator=hw.generator())
    _, got = parts(hw(INFER)(net, x, 0.0), 2, PAIR)
    assert_close(got, torch.tensor([1, 1, 1]), hint="The same rule as in `exit_index`.", what="the exit")


@pytest.mark.task(INFER)
def test_each_row_for_itself(hw):
    """The result of a row is the same alone, in a batch, and in a batch in another order."""
    net, state = _network(hw, *SHAPES["some"])
    x = torch.randn(6, 2, 8, 8, generator=hw.generator())
    threshold = oracle.separating_threshold(state, x, (1, 3))
    expected = oracle.infer(state, x, (1, 3), threshold)
    hint = "Does the decision for one image depend on the other images?"
    for b in range(6):
        logits, got = parts(hw(INFER)(net, x[b : b + 1], threshold), 2, PAIR)
        assert_close(got, expected.exits[b : b + 1], hint=hint, what="the exit of one image alone")
        assert_close(logits, expected.logits[b : b + 1].float(), hint=hint, **LOOSE)
    order = torch.tensor([4, 0, 5, 5, 2, 1, 3])
    logits, got = parts(hw(INFER)(net, x[order], threshold), 2, PAIR)
    assert_close(got, expected.exits[order], hint=hint, what="the exits in another order")
    assert_close(logits, expected.logits[order].float(), hint=hint, **LOOSE)


@pytest.mark.task(INFER)
def test_only_those_who_stay_go_on(hw):
    """Every stage runs once, with the remaining rows only. The mode of the model does not change."""
    net, state = _network(hw, *SHAPES["some"])
    net.train()
    x = torch.randn(12, 2, 16, 16, generator=hw.generator())
    threshold = oracle.separating_threshold(state, x, (1, 3), training=True)
    expected = oracle.infer(state, x, (1, 3), threshold, training=True)
    logits, got = parts(hw(INFER)(net, x, threshold), 2, PAIR)
    after = net.state_dict()
    hint = (
        "Which rows does the next stage get? Do not compute rows that have left. "
        "(In training mode the running statistics of BatchNorm show this; `infer` must not change the mode.)"
    )
    for name, (mean, variance) in expected.seen.items():
        moved = 0.9 * state[f"{name}.running_mean"] + 0.1 * mean
        assert_close(after[f"{name}.running_mean"], moved.float(), hint=hint, **LOOSE)
        moved = 0.9 * state[f"{name}.running_var"] + 0.1 * variance
        assert_close(after[f"{name}.running_var"], moved.float(), hint=hint, **LOOSE)
    assert_close(got, expected.exits, hint=hint, what="the exit")
    assert_close(logits, expected.logits.float(), hint=hint, what="the logits", **LOOSE)


@pytest.mark.task(INFER)
def test_nothing_runs_when_nobody_is_left(hw):
    """When all images have left, later stages do not run."""
    net, _ = _network(hw, *SHAPES["some"])
    net.train()
    hw(INFER)(net, torch.randn(5, 2, 16, 16, generator=hw.generator()), math.inf)
    runs = {name: int(n) for name, n in net.state_dict().items() if name.endswith("num_batches_tracked")}
    early = [n for name, n in runs.items() if name.startswith(("stem", "stages.0"))]
    late = [n for name, n in runs.items() if name.startswith(("stages.1", "stages.2", "stages.3"))]
    hint = "When is the work finished?"
    assert_true(set(early) == {1}, "the stem and the first stage do not run exactly once", hint=hint)
    assert_true(set(late) == {0}, "later stages run although all images have left", hint=hint)


@pytest.mark.task(INFER)
def test_what_lies_behind_an_exit_does_not_matter(hw):
    """NaN in later stages does not affect images that leave early; they get no gradient; the model is unchanged."""
    net, state = _network(hw, *SHAPES["some"])
    # Every image that is uncertain at the first exit is certain at the second one. So no entropy of NaN is needed;
    # `entropy` does not define it.
    state["heads.1.2.weight"].zero_()
    state["heads.1.2.bias"][3] = 50.0
    x = torch.randn(9, 2, 8, 8, generator=hw.generator())
    threshold = oracle.separating_threshold(state, x, (1, 3))
    expected = oracle.infer(state, x, (1, 3), threshold)
    broken = {name: value.to(net.state_dict()[name].dtype) for name, value in state.items()}
    broken["stages.3.0.bn2.bias"] = torch.full_like(broken["stages.3.0.bn2.bias"], math.nan)
    net.load_state_dict(broken)
    reply = hw(INFER).ask(model=net, x=x, threshold=threshold, grad_of=("x",))
    logits, got = parts(reply.value, 2, PAIR)
    hint = "Select rows by index: 0 times NaN is NaN."
    assert_close(got, expected.exits, hint=hint, what="the exit")
    assert_close(logits, expected.logits.float(), hint=hint, what="the logits", **LOOSE)
    assert_no_gradient(reply.grads["x"], hint="Inference must not keep a graph.")
    after = net.state_dict()
    same = all(torch.equal(after[name].nan_to_num(), value.nan_to_num()) for name, value in broken.items())
    assert_true(same, "inference in evaluation mode changes weights or buffers of the model")
