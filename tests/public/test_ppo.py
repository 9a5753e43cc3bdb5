"""Question 4(c): masked statistics, advantages and the two losses of PPO."""

import math

import pytest
import torch

from tests.support.compare import assert_close, assert_gradient, assert_no_gradient
from tests.support.tuples import parts

NAN = math.nan
MASK = torch.tensor([[True, True, True], [True, False, False]])


@pytest.mark.task("rlhf.advantages.masked_mean")
def test_mean_over_valid_tokens(hw):
    """The mean is (1 + 2 + 3 + 10) / 4: every token has the same weight, and padding has none, even if it is NaN."""
    x = torch.tensor([[1.0, 2.0, 3.0], [10.0, NAN, 7.0]])
    got = hw("rlhf.advantages.masked_mean")(x, MASK)
    assert_close(
        got, torch.tensor(4.0), hint="It is not the mean of the row means. And remember: 0 * NaN is NaN."
    )


@pytest.mark.task("rlhf.advantages.masked_whiten")
def test_whitening_by_hand(hw):
    """The valid values are 1, 3, 1, 3. Their mean is 2 and their variance is 1."""
    x = torch.tensor([[1.0, 3.0, 1.0], [3.0, 50.0, NAN]])
    got = hw("rlhf.advantages.masked_whiten")(x, MASK)
    expected = torch.tensor([[-1.0, 1.0, -1.0], [1.0, 0.0, 0.0]])
    assert_close(
        got, expected, hint="Take mean and variance over valid tokens only. Padding becomes 0.", rtol=1e-3
    )


@pytest.mark.task("rlhf.advantages.gae")
def test_one_row_by_hand(hw):
    """Gamma = lambda = 1/2, the rewards are 1, 2, 4 and the values are 2, 4, 8.

    delta = [1 + 2 - 2, 2 + 4 - 4, 4 + 0 - 8] = [1, 2, -4]; A = [1 + (2 - 4/4)/4, 2 - 4/4, -4] = [1.25, 1, -4].
    """
    rewards, values = torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[2.0, 4.0, 8.0]])
    got = hw("rlhf.advantages.gae")(rewards, values, torch.ones(1, 3).bool(), 0.5, 0.5)
    advantages, returns = parts(got, 2, "advantages, returns")
    hint = "Go from the last token to the first. What follows the last token?"
    assert_close(advantages, torch.tensor([[1.25, 1.0, -4.0]]), what="advantages", hint=hint)
    assert_close(
        returns, torch.tensor([[3.25, 5.0, 4.0]]), what="returns", hint="Returns are advantages plus values."
    )


@pytest.mark.task("rlhf.advantages.gae")
def test_short_row_knows_nothing_of_its_padding(hw):
    """In a row of one token the advantage is the reward minus the value, whatever the padding contains."""
    rewards, values = torch.tensor([[1.0, 50.0, NAN]]), torch.tensor([[3.0, 70.0, 80.0]])
    got = hw("rlhf.advantages.gae")(rewards, values, torch.tensor([[True, False, False]]), 0.97, 0.9)
    advantages, returns = parts(got, 2, "advantages, returns")
    hint = "Do not use a value after the end of the row."
    assert_close(advantages, torch.tensor([[-2.0, 0.0, 0.0]]), what="advantages", hint=hint)
    assert_close(returns, torch.tensor([[1.0, 0.0, 0.0]]), what="returns")


# Four tokens: ratios 2 and 1/2, each with a positive and a negative advantage. The clip is .2.
RATIO = torch.tensor([[2.0, 0.5, 2.0, 0.5]])
OLD = torch.tensor([[-1.0, -2.0, -3.0, -1.5]])
NEW = OLD + RATIO.log()
ADVANTAGES = torch.tensor([[1.0, 1.0, -1.0, -1.0]])


@pytest.mark.task("rlhf.ppo.clipped_surrogate_loss")
def test_surrogate_in_all_four_cases(hw):
    """Ratio 2 is clipped to 1.2 at A = 1, ratio 1/2 to .8 at A = -1, the others not: loss (-1.2 - .5 + 2 + .8) / 4."""
    got = hw("rlhf.ppo.clipped_surrogate_loss")(NEW, OLD, ADVANTAGES, torch.ones(1, 4).bool(), 0.2)
    hint = "The objective takes the smaller of the two terms. What does a loss take?"
    assert_close(got, torch.tensor(1.1 / 4), hint=hint)


@pytest.mark.task("rlhf.ppo.clipped_surrogate_loss")
def test_surrogate_gradient_is_zero_where_clipped(hw):
    """A clipped token gets no gradient, the others get -A * ratio / N. Old log-probs and advantages are constants."""
    reply = hw("rlhf.ppo.clipped_surrogate_loss").ask(
        log_probs=NEW,
        old_log_probs=OLD,
        advantages=ADVANTAGES,
        mask=torch.ones(1, 4).bool(),
        clip_eps=0.2,
        grad_of=("log_probs", "old_log_probs", "advantages"),
    )
    assert_gradient(reply.grads["log_probs"], torch.tensor([[0.0, -0.125, 0.5, 0.0]]))
    assert_no_gradient(reply.grads["old_log_probs"], what="old_log_probs")
    assert_no_gradient(reply.grads["advantages"], what="advantages")


@pytest.mark.task("rlhf.ppo.clipped_surrogate_loss")
def test_surrogate_ignores_padding(hw):
    """Ratios of 1, rows of 3 and 1 tokens, padding NaN: loss -(1 + 2 + 3 + 6) / 4, gradient -A / 4 at each token."""
    logs = torch.tensor([[-1.0, -2.0, -3.0], [-0.5, NAN, NAN]])
    reply = hw("rlhf.ppo.clipped_surrogate_loss").ask(
        log_probs=logs,
        old_log_probs=logs.clone(),
        advantages=torch.tensor([[1.0, 2.0, 3.0], [6.0, NAN, 5.0]]),
        mask=MASK,
        clip_eps=0.2,
        grad_of=("log_probs",),
    )
    assert_close(reply.value, torch.tensor(-3.0), hint="Every valid token of the batch has the same weight.")
    expected = torch.tensor([[-0.25, -0.5, -0.75], [-1.5, 0.0, 0.0]])
    hint = (
        "Is NaN only in the gradient? What does the backward pass multiply by the zero of a masked position?"
    )
    assert_gradient(reply.grads["log_probs"], expected, hint=hint)


@pytest.mark.task("rlhf.ppo.clipped_value_loss")
def test_value_loss_takes_the_larger_error(hw):
    """Old 0, new 1, clip .2. Target 2: errors 1 and 1.8, so 3.24. Target -.5: 1.5 and .7, so 2.25.

    The loss is half the mean. The token with the clipped error gets no gradient; the other token gets 1.5 / 2.
    All inputs except `values` are constants.
    """
    reply = hw("rlhf.ppo.clipped_value_loss").ask(
        values=torch.tensor([[1.0, 1.0]]),
        old_values=torch.tensor([[0.0, 0.0]]),
        returns=torch.tensor([[2.0, -0.5]]),
        mask=torch.ones(1, 2).bool(),
        clip_eps=0.2,
        grad_of=("values", "old_values", "returns"),
    )
    hint = "Clip around the old value, square both errors, and take the larger one for each token."
    assert_close(reply.value, torch.tensor((3.24 + 2.25) / 4), hint=hint)
    assert_gradient(reply.grads["values"], torch.tensor([[0.0, 0.75]]))
    assert_no_gradient(reply.grads["old_values"], what="old_values")
    assert_no_gradient(reply.grads["returns"], what="returns")


@pytest.mark.task("rlhf.ppo.clipped_value_loss")
def test_value_loss_ignores_padding(hw):
    """Two valid tokens have an error of 1, within the clip, and padding is NaN. The loss is one half."""
    values = torch.tensor([[1.0, 2.0], [5.0, NAN]])
    mask = torch.tensor([[True, False], [True, False]])
    got = hw("rlhf.ppo.clipped_value_loss")(values, values - 0.1, values - 1, mask, 0.2)
    assert_close(got, torch.tensor(0.5), hint="Take the mean over valid tokens only.")
