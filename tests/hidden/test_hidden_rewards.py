"""Question 4(c), hidden: KL estimates, shaped rewards and the reward model, with garbage at the padding."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles.rlhf import ragged_mask
from tests.support.compare import (
    assert_close,
    assert_gradient,
    assert_no_gradient,
    assert_tensor,
    assert_true,
)
from tests.support.tuples import parts

NAN, INF = math.nan, math.inf
LENGTHS = [3, 1, 5]
MASK = ragged_mask(LENGTHS, 5)
GARBAGE = torch.tensor([NAN, INF, -INF, 1e30, NAN], dtype=torch.float64)


def _dirty(x, garbage=GARBAGE):
    """`x` with garbage at the padding, in the same memory layout (torch.where would make it contiguous)."""
    dirty = x.clone()
    dirty[~MASK] = garbage.expand_as(x)[~MASK]
    return dirty


@pytest.mark.task("rlhf.rewards.kl_estimates")
def test_expectations_under_the_policy(hw):
    """For a policy over four tokens, k1 and k3 have the KL divergence as mean, and k2 half the mean square."""
    policy = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)
    reference = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
    got = hw("rlhf.rewards.kl_estimates")(policy.log(), reference.log())
    k1, k2, k3 = parts(got, 3, "k1, k2, k3")
    for k in (k1, k2, k3):
        assert_tensor(k, shape=(4,), dtype=torch.float64)
    divergence = sum(p * math.log(p / q) for p, q in zip(policy.tolist(), reference.tolist(), strict=True))
    square = sum(
        p * math.log(p / q) ** 2 / 2 for p, q in zip(policy.tolist(), reference.tolist(), strict=True)
    )
    hint = "Which of the two is the numerator of the ratio?"
    assert_close((policy * k1).sum(), divergence, what="the mean of k1", hint=hint)
    assert_close((policy * k2).sum(), square, what="the mean of k2", hint="There is a factor of one half.")
    hint = "Which of the two is the numerator of the ratio in k3?"
    assert_close((policy * k3).sum(), divergence, what="the mean of k3", hint=hint)
    assert_true(bool((k3 >= 0).all()), "k3 is negative somewhere", hint="e^x >= 1 + x for every x.")


@pytest.mark.task("rlhf.rewards.kl_estimates")
def test_tiny_differences_keep_their_digits(hw):
    """For a log-ratio of 1e-6, k3 is half its square, 5e-13, with relative error 1e-4 in double precision."""
    log_probs = torch.full((2, 3), -1.0, dtype=torch.float64)
    _, k2, k3 = parts(hw("rlhf.rewards.kl_estimates")(log_probs, log_probs - 1e-6), 3, "k1, k2, k3")
    expected = torch.full((2, 3), 5e-13, dtype=torch.float64)
    assert_close(k2, expected, rtol=1e-4, what="k2")
    assert_close(k3, expected, rtol=1e-3, what="k3")


@pytest.mark.task("rlhf.rewards.kl_estimates")
def test_gradient_of_each_estimator(hw):
    """With weights 1, 10, 100 the gradient is 1 + 10 lr + 100 (1 - e^-lr). The reference is a constant."""
    log_probs = torch.tensor([[-0.4, -2.0, -1.0]], dtype=torch.float64)
    reference = torch.tensor([[-1.0, -0.5, -1.1]], dtype=torch.float64)
    one = torch.ones_like(log_probs)
    reply = hw("rlhf.rewards.kl_estimates").ask(
        log_probs=log_probs,
        ref_log_probs=reference,
        grad_of=("log_probs", "ref_log_probs"),
        cotangent=(one, 10 * one, 100 * one),
    )
    ratio = log_probs - reference
    expected = 1 + 10 * ratio + 100 * (1 - (-ratio).exp())
    assert_gradient(reply.grads["log_probs"], expected, hint="All three are differentiable in the policy.")
    assert_no_gradient(reply.grads["ref_log_probs"], what="ref_log_probs")


@pytest.mark.task("rlhf.rewards.shaped_rewards")
def test_shaped_rewards_on_ragged_rows(hw):
    """Rows of length 3, 1 and 5 with garbage padding and scores of both signs, compared with plain loops."""
    log_probs = -torch.rand(5, 3, generator=hw.generator(), dtype=torch.float64).t()
    reference = -torch.rand(5, 3, generator=hw.generator(), dtype=torch.float64).t()
    scores = torch.tensor([0.7, -1.3, 2.1], dtype=torch.float64)
    expected = torch.zeros(3, 5, dtype=torch.float64)
    for b, length in enumerate(LENGTHS):
        for t in range(length):
            expected[b, t] = -0.3 * (log_probs[b, t] - reference[b, t]) + (
                scores[b] if t == length - 1 else 0
            )
    reply = hw("rlhf.rewards.shaped_rewards").ask(
        scores=scores,
        log_probs=_dirty(log_probs),
        ref_log_probs=_dirty(reference, GARBAGE.flip(0)),
        mask=MASK,
        kl_coef=0.3,
        grad_of=("log_probs", "scores"),
    )
    hint = "A KL penalty at every valid token, the score at the last valid one, 0 at padding."
    assert_close(reply.value, expected, hint=hint)
    assert_no_gradient(reply.grads["log_probs"], what="log_probs", hint="For the update, rewards are data.")
    assert_no_gradient(reply.grads["scores"], what="scores")


@pytest.mark.task("rlhf.rewards.shaped_rewards")
def test_without_a_price_only_the_score_is_left(hw):
    """With kl_coef = 0 the result has only the score at the end of each row."""
    scores = torch.tensor([1.0, 2.0, 3.0])
    logs = torch.full((3, 5), -2.0)
    expected = torch.zeros(3, 5)
    expected[0, 2], expected[1, 0], expected[2, 4] = 1.0, 2.0, 3.0
    got = hw("rlhf.rewards.shaped_rewards")(scores, logs, logs - 1, MASK, 0.0)
    assert_close(got, expected, hint="Where does each response end?")


@pytest.mark.task("rlhf.rewards.adaptive_kl_coef")
@given(
    st.floats(0.001, 2),
    st.floats(0, 50),
    st.floats(0.1, 20),
    st.integers(1, 500),
    st.integers(500, 50_000),
)
def test_controller_against_its_equation(hw, coef, observed, target, steps, horizon):
    """The change is proportional to the relative error, clipped to one fifth on both sides, and to steps / horizon."""
    error = observed / target - 1
    error = -0.2 if error < -0.2 else 0.2 if error > 0.2 else error
    expected = coef + coef * error * steps / horizon
    got = hw("rlhf.rewards.adaptive_kl_coef")(coef, observed, target, steps, horizon)
    hint = "Does the coefficient fall if the KL is too small? By how much at most?"
    assert_close(got, expected, rtol=1e-9, hint=hint)


@pytest.mark.task("rlhf.reward_model.last_token_score")
def test_scores_of_ragged_rows_and_their_gradient(hw):
    """Rows of length 3, 1 and 5, NaN at padding. The gradient is 1 at the last valid token of each row, else 0."""
    scores = torch.randn(5, 3, generator=hw.generator(), dtype=torch.float64).t()
    # In the longest row the last score is below the first and above the second: neither maximum nor minimum.
    scores = scores + torch.tensor([[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [9, -9, 0, 0, 0]])
    dirty = _dirty(scores, torch.tensor(NAN, dtype=torch.float64))
    ask = hw("rlhf.reward_model.last_token_score").ask
    weights = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    reply = ask(token_scores=dirty, mask=MASK, grad_of=("token_scores",), cotangent=weights)
    expected = torch.stack([scores[b, n - 1] for b, n in enumerate(LENGTHS)])
    assert_close(reply.value, expected, hint="Count the valid tokens of each row. 0 * NaN is NaN.")
    gradient = torch.zeros(3, 5, dtype=torch.float64)
    for b, n in enumerate(LENGTHS):
        gradient[b, n - 1] = weights[b]
    assert_gradient(reply.grads["token_scores"], gradient, hint="Only the last valid token has an influence.")


@pytest.mark.task("rlhf.reward_model.preference_loss")
def test_preference_loss_and_both_gradients(hw):
    """For five pairs the loss is the mean of log(1 + e^-d), and the gradients are -/+ sigmoid(-d) / 5."""
    chosen = torch.tensor([0.3, -2.0, 5.0, 1.0, 40.0], dtype=torch.float64)
    rejected = torch.tensor([1.3, -2.5, -5.0, 1.0, -40.0], dtype=torch.float64)
    ask = hw("rlhf.reward_model.preference_loss").ask
    reply = ask(chosen_scores=chosen, rejected_scores=rejected, grad_of=("chosen_scores", "rejected_scores"))
    differences = (chosen - rejected).tolist()
    expected = sum(math.log1p(math.exp(-d)) for d in differences) / 5
    slope = torch.tensor([1 / (1 + math.exp(d)) / 5 for d in differences], dtype=torch.float64)
    hint = "Use chosen minus rejected, and the mean over pairs."
    assert_close(reply.value, torch.tensor(expected, dtype=torch.float64), hint=hint)
    assert_gradient(reply.grads["chosen_scores"], -slope, hint="Both scores get a gradient.")
    assert_gradient(reply.grads["rejected_scores"], slope, hint="Both scores get a gradient.")


@pytest.mark.task("rlhf.reward_model.preference_loss")
def test_preference_loss_far_out(hw):
    """Differences of -1e4 and +1e4 cost 1e4 and 0 nats; the gradients are -1/2 and 0."""
    chosen, rejected = torch.tensor([0.0, 1e4]), torch.tensor([1e4, 0.0])
    ask = hw("rlhf.reward_model.preference_loss").ask
    reply = ask(chosen_scores=chosen, rejected_scores=rejected, grad_of=("chosen_scores",))
    assert_close(reply.value, torch.tensor(5e3), hint="Your code must not take log(0) or add infinities.")
    hint = "The gradient must be finite, even for extreme differences."
    assert_gradient(reply.grads["chosen_scores"], torch.tensor([-0.5, 0.0]), hint=hint)
