"""The closed forms of question 2(a) and 2(b), checked with the factors after each step and against the code."""

import math

import pytest
import sympy

from solutions.diffusion import gaussian

from .forms import checks, expression
from .walk import (
    BETAS,
    SHARES,
    TIMES,
    covariance,
    factors,
    number,
    share,
    step_back,
    step_back_by_code,
)

X_0, X_T, NOISE = 1.3, -0.4, 0.7


def around(t):
    """The symbols before and after step t, as numbers."""
    return {
        "alpha_t": 1 - float(BETAS[t]),
        "beta_t": float(BETAS[t]),
        "bar_alpha_t": share(t),
        "bar_alpha_tm1": share(t - 1),
    }


def at(form, t, *names, **symbols):
    """The form as a number, with the symbols of step t that it contains."""
    known = around(t)
    return float(form(**{name: known[name] for name in names}, **symbols))


def close(value):
    return pytest.approx(value, rel=1e-12, abs=1e-14)


@checks("q2a.product")
def test_share_is_the_square_of_the_factor_of_x_0(form):
    betas = {t: float(BETAS[t]) for t in TIMES}
    for t in TIMES:
        got = float(form(t=t, beta=betas))
        assert got == close(share(t))
        assert got == close(SHARES[t].item())


@checks("q2a.two")
def test_two_steps_by_their_two_noises(form):
    got = float(form(beta_1=float(BETAS[1]), beta_2=float(BETAS[2])))
    assert got == close(covariance(2, 2))
    by_code = 0.0
    for noises in ((1.0, 0.0), (0.0, 1.0)):
        x = number(0.0)
        for t, noise in enumerate(noises, start=1):
            x = gaussian.forward_step(x, t, BETAS, number(noise))
        by_code += x.item() ** 2
    assert got == close(by_code)


@checks("q2a.step")
def test_variance_of_one_more_step(form):
    for t in TIMES:
        got = at(form, t, "beta_t", "bar_alpha_tm1")
        assert got == close(covariance(t, t))
        assert got == close(gaussian.q_sample(number(0.0), t, SHARES, number(1.0)).item() ** 2)


@checks("q2a.sample")
def test_sample_has_the_factors_of_the_steps(form):
    for t in TIMES:
        got = at(form, t, "bar_alpha_t", x_0=X_0, epsilon=NOISE)
        assert got == close(factors(t)[0] * X_0 + math.sqrt(covariance(t, t)) * NOISE)
        assert got == close(gaussian.q_sample(number(X_0), t, SHARES, number(NOISE)).item())


def quadratic(t):
    """-2 times the logarithm of the two densities that Bayes' rule multiplies, as coefficients of x_{t-1}."""
    z = sympy.Symbol("z")
    beta, (factor, _) = float(BETAS[t]), factors(t - 1)
    first = (X_T - math.sqrt(1 - beta) * z) ** 2 / beta
    second = (z - factor * X_0) ** 2 / covariance(t - 1, t - 1)
    return [float(c) for c in sympy.Poly(sympy.expand(first + second), z).all_coeffs()]


@checks("q2b.precision")
def test_precision_is_the_factor_of_the_square(form):
    for t in TIMES[1:]:
        got = at(form, t, "alpha_t", "beta_t", "bar_alpha_tm1")
        assert got == close(quadratic(t)[0])
        assert 1 / got == close(step_back_by_code(X_T, X_0, t)[1])


@checks("q2b.shift")
def test_shift_is_half_the_linear_factor(form):
    for t in TIMES[1:]:
        got = at(form, t, "alpha_t", "beta_t", "bar_alpha_tm1", x_t=X_T, x_0=X_0)
        leading, linear, _ = quadratic(t)
        assert got == close(-linear / 2)
        assert got / leading == close(step_back_by_code(X_T, X_0, t)[0])


@checks("q2b.variance")
def test_variance_of_the_step_back(form):
    for t in TIMES:
        _is_variance(at(form, t, "beta_t", "bar_alpha_t", "bar_alpha_tm1"), t)


@checks("q2b.mean")
def test_mean_of_the_step_back(form):
    for t in TIMES:
        _is_mean(at(form, t, *around(t), x_t=X_T, x_0=X_0), X_T, t)


@checks("q2b.slope")
def test_slope_is_covariance_over_variance(form):
    for t in TIMES:
        got = at(form, t, "alpha_t", "bar_alpha_t", "bar_alpha_tm1")
        assert got == close(covariance(t - 1, t) / covariance(t, t))
        further, nearer = (step_back_by_code(x_t, X_0, t)[0] for x_t in (X_T + 1, X_T))
        assert got == close(further - nearer)


@checks("q2b.mean_regression")
def test_mean_by_regression(form):
    for t in TIMES:
        slope = expression("q2b.slope", **{k: v for k, v in around(t).items() if k != "beta_t"})
        got = at(form, t, "bar_alpha_t", "bar_alpha_tm1", b_t=slope, x_t=X_T, x_0=X_0)
        _is_mean(got, X_T, t)


@checks("q2b.variance_regression")
def test_variance_by_regression(form):
    for t in TIMES:
        slope = expression("q2b.slope", **{k: v for k, v in around(t).items() if k != "beta_t"})
        _is_variance(at(form, t, "bar_alpha_t", "bar_alpha_tm1", b_t=slope), t)


@checks("q2b.mean_noise")
def test_mean_in_terms_of_the_noise(form):
    for t in TIMES:
        x_t = factors(t)[0] * X_0 + math.sqrt(covariance(t, t)) * NOISE
        got = at(form, t, "alpha_t", "beta_t", "bar_alpha_t", x_t=x_t, epsilon=NOISE)
        _is_mean(got, x_t, t)
        by_code = gaussian.ddpm_step(number(NOISE), number(x_t), t, BETAS, SHARES)
        assert got == close(by_code.item())


def _is_mean(got, x_t, t):
    assert got == close(step_back(x_t, X_0, t)[0])
    assert got == close(step_back_by_code(x_t, X_0, t)[0])


def _is_variance(got, t):
    assert got == close(step_back(X_T, X_0, t)[1])
    assert got == close(step_back_by_code(X_T, X_0, t)[1])


@checks("q2b.reverse_variance")
def test_reverse_variance_is_between_the_two_of_the_samplers(form):
    """The posterior for a random x_0. Its two extreme cases are the variances that `ddpm_step` offers."""
    for t in TIMES[1:]:
        for data_variance in (0.0, 0.4, 1.0):
            before = covariance(t - 1, t - 1, data_variance)
            got = at(form, t, "alpha_t", "beta_t", v_tm1=before)
            both = covariance(t - 1, t, data_variance)
            assert got == close(before - both**2 / covariance(t, t, data_variance))
            for end, name in ((0.0, "posterior"), (1.0, "beta")):
                if data_variance == end:
                    still, moved = (
                        gaussian.ddpm_step(number(NOISE), number(X_T), t, BETAS, SHARES, noise, variance=name)
                        for noise in (None, number(1.0))
                    )
                    assert math.sqrt(got) == close((moved - still).item())
