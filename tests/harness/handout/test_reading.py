"""Forms are found in the Markdown, or refused with file and line. Every form has a check."""

import pytest

from . import forms

FORM = """Text.

<!-- FORM q3a.tail -->
$$
V = 2^{-k}.
$$
"""


def written(folder, text):
    (folder / "q3.md").write_text(text, encoding="utf-8")
    return folder


def test_a_form_is_the_equation_after_its_marker(tmp_path):
    assert forms.read(written(tmp_path, FORM)) == {"q3a.tail": "V = 2^{-k}"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FORM + FORM, "q3.md:9: q3a.tail is there already"),
        (FORM.replace("$$", "$"), "q3.md:3: q3a.tail is not followed by a display equation"),
        (FORM.replace("$$\nV", "Words.\n\n$$\nV"), "q3.md:3: q3a.tail is not followed by a display equation"),
        (FORM.replace("q3a.tail", "tail"), "q3.md:3: the marker of a form must be alone"),
        (FORM.replace("<!-- FORM", "<!--form"), "q3.md:3: the marker of a form must be alone"),
        (FORM.replace("V =", "V"), "q3.md:3: q3a.tail: a form is one equation"),
        (FORM.replace("2^", r"\Psi"), "q3.md:3: q3a.tail: "),
    ],
)
def test_a_wrongly_marked_form_is_refused_with_its_line(tmp_path, text, said):
    with pytest.raises(forms.FormError) as error:
        forms.read(written(tmp_path, text))
    assert str(error.value).startswith(said)


def test_every_form_of_the_handout_has_a_check_and_every_check_a_form():
    assert set(forms.read()) == set(forms.load_checks())


def test_a_missing_form_is_refused():
    with pytest.raises(forms.FormError, match=r"no <!-- FORM q9z\.nothing -->"):
        forms.expression("q9z.nothing")
