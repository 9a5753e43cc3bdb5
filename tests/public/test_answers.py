"""The answer form: each answer is present and has the right format. These tests do not say whether it is right."""

import pytest

from tests.support.compare import assert_true


@pytest.mark.task("answers.q1c")
def test_activation_is_one_of_the_choices(hw):
    """q1c is one of the two activations."""
    _is_choice(hw, "q1c")


@pytest.mark.task("answers.q4b")
def test_relationship_is_one_of_the_choices(hw):
    """q4b is one of the four sentences."""
    _is_choice(hw, "q4b")


@pytest.mark.task("answers.q3a_ii")
def test_first_partial_sum_is_a_number(hw):
    """q3a_ii is a number: the z of Phi(z)."""
    _is_number(hw.answer("q3a_ii"), "q3a_ii")


@pytest.mark.task("answers.q3a_iii")
def test_fortieth_partial_sum_is_a_number(hw):
    """q3a_iii is a number: the z of Phi(z)."""
    _is_number(hw.answer("q3a_iii"), "q3a_iii")


@pytest.mark.task("answers.q5_sources")
def test_sources_are_given(hw):
    """q5_sources is a text or a list of texts ("none" is allowed)."""
    _is_text(hw.answer("q5_sources"), "q5_sources")


@pytest.mark.task("answers.q5_collaborators")
def test_collaborators_are_given(hw):
    """q5_collaborators is a text or a list of texts: names with ids, a description of the group, or "none"."""
    _is_text(hw.answer("q5_collaborators"), "q5_collaborators")


@pytest.mark.task("answers.q5_hours")
def test_hours_are_a_number(hw):
    """q5_hours is a number of hours, 0 to 200."""
    hours = hw.answer("q5_hours")
    _is_number(hours, "q5_hours")
    assert_true(0 <= hours <= 200, f"q5_hours is {hours}; expected 0 to 200 hours")


def _is_choice(hw, key):
    answer, options = hw.answer(key), hw.options(f"answers.{key}")
    assert_true(
        answer in options,
        f"{key} is {answer!r}, which is not one of the choices",
        hint="answers.toml lists the choices above the key: "
        + "; ".join(f'"{option}"' for option in options),
        failure="type",
    )


def _is_number(answer, key):
    good = isinstance(answer, int | float) and not isinstance(answer, bool)
    hint = f"Write only the number, without quotes: {key} = 1.5"
    assert_true(good, f"{key} is {answer!r}; expected a number", hint=hint, failure="type")


def _is_text(answer, key):
    texts = answer if isinstance(answer, list) else [answer]
    good = all(isinstance(text, str) and text.strip() for text in texts)
    hint = f'If there is nothing to report, write {key} = "none".'
    assert_true(good, f"{key} is {answer!r}; expected a text", hint=hint, failure="type")
