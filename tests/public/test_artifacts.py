"""Trained weights and their reported numbers: they are present, valid, and made by exactly these sources."""

import pytest

from tests.support.compare import assert_true


def _each(kind, names):
    return [pytest.param(name, marks=pytest.mark.task(f"{kind}.{name}")) for name in names]


@pytest.mark.parametrize("name", _each("artifacts", ["coin_flip", "gaussian", "early_exit", "rlhf"]))
def test_weights_and_card_are_sound(hw, name):
    """The weights can be read, are finite, and match the file that their card describes."""
    hw.artifact(f"artifacts.{name}")


@pytest.mark.parametrize("name", _each("artifacts", ["coin_flip", "gaussian", "early_exit", "rlhf"]))
def test_weights_come_from_these_sources(hw, name):
    """The sources named on the card are the sources in this submission."""
    others = hw.changed_sources(f"artifacts.{name}")
    hint = "Train again with the current code. Changes of comments and blank lines do not count."
    assert_true(
        not others,
        f"these files have changed since the weights were trained: {', '.join(others)}",
        hint=hint,
        failure="other sources",
    )


SHARES = ["i_accuracy", "ii_accuracy", "iii_early_confidence", "iii_late_confidence", "v_accuracy"]
NUMBERS = ["iv_mac_ratio", "iv_spike_tolerance", "vi_tolerance"]


@pytest.mark.parametrize("key", _each("answers", [f"q3b_{key}" for key in SHARES]))
def test_figure_is_a_share(hw, key):
    """The number is a share between 0 and 1."""
    number = hw.answer(key)
    good = _is_number(number) and 0 <= number <= 1
    assert_true(good, f"{key} is {number!r}; expected a number from 0 to 1", hint=WRITTEN, failure="type")


@pytest.mark.parametrize("key", _each("answers", [f"q3b_{key}" for key in NUMBERS]))
def test_figure_is_a_number(hw, key):
    """The answer is a number, 0 or more."""
    number = hw.answer(key)
    good = _is_number(number) and number >= 0
    assert_true(good, f"{key} is {number!r}; expected a number", hint=WRITTEN, failure="type")


@pytest.mark.task("answers.q3b_iii_exit_shares")
def test_exit_shares_add_up(hw):
    """q3b_iii_exit_shares has one share for each of the four exits; the shares add up to 1."""
    shares = hw.answer("q3b_iii_exit_shares")
    good = isinstance(shares, list) and len(shares) == 4 and all(map(_is_number, shares))
    text = f"q3b_iii_exit_shares is {shares!r}; expected a list of four numbers"
    assert_true(good, text, hint=WRITTEN, failure="type")
    assert_true(
        abs(sum(shares) - 1) < 0.01, f"the shares add up to {sum(shares):.3f}; expected 1", hint=WRITTEN
    )


@pytest.mark.task("answers.q3b_search")
def test_search_is_reported(hw):
    """q3b_search describes in words what the hyper-parameter search found."""
    text = hw.answer("q3b_search")
    good = isinstance(text, str) and len(text.split()) >= 5
    hint = "Which settings did you try, which one was best, and by how much?"
    assert_true(good, "q3b_search is not a sentence", hint=hint, failure="type")


WRITTEN = "`make train Q=q3` writes this number into answers.toml."


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)
