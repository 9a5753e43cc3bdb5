"""Trained weights and the figures that go with them: that they are there, sound, and made by these very sources."""

import pytest

from tests.support.compare import assert_true


def _each(kind, names):
    return [pytest.param(name, marks=pytest.mark.task(f"{kind}.{name}")) for name in names]


@pytest.mark.parametrize("name", _each("artifacts", ["coin_flip", "gaussian", "early_exit", "rlhf"]))
def test_weights_and_card_are_sound(hw, name):
    """The weights can be read, are finite, and are the file that their card was written for."""
    hw.artifact(f"artifacts.{name}")


@pytest.mark.parametrize("name", _each("artifacts", ["coin_flip", "gaussian", "early_exit", "rlhf"]))
def test_weights_come_from_these_sources(hw, name):
    """The card names the sources that lie beside it."""
    others = hw.changed_sources(f"artifacts.{name}")
    assert_true(
        not others,
        f"these files have changed since the weights were trained: {', '.join(others)}",
        hint="Train again with the code as it is now. Comments and blank lines do not count as a change.",
        failure="other sources",
    )


SHARES = ["i_accuracy", "ii_accuracy", "iii_early_confidence", "iii_late_confidence", "v_accuracy"]
NUMBERS = ["iv_mac_ratio", "iv_spike_tolerance", "vi_tolerance"]


@pytest.mark.parametrize("key", _each("answers", [f"q3b_{key}" for key in SHARES]))
def test_figure_is_a_share(hw, key):
    """The figure is a fraction of 1."""
    figure = hw.answer(key)
    good = _is_number(figure) and 0 <= figure <= 1
    assert_true(good, f"{key} is {figure!r}; a number from 0 to 1 is due", hint=WRITTEN, failure="type")


@pytest.mark.parametrize("key", _each("answers", [f"q3b_{key}" for key in NUMBERS]))
def test_figure_is_a_number(hw, key):
    """The figure is a number, 0 or more."""
    figure = hw.answer(key)
    good = _is_number(figure) and figure >= 0
    assert_true(good, f"{key} is {figure!r}; a number is due", hint=WRITTEN, failure="type")


@pytest.mark.task("answers.q3b_iii_exit_shares")
def test_exit_shares_add_up(hw):
    """q3b_iii_exit_shares has a share for each of the four exits; together they are 1."""
    shares = hw.answer("q3b_iii_exit_shares")
    good = isinstance(shares, list) and len(shares) == 4 and all(map(_is_number, shares))
    text = f"q3b_iii_exit_shares is {shares!r}; a list of four numbers is due"
    assert_true(good, text, hint=WRITTEN, failure="type")
    assert_true(
        abs(sum(shares) - 1) < 0.01, f"the shares add up to {sum(shares):.3f}, not to 1", hint=WRITTEN
    )


@pytest.mark.task("answers.q3b_search")
def test_search_is_reported(hw):
    """q3b_search says in words what the search over hyper-parameters found."""
    text = hw.answer("q3b_search")
    good = isinstance(text, str) and len(text.split()) >= 5
    hint = "Which settings did you try, which was best, and by how much?"
    assert_true(good, "q3b_search is no sentence", hint=hint, failure="type")


WRITTEN = "`make train Q=q3` writes this figure into answers.toml."


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)
