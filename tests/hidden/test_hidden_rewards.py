"""Question 4(c), hidden: KL estimates, shaped rewards and the reward model, with garbage at the padding."""

import math

import pytest
import torch

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
def test_without_a_price_only_the_score_is_left(hw):
    """With kl_coef = 0 the result has only the score at the end of each row."""
    scores = torch.tensor([1.0, 2.0, 3.0])
    logs = torch.full((3, 5), -2.0)
    expected = torch.zeros(3, 5)
    expected[0, 2], expected[1, 0], expected[2, 4] = 1.0, 2.0, 3.0
    got = hw("rlhf.rewards.shaped_rewards")(scores, logs, logs - 1, MASK, 0.0)
    assert_close(got, expected, hint="Where does each response end?")
