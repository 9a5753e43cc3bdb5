"""Question 3(a): what a partial sum says about the whole."""

import math

import pytest
import torch

from tests.support.compare import assert_close


@pytest.mark.task("early_exit.partial_sums.remaining_variance")
def test_remaining_variance_of_four_terms(hw):
    """After two of four terms, the variances of the third and the fourth are left."""
    # 4 + 2 + 1 + 0.5 without its first two terms is 1.5.
    expected = torch.tensor(1.5, dtype=torch.float64)
    got = hw("early_exit.partial_sums.remaining_variance")([4.0, 2.0, 1.0, 0.5], 2)
    assert_close(got, expected, hint="k counts the terms that are known already: which are not?")


@pytest.mark.task("early_exit.partial_sums.remaining_variance")
def test_remaining_variance_when_all_or_nothing_is_known(hw):
    """Before the first term everything is left, after the last nothing."""
    function = hw("early_exit.partial_sums.remaining_variance")
    variances = torch.tensor([4.0, 2.0, 1.0])
    hint = "The sum of no terms is 0, and the dtype is float64."
    assert_close(function(variances, 0), torch.tensor(7.0, dtype=torch.float64), hint=hint, what="k = 0")
    assert_close(function(variances, 3), torch.tensor(0.0, dtype=torch.float64), hint=hint, what="k = 3")


@pytest.mark.task("early_exit.partial_sums.geometric_remaining_variance")
def test_geometric_variance_at_the_start(hw):
    """All the variances 1/2 + 1/4 + 1/8 + ... add up to 1."""
    got = hw("early_exit.partial_sums.geometric_remaining_variance")(0)
    assert_close(
        got, torch.tensor(1.0, dtype=torch.float64), hint="With which term does the sum begin if k = 0?"
    )


@pytest.mark.task("early_exit.partial_sums.geometric_remaining_variance")
def test_geometric_variance_of_several_k(hw):
    """A tensor of k gives a tensor: after one term 1/2 is known, after two terms 3/4."""
    got = hw("early_exit.partial_sums.geometric_remaining_variance")(torch.tensor([1, 2]))
    expected = torch.tensor([1 - 1 / 2, 1 - 3 / 4], dtype=torch.float64)
    assert_close(got, expected, hint="What is left is everything less what is known.")


@pytest.mark.task("early_exit.partial_sums.probability_nonpositive")
def test_probability_from_the_table_of_the_normal(hw):
    """With one standard deviation to go down, the probability is that of a normal beyond one standard deviation."""
    # Any table of the normal: P(Z <= -1) = 0.158655253931457; 3 with variance 9 is one standard deviation as well,
    # and from -1 it is the other side, P(Z <= 1) = 0.841344746068543.
    partial_sum = torch.tensor([0.0, 1.0, 3.0, -1.0])
    variance = torch.tensor([2.0, 1.0, 9.0, 1.0])
    expected = torch.tensor(
        [0.5, 0.158655253931457, 0.158655253931457, 0.841344746068543], dtype=torch.float64
    )
    got = hw("early_exit.partial_sums.probability_nonpositive")(partial_sum, variance)
    assert_close(
        got, expected, hint="What is the law of Y once Y_k = M is known: its mean, its standard deviation?"
    )


@pytest.mark.task("early_exit.partial_sums.probability_nonpositive")
def test_probability_far_out_is_not_zero(hw):
    """Nine standard deviations out, the probability is tiny, and it is not 0."""
    # P(Z <= -9) = 1.1285884059538e-19, from tables of the normal's tail.
    got = hw("early_exit.partial_sums.probability_nonpositive")(9.0, 1.0)
    expected = torch.tensor(1.1285884059538e-19, dtype=torch.float64)
    hint = "1 - (1 - 1e-19) is 0.0 in floating point. Which function computes the tail itself?"
    assert_close(got, expected, rtol=1e-8, atol=0.0, hint=hint)


@pytest.mark.task("early_exit.partial_sums.log_probability_nonpositive")
def test_log_probability_near_the_middle(hw):
    """It is the logarithm of the probability where that is easy."""
    got = hw("early_exit.partial_sums.log_probability_nonpositive")(torch.tensor([0.0, 1.0]), 1.0)
    expected = torch.tensor([math.log(0.5), math.log(0.158655253931457)], dtype=torch.float64)
    assert_close(got, expected, hint="Natural logarithm, float64.")


@pytest.mark.task("early_exit.partial_sums.log_probability_nonpositive")
def test_log_probability_far_out_is_finite(hw):
    """A hundred standard deviations out, the logarithm is still a number."""
    # Mills: log P(Z <= -z) = -z^2/2 - log(z sqrt(2 pi)) + log(1 - 1/z^2 + 3/z^4 - ...), at z = 100.
    z = 100.0
    expected = -(z**2) / 2 - math.log(z * math.sqrt(2 * math.pi)) + math.log1p(-1 / z**2 + 3 / z**4)
    got = hw("early_exit.partial_sums.log_probability_nonpositive")(z, 1.0)
    hint = "The probability itself is 0 in floating point there, so its logarithm cannot be taken afterwards."
    assert_close(got, torch.tensor(expected, dtype=torch.float64), hint=hint)
