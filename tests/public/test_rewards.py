"""Question 4(c): divergence, shaped rewards and the reward model."""

import math

import pytest
import torch

from tests.support.compare import assert_close, assert_gradient, assert_no_gradient, assert_true
from tests.support.tuples import parts

LOG_PROBS = torch.tensor([[-1.0, -2.0, 7.0], [-0.5, 7.0, 7.0]])
REF = torch.tensor([[-1.5, -1.0, -9.0], [-0.25, 8.0, 8.0]])
MASK = torch.tensor([[True, True, False], [True, False, False]])


@pytest.mark.task("rlhf.rewards.kl_estimates")
def test_estimators_at_one_ratio(hw):
    """For the log-ratio log 2: k1 = log 2, k2 = (log 2)^2 / 2, k3 = 1/2 - 1 + log 2."""
    got = hw("rlhf.rewards.kl_estimates")(torch.tensor([-1.0]), torch.tensor([-1.0 - math.log(2)]))
    k1, k2, k3 = parts(got, 3, "k1, k2, k3")
    ratio = math.log(2)
    hint = "It is policy minus reference. Which of them drew the tokens?"
    assert_close(k1, torch.tensor([ratio]), what="k1", hint=hint)
    assert_close(k2, torch.tensor([ratio**2 / 2]), what="k2")
    hint = "exp(-log-ratio) is the inverse ratio."
    assert_close(k3, torch.tensor([0.5 - 1 + ratio]), what="k3", hint=hint)


@pytest.mark.task("rlhf.rewards.kl_estimates")
def test_reference_gets_no_gradient(hw):
    """The reference is frozen: it gets no gradient."""
    ask = hw("rlhf.rewards.kl_estimates").ask
    reply = ask(
        log_probs=torch.tensor([-1.0]),
        ref_log_probs=torch.tensor([-2.0]),
        grad_of=("log_probs", "ref_log_probs"),
    )
    # d(k1 + k2 + k3) / d log_probs at log-ratio 1: 1 + 1 + (1 - e^-1)
    assert_gradient(reply.grads["log_probs"], torch.tensor([3 - math.exp(-1)]))
    assert_no_gradient(reply.grads["ref_log_probs"], what="ref_log_probs")


@pytest.mark.task("rlhf.rewards.shaped_rewards")
def test_price_everywhere_and_score_at_the_last_token(hw):
    """With kl_coef .1, row 0 gets -.1 * .5 and -.1 * -1, and its score 2 is added at token 1. Row 1 has one token."""
    got = hw("rlhf.rewards.shaped_rewards")(torch.tensor([2.0, 3.0]), LOG_PROBS, REF, MASK, 0.1)
    expected = torch.tensor([[-0.05, 2.1, 0.0], [3.025, 0.0, 0.0]])
    assert_close(got, expected, hint="Which token is the last valid one of each row? Padding gets 0.")


@pytest.mark.task("rlhf.rewards.adaptive_kl_coef")
def test_price_rises_after_too_much_divergence(hw):
    """The KL is ten per cent too large for a tenth of the horizon: the coefficient rises by one per cent."""
    got = hw("rlhf.rewards.adaptive_kl_coef")(0.2, 6.6, 6.0, 100, 1000)
    is_tensor = isinstance(got, torch.Tensor)
    assert_true(
        not is_tensor, "the result is a tensor; expected a number", hint="See the signature.", failure="type"
    )
    assert_close(got, 0.202, hint="The error is relative to the target.", rtol=1e-9)


@pytest.mark.task("rlhf.rewards.adaptive_kl_coef")
def test_error_is_clipped(hw):
    """A KL of ten times the target counts as only a fifth too large."""
    got = hw("rlhf.rewards.adaptive_kl_coef")(0.2, 60.0, 6.0, 500, 1000)
    assert_close(got, 0.22, hint="What is clipped: the error or the coefficient?")


@pytest.mark.task("rlhf.reward_model.last_token_score")
def test_score_is_read_at_the_last_token(hw):
    """The rows have lengths 2, 3 and 1: the score of each row is that of its last valid token."""
    scores = torch.tensor([[8.0, 1.0, 9.0], [3.0, 7.0, 5.0], [6.0, 2.0, 4.0]])
    mask = torch.tensor([[True, True, False], [True, True, True], [True, False, False]])
    got = hw("rlhf.reward_model.last_token_score")(scores, mask)
    assert_close(got, torch.tensor([1.0, 5.0, 6.0]), hint="The last column is padding for shorter rows.")


@pytest.mark.task("rlhf.reward_model.preference_loss")
def test_preference_loss_by_hand(hw):
    """For the differences 0 and log 3 the loss is -(log 1/2 + log 3/4) / 2."""
    got = hw("rlhf.reward_model.preference_loss")(torch.tensor([1.0, math.log(3)]), torch.tensor([1.0, 0.0]))
    hint = "Chosen minus rejected. Take the mean, in nats."
    assert_close(got, torch.tensor(-(math.log(0.5) + math.log(0.75)) / 2), hint=hint)


@pytest.mark.task("rlhf.reward_model.preference_loss")
def test_preference_loss_survives_large_differences(hw):
    """A difference of -200 costs 200 nats, not infinity."""
    got = hw("rlhf.reward_model.preference_loss")(torch.tensor([-100.0]), torch.tensor([100.0]))
    assert_close(
        got, torch.tensor(200.0), hint="log(sigmoid(x)) underflows. Look for one function that computes both."
    )
