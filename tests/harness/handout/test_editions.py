"""Each reader gets the right parts, together with the data of each question from the manifest."""

import pytest

from autograder.release.handout import editions, pages

from .booklet import Booklet


@pytest.fixture
def booklet(tmp_path):
    return Booklet(tmp_path)


def made(edition, booklet):
    return edition(pages.read(booklet.folder, booklet.manifest), booklet.manifest)


def test_students_read_the_questions_and_nothing_for_staff(booklet):
    text = made(editions.handout, booklet)
    assert (
        text.index("All about it.")
        < text.index("How much of")
        < text.index("Which colour?")
        < text.index("Words.")
    )
    assert "<!--" not in text
    for ours in ("If you cut", r"\exp", "uses a power", "Blue, as"):
        assert ours not in text


def test_staff_read_everything_in_order(booklet):
    text = made(editions.solutions, booklet)
    order = [
        "Show that",
        "::::: solution\nIf you",
        r"\exp",
        "::::: rubric\n- 2 points",
        "Which colour?",
        "Blue, as",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "<!--" not in text


def test_answers_have_a_space_for_each_part_graded_by_hand(booklet):
    """The space replaces the solution and grows with its points. A choice has no space: its answer is in the form."""
    text = made(editions.answers, booklet)
    assert "All about it." not in text
    assert "Words." not in text
    assert text.count("Your answer to") == 1
    assert "::: {.answer height=75}\n**Your answer to 1(a)**, 3 points\n:::\n\n## (b) Colour" in text


def test_solutions_of_a_question_share_the_space(booklet):
    again = "<!-- BEGIN SOLUTION q1a -->\nNothing.\n<!-- END SOLUTION -->\n"
    booklet.change("How much of", f"{again}\nWhat is left")
    text = made(editions.answers, booklet)
    for number in (1, 2):
        said = f"**Your answer to 1(a)**, part {number} of 2 (3 points in all)"
        assert f"::: {{.answer height=38}}\n{said}\n:::" in text


def test_points_functions_and_commands_come_from_the_manifest(booklet):
    text = made(editions.handout, booklet)
    about = text[text.index("{#q1a}") : text.index("How much of")]
    assert about.split("\n")[2:-2] == [
        "::: about",
        "- **Points** 5 by the tests, 3 by hand",
        "- **Fill in** `pupil/maths.py`: `halve`",
        "- **Fill in** `pupil/maths/rest.py`: `left`",
        "- **Try** `make test Q=q1a`",
        "- **Training** the grader trains with your functions for a short while, 1 point",
        "- **Weights** `make train Q=q1` leaves them in `pupil/artifacts/halving.safetensors`; "
        "the grader measures them itself, 1 point",
        ":::",
    ]
    about = text[text.index("{#q1b}") : text.index("Which colour?")]
    assert "- **Points** 2 by the tests\n" in about
    assert "- **Answer** `pupil/answers.toml`: `colour` (one of the choices there), `why`\n" in about
    about = text[text.index("{#q1}") : text.index("Numbers come")]
    assert "- **Points** 7 by the tests, 3 by hand\n- **Notebook** `notebooks/halves`\n" in about


def test_table_of_points(booklet):
    rows = [line for line in made(editions.handout, booklet).split("\n") if line.startswith("|")]
    assert rows[2:] == [
        "| [1(a)](#q1a) | Halving | 5 | 3 |",
        "| [1(b)](#q1b) | Colour | 2 |  |",
        "| | **all** | **7** | **3** |",
    ]
