"""Question 3(a): the tails of the distribution, and all shapes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import partial_sums as oracle
from tests.support.compare import assert_close, assert_tensor


@pytest.mark.task("early_exit.partial_sums.geometric_remaining_variance")
def test_geometric_variance_of_many_terms(hw):
    """After hundreds of terms the remaining variance is still positive."""
    got = hw("early_exit.partial_sums.geometric_remaining_variance")(torch.tensor([64, 300, 1000]))
    expected = torch.tensor([0.5**64, 0.5**300, 0.5**1000], dtype=torch.float64)
    assert_close(
        got, expected, rtol=1e-8, atol=0.0, hint="Integers overflow, and 1 - (1 - x) loses a small x."
    )
    one = hw("early_exit.partial_sums.geometric_remaining_variance")(70)
    assert_close(
        one, torch.tensor(0.5**70, dtype=torch.float64), rtol=1e-8, atol=0.0, hint="An int is allowed too."
    )


@pytest.mark.task("early_exit.partial_sums.probability_nonpositive")
def test_tail_keeps_its_digits(hw):
    """From plus five to minus 37 standard deviations, with a small relative error."""
    z = torch.tensor([5.0, 0.3, -0.3, -2.0, -5.0, -8.0, -10.48576, -20.0, -37.0], dtype=torch.float64)
    variance = torch.tensor([0.25, 4.0, 1.0, 9.0, 2.0, 0.5, 1e-6, 3.0, 7.0], dtype=torch.float64)
    got = hw("early_exit.partial_sums.probability_nonpositive")(-z * variance.sqrt(), variance)
    hint = (
        "Is the answer right for small sums only? Compare it with a function that computes the tail directly."
    )
    assert_close(got, oracle.normal_cdf(z), rtol=1e-8, atol=0.0, hint=hint)


@pytest.mark.task("early_exit.partial_sums.probability_nonpositive")
def test_probability_broadcasts(hw):
    """A column of sums and a row of variances are broadcast. Single precision in, double precision out."""
    partial_sum = torch.randn(3, 1, generator=hw.generator())
    variance = 0.1 + torch.rand(2, generator=hw.generator())
    z = -partial_sum.double() / variance.double().sqrt()
    got = hw("early_exit.partial_sums.probability_nonpositive")(partial_sum, variance)
    assert_close(got, oracle.normal_cdf(z), hint="The result is float64 and has the broadcast shape.")


@pytest.mark.task("early_exit.partial_sums.probability_nonpositive")
def test_nothing_left_to_add(hw):
    """With variance 0 the sum is certain, so the probability is 1 or 0."""
    partial_sum, variance = torch.tensor([[-2.0], [0.0], [0.25]]), torch.tensor([0.0, 1.0])
    z = -partial_sum.double()[:, 0]
    known = torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)
    expected = torch.stack([known, oracle.normal_cdf(z)], dim=1)
    got = hw("early_exit.partial_sums.probability_nonpositive")(partial_sum, variance)
    assert_close(got, expected, hint="What is Y if all its terms are known? Is 0 <= 0?")


@pytest.mark.task("early_exit.partial_sums.probability_nonpositive")
def test_symmetry_and_scale(hw):
    """The probabilities of a sum and its negative add up to 1. The scale does not matter."""
    function = hw("early_exit.partial_sums.probability_nonpositive")

    @given(st.floats(-6, 6), st.floats(0.01, 100), st.floats(0.1, 10))
    def check(partial_sum, variance, scale):
        one = function(partial_sum, variance)
        other = function(-partial_sum, variance)
        for found in (one, other):
            hint = "For two numbers the result is a 0-dimensional tensor."
            assert_tensor(found, shape=(), dtype=torch.float64, hint=hint)
        assert_close(one + other, torch.tensor(1.0, dtype=torch.float64), hint="P(Y <= 0) + P(Y >= 0) = 1.")
        scaled = function(scale * partial_sum, scale**2 * variance)
        assert_close(scaled, one, hint="Is the argument a variance or a standard deviation?")

    check()


@pytest.mark.task("early_exit.partial_sums.log_probability_nonpositive")
def test_log_tail(hw):
    """The logarithm from plus eight to minus ten thousand standard deviations."""
    z = torch.tensor([[8.0, 1.0], [-1.0, -10.48576], [-45.0, -1e4]], dtype=torch.float64)
    variance = torch.tensor([4.0, 0.01], dtype=torch.float64)
    got = hw("early_exit.partial_sums.log_probability_nonpositive")(-z * variance.sqrt(), variance)
    hint = "Where does the probability underflow, and what happens to its logarithm?"
    assert_close(got, oracle.normal_log_cdf(z), rtol=1e-8, atol=1e-15, hint=hint)


@pytest.mark.task("early_exit.partial_sums.log_probability_nonpositive")
def test_log_probability_with_nothing_left_to_add(hw):
    """With variance 0 the logarithm is 0 or minus infinity. Single precision in, double precision out."""
    partial_sum = torch.tensor([-2.0, 0.0, 0.25])
    expected = torch.tensor([0.0, 0.0, -float("inf")], dtype=torch.float64)
    got = hw("early_exit.partial_sums.log_probability_nonpositive")(partial_sum, 0.0)
    assert_close(got, expected, hint="What is Y if all its terms are known? Is 0 <= 0?")
    mixed = hw("early_exit.partial_sums.log_probability_nonpositive")(
        partial_sum[:, None], torch.tensor([1.0, 2.0])
    )
    z = -partial_sum.double()[:, None] / torch.tensor([1.0, 2.0], dtype=torch.float64).sqrt()
    assert_close(mixed, oracle.normal_log_cdf(z), hint="Both arguments are broadcast.")
