"""No part of a written solution reaches students. The scan finds leaks that a test plants on purpose."""

from pathlib import Path

import pytest

from autograder.assignment.manifest import load
from autograder.errors import InputError
from autograder.release import handout
from autograder.release.handout import convert, editions, leaks, pages
from autograder.release.handout.markers import RUBRIC, SOLUTION

from .booklet import Booklet

ROOT = Path(__file__).parents[3]
EXTENSIONS = {"handout.html": convert.html, "answers.md": convert.markdown, "answers.tex": convert.latex}


@pytest.fixture(scope="module")
def sources():
    """The pages of the real handout."""
    manifest = load(ROOT / "assignment.toml")
    assert manifest.staff
    return pages.read(ROOT / manifest.staff.handout, manifest)


@pytest.fixture(scope="module")
def published(sources):
    """The texts that students get."""
    manifest = load(ROOT / "assignment.toml")
    answers, read = editions.answers(sources, manifest), editions.handout(sources, manifest)
    return {
        name: made(read if name == "handout.html" else answers, manifest.title)
        for name, made in EXTENSIONS.items()
    }


def test_no_solution_is_in_the_files_for_students(sources, published):
    assert leaks.find(sources, published) == []
    for text in published.values():
        for marker in ("BEGIN SOLUTION", "RUBRIC", "FORM "):
            assert marker not in text


@pytest.mark.parametrize("name", EXTENSIONS)
def test_every_block_would_be_found_in_every_file(sources, name):
    """The scan finds every block in the form in which the builder would write it."""
    text = editions.solutions(sources, load(ROOT / "assignment.toml"))
    found = "\n".join(leaks.find(sources, {name: EXTENSIONS[name](text, "Planted")}))
    for page in sources:
        for block in page.segments:
            if block.kind in (SOLUTION, RUBRIC):
                assert f"{page.path}:{block.line}: " in found


@pytest.mark.parametrize("name", EXTENSIONS)
@pytest.mark.parametrize(
    "leak",
    [
        "So it has exactly the distribution of $m$ fair coins, and it does not depend on the image.",
        r"Think of $1 - \left(1 - 2\delta\right)^T$.",
        "Think of\n\n$$\n" + r"f_{t-1} (1-\delta) + (1 - f_{t-1}) \delta" + "\n$$\n\nfirst.",
        r"The mean is $\frac{\sqrt{\bar\alpha_{t-1}} \beta_t}{1 - \bar\alpha_t} x_0 + \sqrt{\alpha_t} \dots$ and more.",
    ],
)
def test_one_sentence_and_one_formula_are_found(sources, name, leak):
    """A leak is also found with brackets of another size, without spaces, and between other words."""
    assert leaks.find(sources, {name: EXTENSIONS[name](f"First words.\n\n{leak}", "Planted")})


@pytest.fixture
def booklet(tmp_path):
    return Booklet(tmp_path)


def test_the_builder_refuses_a_leak_by_an_author(booklet):
    """An author writes it into the text of a question by hand. The builder then writes nothing."""
    booklet.change("Which colour?", "Which? As the sky is on every day of the year.")
    with pytest.raises(InputError, match=r"q1\.md:34: `as the sky is on every day` is in handout\.html, "):
        handout.write(booklet.manifest, booklet.root / "out")
    assert not (booklet.root / "out").exists()


def test_a_form_of_a_question_is_given_on_purpose(booklet):
    """Its solution can repeat it. Any other equation of a solution must not be in a question."""
    equation = "\n\n$$\n" + r"\frac{1}{2} c_{t-1} \left(1 + x^2 y^2 z^2\right)" + "\n$$\n\n"
    booklet.change("If you cut", f"Given is:{equation}If you cut")
    assert handout.build(booklet.manifest)
    booklet.change("<!-- FORM q1a.given -->\n", "")
    with pytest.raises(InputError, match=r"q1\.md:14: `1 2 c_\{t-1\} \( 1 \+ x \^ 2` is in handout\.html, "):
        handout.build(booklet.manifest)
