"""Question 4(c), hidden: statistics, advantages and losses on rows of different lengths, compared with plain loops."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import rlhf as oracle
from tests.support.compare import assert_close, assert_gradient, assert_no_gradient, assert_tensor
from tests.support.tuples import parts

LENGTHS = [4, 1, 6, 2, 6]
MASK = oracle.ragged_mask(LENGTHS, 6)
GARBAGE = torch.tensor([math.nan, math.inf, -math.inf, 1e30, math.nan, -7.0], dtype=torch.float64)


def _draw(hw, scale=1.0):
    """Float64[5, 6], not contiguous."""
    return torch.randn(6, 5, generator=hw.generator(), dtype=torch.float64).t() * scale


def _dirty(x):
    """`x` with garbage at the padding, in the same memory layout (torch.where would make it contiguous)."""
    dirty = x.clone()
    dirty[~MASK] = GARBAGE.expand_as(x)[~MASK]
    return dirty


@pytest.mark.task("rlhf.advantages.masked_whiten")
def test_equal_values_do_not_divide_by_zero(hw):
    """If all valid values are equal, the result is zero."""
    got = hw("rlhf.advantages.masked_whiten")(torch.full((5, 6), 3.0, dtype=torch.float64), MASK)
    assert_close(got, torch.zeros(5, 6, dtype=torch.float64), atol=1e-3, hint="What is eps for?")


@pytest.mark.task("rlhf.advantages.masked_whiten")
def test_eps_stands_under_the_root(hw):
    """With variance 1 and eps 3 the values are halved."""
    x, mask = torch.tensor([[1.0, 3.0]], dtype=torch.float64), torch.ones(1, 2).bool()
    got = hw("rlhf.advantages.masked_whiten")(x, mask, eps=3.0)
    hint = "Where is eps in the formula of the docstring?"
    assert_close(got, torch.tensor([[-0.5, 0.5]], dtype=torch.float64), hint=hint)


@pytest.mark.task("rlhf.advantages.gae")
@given(st.integers(1, 6), st.floats(0.5, 1), st.floats(0, 1))
def test_perfect_values_leave_no_advantage(hw, length, gamma, lam):
    """If the values are the discounted future rewards, every advantage is 0 and the returns are the values."""
    rewards = [0.5, -1.0, 2.0, 0.25, -0.75, 1.5][:length]
    values = [0.0] * (length + 1)
    for t in reversed(range(length)):
        values[t] = rewards[t] + gamma * values[t + 1]
    as_row = lambda row: torch.tensor([row], dtype=torch.float64)  # noqa: E731
    mask = torch.ones(1, length).bool()
    got = hw("rlhf.advantages.gae")(as_row(rewards), as_row(values[:length]), mask, gamma, lam)
    advantages, returns = parts(got, 2, "advantages, returns")
    assert_close(advantages, torch.zeros(1, length, dtype=torch.float64), atol=1e-12, what="advantages")
    assert_close(returns, as_row(values[:length]), what="returns")


@pytest.mark.task("rlhf.ppo.clipped_surrogate_loss")
def test_first_update_is_the_policy_gradient(hw):
    """If new and old log-probs are equal, the gradient is -A / N."""
    logs, advantages = _draw(hw) - 1, _draw(hw)
    reply = hw("rlhf.ppo.clipped_surrogate_loss").ask(
        log_probs=logs,
        old_log_probs=logs,
        advantages=advantages,
        mask=MASK,
        clip_eps=0.2,
        grad_of=("log_probs",),
    )
    assert_tensor(reply.value, shape=(), dtype=torch.float64)
    expected = torch.where(MASK, -advantages / 19, 0.0)
    hint = "A ratio of 1 is not a constant: its gradient is that of log pi."
    assert_gradient(reply.grads["log_probs"], expected, hint=hint)


@pytest.mark.task("rlhf.ppo.clipped_value_loss")
def test_value_loss_against_plain_loops(hw):
    """Values on both sides of the clip, targets on both sides of old and new values; padding has garbage."""
    count = MASK.flatten().cumsum(0).reshape(MASK.shape) - 1  # the valid tokens cover all twelve cases
    moves = torch.tensor([0.6, -0.6, 0.1, -0.1], dtype=torch.float64)[count % 4]
    targets = torch.tensor([1.0, -1.0, 0.5], dtype=torch.float64)[count // 4 % 3]
    old = _draw(hw)
    new, returns = old + moves, old + targets + _draw(hw, 0.02)
    loss, gradient = oracle.value_loss(new, old, returns, LENGTHS, 0.3)
    reply = hw("rlhf.ppo.clipped_value_loss").ask(
        values=_dirty(new),
        old_values=_dirty(old),
        returns=_dirty(returns),
        mask=MASK,
        clip_eps=0.3,
        grad_of=("values", "old_values", "returns"),
    )
    assert_close(
        reply.value, torch.tensor(loss, dtype=torch.float64), hint="Take half of the larger squared error."
    )
    assert_gradient(
        reply.grads["values"], gradient, hint="If the clipped error is the larger one, the gradient is 0."
    )
    assert_no_gradient(reply.grads["old_values"], what="old_values")
    assert_no_gradient(reply.grads["returns"], what="returns")
