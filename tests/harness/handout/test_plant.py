"""A wrong constant or sign in a closed form of the handout fails a check of this form."""

import pytest

from . import forms, plant


def test_every_number_and_sign_is_falsified_once():
    assert [text for _, text in plant.changes(r"f(1) = -\frac{x_0}{2} + 10^{k}")] == [
        r"f(1) = -\frac{x_1}{2} + 10^{k}",
        r"f(1) = -\frac{x_0}{3} + 10^{k}",
        r"f(1) = -\frac{x_0}{2} + 11^{k}",
        r"f(1) = +\frac{x_0}{2} + 10^{k}",
        r"f(1) = -\frac{x_0}{2} - 10^{k}",
        r"f(1) = -\left(-\frac{x_0}{2} + 10^{k}\right)",
        r"f(1) = 2\left(-\frac{x_0}{2} + 10^{k}\right)",
    ]


@pytest.mark.slow
def test_all_changes_are_caught(capsys):
    assert plant.main() == 0
    planted = sum(len(list(plant.changes(text))) for text in forms.read().values())
    assert capsys.readouterr().out.splitlines()[-1] == f"planted {planted}, caught {planted}"


def test_a_check_that_notices_nothing_is_reported(monkeypatch, capsys):
    monkeypatch.setattr(forms, "read", lambda: {"q0.form": "f = 2 x"})
    monkeypatch.setattr(forms, "load_checks", lambda: {"q0.form": [lambda form: None]})
    assert plant.main() == 1
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "q0.form, 2 at character 0 (2 x) becomes 3, NOTHING: f = 3 x"
    assert said[-1] == "planted 3, caught 0"
