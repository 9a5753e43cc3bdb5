"""The closed forms of question 4(c), which students implement, compared with the code and with libraries."""

import math

import pytest
import torch
from scipy import special, stats

from solutions.rlhf import advantages, log_probs, ppo, reward_model, rewards

from .forms import checks

P, Q = [0.3, 0.02, 0.9], [0.5, 0.4, 0.85]  # of a drawn token, under the policy and the reference
CLOSE = {"rel": 1e-12, "abs": 0}


def row(*values):
    """One response."""
    return torch.tensor([values], dtype=torch.float64)


def every(tensor):
    return torch.ones_like(tensor).bool()


@checks("q4c.temperature")
def test_probabilities_at_a_temperature(form):
    logits = [1.3, -0.2, 0.7, 2.1]
    for token in range(4):
        got = float(form(u=dict(enumerate(logits, 1)), K=4, v=token + 1, tau=0.6))
        assert got == pytest.approx(special.softmax([u / 0.6 for u in logits])[token], **CLOSE)
        by_code = log_probs.token_log_probs(row(*logits)[None], torch.tensor([[token]]), 0.6)
        assert got == pytest.approx(math.exp(float(by_code)), **CLOSE)


@checks("q4c.k1")
def test_first_estimate(form):
    _is_estimate(form, 0)


@checks("q4c.k2")
def test_second_estimate(form):
    _is_estimate(form, 1)


@checks("q4c.k3")
def test_third_estimate(form):
    _is_estimate(form, 2)


def _is_estimate(form, which):
    """Like in the code; the mean of the first and of the third is the KL divergence of two distributions."""
    law, other = [0.5, 0.2, 0.3], [0.1, 0.6, 0.3]
    mean = sum(p * float(form(p=p, q=q)) for p, q in zip(law, other, strict=True))
    assert (mean == pytest.approx(float(stats.entropy(law, other)), rel=1e-12)) == (which != 1)
    by_code = rewards.kl_estimates(row(*P).log(), row(*Q).log())[which].flatten().tolist()
    for p, q, right in zip(P, Q, by_code, strict=True):
        assert float(form(p=p, q=q)) == pytest.approx(right, rel=1e-11)


@checks("q4c.last_reward")
def test_reward_of_the_last_token(form):
    got = float(form(s=1.7, beta=0.1, p_n=P[2], q_n=Q[2]))
    assert got == pytest.approx(1.7 - 0.1 * math.log(P[2] / Q[2]), **CLOSE)
    scores = torch.tensor([1.7], dtype=torch.float64)
    shaped = rewards.shaped_rewards(scores, row(*P).log(), row(*Q).log(), every(row(*P)), 0.1)
    assert got == pytest.approx(float(shaped[0, 2]), **CLOSE)
    # The other tokens have only the KL penalty, as the text says.
    assert float(form(s=0, beta=0.1, p_n=P[0], q_n=Q[0])) == pytest.approx(float(shaped[0, 0]), **CLOSE)


@checks("q4c.next_price")
def test_next_kl_coefficient(form):
    for divergence in (5.0, 6.3, 60.0, 0.1):
        got = float(form(beta=0.2, D=divergence, D_0=6.0, N=64, H=1000))
        error = sorted((-0.2, divergence / 6.0 - 1, 0.2))[1]
        assert got == pytest.approx(0.2 + 0.2 * error * 0.064, **CLOSE)
        assert got == pytest.approx(rewards.adaptive_kl_coef(0.2, divergence, 6.0, 64, 1000), **CLOSE)


@checks("q4c.preference")
def test_loss_of_a_pair(form):
    for won, lost in [(1.2, 0.4), (-0.3, 2.0)]:
        got = float(form(s_w=won, s_l=lost))
        assert got == pytest.approx(-float(special.log_expit(won - lost)), **CLOSE)
        by_code = reward_model.preference_loss(row(won)[0], row(lost)[0])
        assert got == pytest.approx(float(by_code), **CLOSE)


REWARDS, VALUES, GAMMA, LAMBDA = [0.3, -0.2, 1.1], [0.5, 0.9, -0.4], 0.9, 0.8


@checks("q4c.surprise")
def test_temporal_differences(form):
    """Advantages over a single step are these temporal differences."""
    by_code, _ = advantages.gae(row(*REWARDS), row(*VALUES), every(row(*VALUES)), GAMMA, 0.0)
    for i in range(3):
        following = VALUES[i + 1] if i < 2 else 0.0
        got = float(form(R_i=REWARDS[i], gamma=GAMMA, V_ip1=following, V_i=VALUES[i]))
        assert got == pytest.approx(float(by_code[0, i]), **CLOSE)


@checks("q4c.advantage")
def test_advantages_sum_later_differences(form):
    """Compares the recursion of the form, the sum of (gamma lambda)^l delta_{i+l}, and the code."""
    deltas = [REWARDS[i] + GAMMA * [*VALUES, 0.0][i + 1] - VALUES[i] for i in range(3)]
    by_code, returns = advantages.gae(row(*REWARDS), row(*VALUES), every(row(*VALUES)), GAMMA, LAMBDA)
    following = 0.0
    for i in (2, 1, 0):
        following = float(form(delta_i=deltas[i], gamma=GAMMA, **{"lambda": LAMBDA, "A_ip1": following}))
        summed = sum((GAMMA * LAMBDA) ** step * deltas[i + step] for step in range(3 - i))
        assert following == pytest.approx(summed, **CLOSE)
        assert following == pytest.approx(float(by_code[0, i]), **CLOSE)
        assert float(returns[0, i]) == pytest.approx(following + VALUES[i], **CLOSE)


@checks("q4c.whitened")
def test_whitened_advantages(form):
    values = [0.3, -1.2, 2.0, 0.4]
    mean = sum(values) / 4
    variance = sum((value - mean) ** 2 for value in values) / 4
    by_code = advantages.masked_whiten(row(*values), every(row(*values)), eps=0.25).flatten().tolist()
    got = [float(form(A_i=value, mu=mean, v=variance, varepsilon=0.25)) for value in values]
    assert got == pytest.approx(by_code, rel=1e-12)
    assert sum(x**2 for x in got) / 4 == pytest.approx(variance / (variance + 0.25), rel=1e-12)


@checks("q4c.policy_loss")
def test_policy_loss_is_the_larger_of_two(form):
    for advantage in (1.5, -1.5):
        for ratio in (0.5, 0.9, 1.1, 1.6):
            got = float(form(A=advantage, rho=ratio, epsilon=0.2))
            new, old = row(math.log(ratio)), row(0.0)
            by_code = ppo.clipped_surrogate_loss(new, old, row(advantage), every(new), 0.2)
            assert got == pytest.approx(float(by_code), **CLOSE)
            assert got == pytest.approx(
                -min(advantage * ratio, advantage * min(max(ratio, 0.8), 1.2)), **CLOSE
            )


OLD, RETURN = 0.3, 1.0


@checks("q4c.clipped_value")
def test_value_is_clipped_around_the_old_value(form):
    for value in (-0.5, 0.2, 0.35, 0.9):
        got = float(form(V=value, V_o=OLD, epsilon=0.2))
        assert got == pytest.approx(sorted((OLD - 0.2, value, OLD + 0.2))[1], **CLOSE)
        by_code = ppo.clipped_value_loss(row(value), row(OLD), row(RETURN), every(row(value)), 0.2)
        assert 0.5 * max((value - RETURN) ** 2, (got - RETURN) ** 2) == pytest.approx(float(by_code), **CLOSE)


@checks("q4c.value_loss")
def test_value_loss_is_the_larger_of_two(form):
    for value in (-0.5, 0.35, 0.9, 2.5):
        kept = min(max(value, OLD - 0.2), OLD + 0.2)
        got = float(form(V=value, bar_V=kept, G=RETURN))
        by_code = ppo.clipped_value_loss(row(value), row(OLD), row(RETURN), every(row(value)), 0.2)
        assert got == pytest.approx(float(by_code), **CLOSE)
        assert got == pytest.approx(max((value - RETURN) ** 2, (kept - RETURN) ** 2) / 2, **CLOSE)
