"""The closed forms of question 4(a) and 4(b), checked with all responses of a tiny policy and against the code.

In a form, an expectation and a gradient are factors. The reward does not depend on the parameters, so both can move
outside: the checks put 1 in their place, differentiate for each response, and average by its probability.
"""

import pytest
import sympy
import torch
from torch.nn import functional as F

from solutions.rlhf import policy_gradient

from .forms import Form, checks
from .tiny_policy import START, TinyPolicy, evaluated, responses, reward

POLICY = TinyPolicy()
RESPONSES = responses()
CHANCES = {response: POLICY.chances(response) for response in RESPONSES}
PROBABILITIES = {response: float(CHANCES[response].prod().detach()) for response in RESPONSES}
EXACT = POLICY.gradient(-sum(CHANCES[response].prod() * reward(response) for response in RESPONSES))


def test_all_responses_are_listed():
    assert sum(PROBABILITIES.values()) == pytest.approx(1.0, rel=1e-14)
    assert len(RESPONSES) == 1 + 2 + 4 * 3
    assert len({reward(response) for response in RESPONSES}) > 5


@checks("q4a.factorisation")
def test_probability_of_a_response_is_the_product(form):
    for response in RESPONSES:
        got = float(_of_response(form, response).detach())
        assert got == pytest.approx(PROBABILITIES[response], rel=1e-12)
        assert got == pytest.approx(float(POLICY.log_probs_by_code(response).detach().sum().exp()), rel=1e-12)


@checks("q4a.gradient")
def test_gradient_is_that_of_the_expected_reward(form):
    _is_policy_gradient(form, nabla_theta=1)


@checks("q4b.surrogate")
def test_surrogate_has_the_policy_gradient(form):
    _is_policy_gradient(form)


def _is_policy_gradient(form, **factors):
    """Exactly, and for each response equal to the loss of the code on a batch of one."""
    total = torch.zeros_like(EXACT)
    for response in RESPONSES:
        value = _of_response(form, response, E_y=1, r=reward(response), **factors)
        gradient = POLICY.gradient(value)
        assert torch.allclose(gradient, POLICY.gradient(_loss_by_code(response)), rtol=1e-11, atol=1e-13)
        total += PROBABILITIES[response] * gradient
    assert torch.allclose(total, EXACT, rtol=1e-11, atol=1e-13)


@checks("q4a.estimate")
def test_estimate_with_a_baseline(form):
    """Its mean is the policy gradient for every baseline. Each estimate equals that of the code."""
    for baseline in (0.0, 1.7):
        total = torch.zeros_like(EXACT)
        for response in RESPONSES:
            value = _of_response(form, response, nabla_theta=1, r=reward(response), c=baseline)
            gradient = POLICY.gradient(value)
            by_code = POLICY.gradient(_loss_by_code(response, baseline))
            assert torch.allclose(gradient, by_code, rtol=1e-11, atol=1e-13)
            total += PROBABILITIES[response] * gradient
        assert torch.allclose(total, EXACT, rtol=1e-11, atol=1e-13)


def _of_response(form, response, **symbols):
    names = {i: sympy.Symbol(f"p{i}", positive=True) for i in range(1, len(response) + 1)}
    expression = form(n=len(response), P=names, **symbols)
    values = {str(names[i]): chance for i, chance in enumerate(CHANCES[response], 1)}
    return evaluated(expression, **values)


def _loss_by_code(response, baseline=0.0):
    log_probs = POLICY.log_probs_by_code(response)
    rewards = torch.tensor([reward(response)], dtype=torch.float64)
    return policy_gradient.reinforce_loss(log_probs, rewards, torch.ones_like(log_probs).bool(), baseline)


@checks("q4b.cross_entropy")
def test_cross_entropy_is_the_surrogate_of_references_with_reward_one(form):
    """Value and gradient from the form, the code, PyTorch, and the policy-gradient loss of the handout."""
    for reference in RESPONSES:
        got = _of_response(form, reference)
        tokens = torch.tensor([reference])
        mask = torch.ones_like(tokens).bool()
        logits = POLICY(tokens, mask, torch.tensor([[START, *reference[:-1]]]))
        others = [
            policy_gradient.cross_entropy_loss(logits, tokens, mask),
            F.cross_entropy(logits[0], tokens[0], reduction="sum"),
            policy_gradient.reinforce_loss(POLICY.log_probs_by_code(reference), torch.ones(1), mask),
            _of_response(Form("q4b.surrogate"), reference, E_y=1, r=1),
        ]
        for other in others:
            assert float(got.detach()) == pytest.approx(float(other.detach()), rel=1e-12)
            assert torch.allclose(POLICY.gradient(got), POLICY.gradient(other), rtol=1e-11, atol=1e-13)


@checks("q4b.logits")
def test_gradient_in_the_logits(form):
    logits = torch.tensor([[[0.3, -1.2, 0.8, 0.1]]], dtype=torch.float64, requires_grad=True)
    tokens, rewards = torch.tensor([[2]]), torch.tensor([-1.3], dtype=torch.float64)
    log_probs = logits.log_softmax(-1)[:, :, 2]
    loss = policy_gradient.reinforce_loss(log_probs, rewards, torch.ones_like(tokens).bool())
    gradient = torch.autograd.grad(loss, logits)[0].flatten().tolist()
    for token, chance in enumerate(logits.softmax(-1).flatten().tolist()):
        assert float(form(r=-1.3, p_v=chance, d_v=int(token == 2))) == pytest.approx(
            gradient[token], rel=1e-12
        )
