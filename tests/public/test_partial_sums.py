"""Question 3(a): what a partial sum says about the full sum."""

import math

import pytest
import torch

from tests.support.compare import assert_close


@pytest.mark.task("early_exit.partial_sums.remaining_variance")
def test_remaining_variance_of_four_terms(hw):
    """After two of four terms, the variances of the third and fourth terms remain."""
    # 4 + 2 + 1 + 0.5 without its first two terms is 1.5.
    expected = torch.tensor(1.5, dtype=torch.float64)
    got = hw("early_exit.partial_sums.remaining_variance")([4.0, 2.0, 1.0, 0.5], 2)
    assert_close(got, expected, hint="k is the number of known terms. Which terms are not known?")


@pytest.mark.task("early_exit.partial_sums.remaining_variance")
def test_remaining_variance_when_all_or_nothing_is_known(hw):
    """Before the first term all the variance remains; after the last term none does."""
    function = hw("early_exit.partial_sums.remaining_variance")
    variances = torch.tensor([4.0, 2.0, 1.0])
    hint = "The sum of no terms is 0, and the dtype is float64."
    assert_close(function(variances, 0), torch.tensor(7.0, dtype=torch.float64), hint=hint, what="k = 0")
    assert_close(function(variances, 3), torch.tensor(0.0, dtype=torch.float64), hint=hint, what="k = 3")


@pytest.mark.task("early_exit.partial_sums.geometric_remaining_variance")
def test_geometric_variance_at_the_start(hw):
    """The variances 1/2 + 1/4 + 1/8 + ... add up to 1."""
    got = hw("early_exit.partial_sums.geometric_remaining_variance")(0)
    assert_close(
        got, torch.tensor(1.0, dtype=torch.float64), hint="With which term does the sum start if k = 0?"
    )


@pytest.mark.task("early_exit.partial_sums.geometric_remaining_variance")
def test_geometric_variance_of_several_k(hw):
    """A tensor of k gives a tensor: after one term 1/2 is known, after two terms 3/4."""
    got = hw("early_exit.partial_sums.geometric_remaining_variance")(torch.tensor([1, 2]))
    expected = torch.tensor([1 - 1 / 2, 1 - 3 / 4], dtype=torch.float64)
    assert_close(got, expected, hint="The remaining variance is the total variance minus the known part.")


@pytest.mark.task("early_exit.partial_sums.probability_nonpositive")
def test_probability_from_the_table_of_the_normal(hw):
    """If 0 is one standard deviation below the mean, the result is the normal tail beyond one standard deviation."""
    # From any table of the normal distribution: P(Z <= -1) = 0.158655253931457; a sum of 3 with variance 9 is
    # also one standard deviation away; for -1 it is the other side, P(Z <= 1) = 0.841344746068543.
    partial_sum = torch.tensor([0.0, 1.0, 3.0, -1.0])
    variance = torch.tensor([2.0, 1.0, 9.0, 1.0])
    expected = torch.tensor(
        [0.5, 0.158655253931457, 0.158655253931457, 0.841344746068543], dtype=torch.float64
    )
    got = hw("early_exit.partial_sums.probability_nonpositive")(partial_sum, variance)
    hint = "What is the distribution of Y given Y_k = M? What are its mean and its standard deviation?"
    assert_close(got, expected, hint=hint)


@pytest.mark.task("early_exit.partial_sums.probability_nonpositive")
def test_probability_far_out_is_not_zero(hw):
    """At nine standard deviations the probability is tiny, but it is not 0."""
    # P(Z <= -9) = 1.1285884059538e-19, from tables of the normal tail.
    got = hw("early_exit.partial_sums.probability_nonpositive")(9.0, 1.0)
    expected = torch.tensor(1.1285884059538e-19, dtype=torch.float64)
    hint = "1 - (1 - 1e-19) is 0.0 in floating point. Which function computes the tail itself?"
    assert_close(got, expected, rtol=1e-8, atol=0.0, hint=hint)


@pytest.mark.task("early_exit.partial_sums.log_probability_nonpositive")
def test_log_probability_near_the_middle(hw):
    """For moderate values it is the logarithm of the probability."""
    got = hw("early_exit.partial_sums.log_probability_nonpositive")(torch.tensor([0.0, 1.0]), 1.0)
    expected = torch.tensor([math.log(0.5), math.log(0.158655253931457)], dtype=torch.float64)
    assert_close(got, expected, hint="Natural logarithm, float64.")


@pytest.mark.task("early_exit.partial_sums.log_probability_nonpositive")
def test_log_probability_far_out_is_finite(hw):
    """At a hundred standard deviations the logarithm is still finite."""
    # Mills ratio, at z = 100: log P(Z <= -z) = -z^2/2 - log(z sqrt(2 pi)) + log(1 - 1/z^2 + 3/z^4 - ...).
    z = 100.0
    expected = -(z**2) / 2 - math.log(z * math.sqrt(2 * math.pi)) + math.log1p(-1 / z**2 + 3 / z**4)
    got = hw("early_exit.partial_sums.log_probability_nonpositive")(z, 1.0)
    hint = "The probability itself is 0 in floating point here, so you cannot take its logarithm afterwards."
    assert_close(got, torch.tensor(expected, dtype=torch.float64), hint=hint)
