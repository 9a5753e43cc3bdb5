"""Checks whether the answers in the form are right."""

import math

import pytest

from tests.support.compare import assert_true


@pytest.mark.task("answers.q1c")
def test_activation_is_right(hw, right_choice):
    """The activation maps every real number into (0, 1)."""
    hint = "Which of the two has values between 0 and 1 for every input?"
    assert_true(hw.answer("q1c") == right_choice("q1c"), "the choice of the activation is wrong", hint=hint)


@pytest.mark.task("answers.q4b")
def test_relationship_is_right(hw, right_choice):
    """The policy-gradient loss is the cross-entropy of a supervised step under one condition."""
    hint = "Write both losses for one reference summary. With which samples and which rewards are they the same sum?"
    assert_true(hw.answer("q4b") == right_choice("q4b"), "the choice is wrong", hint=hint)


@pytest.mark.task("answers.q3a_ii")
def test_first_partial_sum(hw):
    """P(Y <= 0 | Y_1 = 5) as Phi(z): the remaining variance is 1/4 + 1/8 + ... = 1/2, so z = -5 / sqrt(1/2)."""
    _is_z(hw.answer("q3a_ii"), -5 / math.sqrt(1 / 2))


@pytest.mark.task("answers.q3a_iii")
def test_fortieth_partial_sum(hw):
    """P(Y <= 0 | Y_40 = 1e-5) as Phi(z): the remaining variance is 2^-41 + 2^-42 + ... = 2^-40, so z = -1e-5 * 2^20."""
    _is_z(hw.answer("q3a_iii"), -1e-5 * 2**20)


def _is_z(answer, right):
    number = isinstance(answer, int | float) and not isinstance(answer, bool)
    hint = "Give z, not the probability. What is the variance of the sum of all remaining X_i?"
    assert_true(
        number and abs(answer - right) <= 2e-3, f"expected z = {right:.4f}, got {answer!r}", hint=hint
    )
