"""The closed forms of question 1(e), compared with SciPy, calculus and the code."""

import itertools
import math

import pytest
import sympy
import torch
from scipy.special import rel_entr

from solutions.diffusion import binary
from tests.oracles import coin_flip

from .forms import checks, expression
from .walk import number

LOGITS = ((0.3, 1.2), (0.9, -2.5), (0.5, 0.4), (0.02, 5.0))  # p and the logit of q


@checks("q1e.kl")
def test_kl_by_its_two_terms(form):
    for p, logit in LOGITS:
        q = 1 / (1 + math.exp(-logit))
        got = float(form(p=p, q=q))
        assert got == pytest.approx(rel_entr(p, q) + rel_entr(1 - p, 1 - q), rel=1e-12)
        assert got == pytest.approx(binary.kl_loss(number(logit), number(p)).item(), rel=1e-10)


@checks("q1e.logits")
def test_kl_from_logits(form):
    for p, logit in LOGITS:
        got = float(form(p=p, **{"lambda": logit}))
        assert got == pytest.approx(coin_flip.kl(p, logit), rel=1e-10)
        assert got == pytest.approx(binary.kl_loss(number(logit), number(p)).item(), rel=1e-10)


@checks("q1e.slope")
def test_slope_is_the_derivative(form):
    logit = sympy.Symbol("lambda", real=True)
    for p, value in LOGITS:
        got = float(form(p=p, **{"lambda": value}))
        derivative = sympy.diff(expression("q1e.logits", p=p, **{"lambda": logit}), logit)
        assert got == pytest.approx(float(derivative.subs(logit, value)), rel=1e-12)
        logits = number(value).requires_grad_()
        binary.kl_loss(logits, number(p)).backward()
        assert got == pytest.approx(logits.grad.item(), rel=1e-10)


@checks("q1e.first")
def test_first_stage_is_the_negative_log_probability_of_the_clean_pixel(form):
    for x, y, logit in itertools.product((1, -1), (1, -1), (-2.0, 0.7)):
        got = float(form(x=x, **{"lambda": logit}))
        up = 1 / (1 + math.exp(-logit))
        assert got == pytest.approx(-math.log(up if x == 1 else 1 - up), rel=1e-12)
        target = binary.posterior(number(y), number(x), 1, 0.1)
        assert got == pytest.approx(binary.kl_loss(number(logit), target).item(), rel=1e-12)


@checks("q1e.gap")
def test_gap_is_the_bound_of_a_perfect_network(form):
    """A network that knows the clean image has no loss at any step; the bound is then the term of Y_T only."""
    y_0 = torch.tensor([[1.0, -1.0, -1.0]], dtype=torch.float64)
    for delta, steps in itertools.product((0.1, 0.3), (1, 3)):

        def network(y_t, t, delta=delta):
            return torch.logit(binary.posterior(y_t, y_0, t, delta)).clamp(-45, 45)

        flipped = coin_flip.flip_probability(steps, delta)
        got = float(form(f_T=flipped))
        assert got == pytest.approx(rel_entr(flipped, 0.5) + rel_entr(1 - flipped, 0.5), rel=1e-10)
        bits = binary.bits_per_pixel(network, y_0, steps, delta, torch.Generator().manual_seed(7)).item()
        assert got == pytest.approx(bits * math.log(2), rel=1e-10)
