"""The closed forms in the remarks of question 2, on the limit and on the score: calculus, quadrature and the code."""

import math

import pytest
import sympy
import torch
from scipy.integrate import quad
from scipy.stats import norm

from solutions.diffusion import gaussian

from .forms import checks
from .walk import SHARES, TIMES, covariance, factors, number, share

X_0, X_T, MEAN, SD = 1.3, -0.4, 0.8, 0.6
DRAWS = 100_000


def close(value):
    return pytest.approx(value, rel=1e-11, abs=1e-13)


def moments(t):
    """Mean and variance of x_t for a normal x_0, from the factors after each step."""
    return factors(t)[0] * MEAN, covariance(t, t, SD**2)


def samples(t):
    """Draws of x_t from the code. Mean and variance are off by six standard errors with probability 2e-9."""
    generator = torch.Generator().manual_seed(5)
    x_0, noise = torch.randn(2, DRAWS, 1, dtype=torch.float64, generator=generator)
    return gaussian.q_sample(MEAN + SD * x_0, t, SHARES, noise)


@checks("q2.mean")
def test_mean_through_the_steps(form):
    for t in TIMES:
        got = float(form(bar_alpha_t=share(t), mu=MEAN))
        mean, variance = moments(t)
        assert got == close(mean)
        assert samples(t).mean().item() == pytest.approx(got, abs=6 * math.sqrt(variance / DRAWS))


@checks("q2.variance")
def test_variance_through_the_steps(form):
    for t in TIMES:
        got = float(form(bar_alpha_t=share(t), sigma=SD))
        variance = moments(t)[1]
        assert got == close(variance)
        assert samples(t).var().item() == pytest.approx(got, rel=6 * math.sqrt(2 / DRAWS))


def divergence_from_standard_normal(law):
    return quad(lambda x: law.pdf(x) * (law.logpdf(x) - norm.logpdf(x)), -9, 9, epsabs=1e-12)[0]


@checks("q2.prior_kl")
def test_prior_kl_by_quadrature(form):
    last = len(SHARES) - 1
    for x_0 in (X_0, 0.0):
        got = float(form(bar_alpha_T=share(last), x_0=x_0))
        law = norm(factors(last)[0] * x_0, math.sqrt(covariance(last, last)))
        assert got == pytest.approx(divergence_from_standard_normal(law), rel=1e-9)
        assert got == close(gaussian.prior_kl(number(x_0), SHARES).item())


def slope_of_log_normal(mean, variance):
    """The derivative of the log-density at X_T."""
    x = sympy.Symbol("x")
    density = sympy.exp(-((x - mean) ** 2) / (2 * variance)) / sympy.sqrt(2 * sympy.pi * variance)
    return float(sympy.diff(sympy.log(density), x).subs(x, X_T))


def score_by_code(x_0, t):
    noise = gaussian.predict_noise(number(X_T), number(x_0), t, SHARES)
    return -noise.item() / math.sqrt(1 - SHARES[t].item())


@checks("q2.score_given")
def test_score_given_the_clean_data(form):
    for t in TIMES:
        got = float(form(bar_alpha_t=share(t), x_t=X_T, x_0=X_0))
        assert got == close(slope_of_log_normal(factors(t)[0] * X_0, covariance(t, t)))
        assert got == close(score_by_code(X_0, t))


@checks("q2.score_noise")
def test_score_in_terms_of_the_noise(form):
    for t in TIMES:
        noise = (X_T - factors(t)[0] * X_0) / math.sqrt(covariance(t, t))
        got = float(form(bar_alpha_t=share(t), epsilon=noise))
        assert got == close(slope_of_log_normal(factors(t)[0] * X_0, covariance(t, t)))
        assert got == close(score_by_code(X_0, t))


@checks("q2.tweedie")
def test_tweedie_for_data_of_two_points(form):
    """Both sides have a formula: the probability of each point by Bayes' rule, and the score of a mixture."""
    points = {-1.0: 0.3, 2.0: 0.7}
    x = sympy.Symbol("x")
    for t in TIMES:
        factor, variance = factors(t)[0], covariance(t, t)
        weights = {p: w * math.exp(-((X_T - factor * p) ** 2) / (2 * variance)) for p, w in points.items()}
        mixture = sum(w * sympy.exp(-((x - factor * p) ** 2) / (2 * variance)) for p, w in points.items())
        score = float(sympy.diff(sympy.log(mixture), x).subs(x, X_T))
        got = float(form(bar_alpha_t=share(t), x_t=X_T, s=score))
        assert got == close(sum(p * w for p, w in weights.items()) / sum(weights.values()))
        eps_hat = number(-math.sqrt(variance) * score)
        assert got == close(gaussian.predict_x_0(number(X_T), eps_hat, t, SHARES).item())


def mean_of_clean_data(t):
    """E[x_0 | x_t = X_T] for a normal x_0: the conditional mean of a normal pair."""
    mean, variance = moments(t)
    return MEAN + factors(t)[0] * SD**2 / variance * (X_T - mean)


@checks("q2.score")
def test_score_of_normal_data(form):
    for t in TIMES:
        got = float(form(bar_alpha_t=share(t), mu=MEAN, sigma=SD, x_t=X_T))
        assert got == close(slope_of_log_normal(*moments(t)))
        assert got == close(score_by_code(mean_of_clean_data(t), t))


@checks("q2.noise_mean")
def test_best_noise_predictor_of_normal_data(form):
    for t in TIMES:
        got = float(form(bar_alpha_t=share(t), mu=MEAN, sigma=SD, x_t=X_T))
        mean, variance = moments(t)
        assert got == close(math.sqrt(covariance(t, t)) / variance * (X_T - mean))
        by_code = gaussian.predict_noise(number(X_T), number(mean_of_clean_data(t)), t, SHARES)
        assert got == close(by_code.item())
