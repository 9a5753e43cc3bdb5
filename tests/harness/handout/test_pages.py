"""Pages are read in order. Every wrong marker, section and rubric is refused with its file and line."""

import pytest

from autograder.errors import InputError
from autograder.release.handout import pages, rubric
from autograder.release.handout.markers import HandoutError

from .booklet import QUESTIONS, Booklet


@pytest.fixture
def booklet(tmp_path):
    return Booklet(tmp_path)


def read(booklet):
    found = pages.read(booklet.folder, booklet.manifest)
    rubric.check(found, booklet.manifest)
    return found


def test_parts_have_their_kind_section_and_line(booklet):
    page = read(booklet)[1]
    found = [(stretch.kind, stretch.section, stretch.line) for stretch in page.segments]
    assert found == [
        ("heading", "q1", 1),
        ("text", "q1", 3),
        ("heading", "q1a", 5),
        ("text", "q1a", 7),
        ("solution", "q1a", 15),
        ("rubric", "q1a", 23),
        ("heading", "q1b", 29),
        ("text", "q1b", 31),
        ("solution", "q1b", 34),
    ]
    lines = QUESTIONS.split("\n")
    assert all(stretch.text.startswith(lines[stretch.line - 1]) for stretch in page.segments)


def test_pages_come_in_the_order_of_the_manifest(booklet):
    """Not the order of names: the index is first, and pages without a question are last."""
    parts = QUESTIONS.split("## (b)")
    booklet.write("q1.md", "## (b)" + parts[1])
    booklet.write("z.md", parts[0])
    assert [page.path.name for page in read(booklet)] == ["index.md", "z.md", "q1.md", "glossary.md"]


BEGIN, END, RUBRIC = "<!-- BEGIN SOLUTION q1b -->", "<!-- END SOLUTION -->", "<!-- BEGIN RUBRIC q1a -->"
REFUSED = {
    "unclosed": (f"{BEGIN}\nBlue", f"{END}\n{BEGIN}\nBlue", 33, "stray"),
    "never closed": (
        "remembering.\n<!-- END SOLUTION -->",
        "remembering.",
        33,
        "unclosed .*END SOLUTION",
    ),
    "nested": (f"{BEGIN}\n", f"{BEGIN}\n{BEGIN}\n", 34, "nested: the block of line 33"),
    "rubric left open": ("<!-- END RUBRIC -->\n", "", 26, "the rubric of line 22 is still open"),
    "rubric outside": (BEGIN, "<!-- BEGIN RUBRIC q1b -->", 33, "inside a solution"),
    "other question": (BEGIN, "<!-- BEGIN SOLUTION q1a -->", 33, "`q1a` is in the section `q1b`"),
    "misspelt": (BEGIN, "<!-- BEGIN SOLUTIONS q1b -->", 33, "unknown marker"),
    "lower case": (BEGIN, "<!-- begin solution q1b -->", 33, "unknown marker"),
    "no blank": (BEGIN, "<!--BEGIN SOLUTION q1b-->", 33, "unknown marker"),
    "no id": (BEGIN, "<!-- BEGIN SOLUTION -->", 33, "unknown marker"),
    "id at the end": ("remembering.\n" + END, "remembering.\n<!-- END SOLUTION q1b -->", 35, "unknown"),
    "other comment": ("Which colour?", "Which colour? <!-- blue -->", 31, "unknown marker"),
    "comment of two lines": ("Which colour?", "<!--\nblue -->", 31, "unknown marker"),
    "not alone": (BEGIN, f"Answer: {BEGIN}", 33, "alone on its line"),
    "heading inside": ("Blue, as", "## (c) {#q1c}\nBlue, as", 34, "in the block of line 33"),
    "unknown question": ("{#q1 ", "{#q9 ", 1, "unknown question `q9`; assignment.toml has q1a, q1b"),
    "second section": ("{#q1 ", "{#q1b ", 29, "a second section `q1b`"),
    "no section": (" {#q1b}", "", 33, "`q1b` is in the section `q1a`"),
    "blank line in an equation": ("c_t = \\left", "\nc_t = \\left", 19, "blank line inside .* line 18"),
    "equation without end": ("e f) .\n$$", "e f) .", 20, "blank line inside"),
    "form": ("FORM q1a.left", "FORM left", 17, "unknown marker"),
    "sum of a rubric": ("- 2 points", "- 3 points", 23, "adds up to 4 points, its manual_points are 3"),
    "row of a rubric": ("- 1 point:", "- one point:", 25, "not a row of a rubric"),
    "row without points": ("- 1 point: the base", "The base", 25, "not a row of a rubric"),
    "rubric without points": (
        "remembering.\n",
        "remembering.\n<!-- BEGIN RUBRIC q1b -->\n- 1 point: x\n<!-- END RUBRIC -->\n",
        36,
        "adds up to 1 points, its manual_points are 0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_file_and_line(booklet, case):
    before, after, line, said = REFUSED[case]
    booklet.change(before, after)
    with pytest.raises(HandoutError, match=said) as caught:
        read(booklet)
    assert (caught.value.path, caught.value.line) == (booklet.folder / "q1.md", line)
    assert str(caught.value).startswith(f"{booklet.folder / 'q1.md'}:{line}: ")
    assert isinstance(caught.value, InputError)


def test_missing_rubric_section_and_index_are_refused(booklet):
    text = QUESTIONS
    booklet.write("q1.md", text[: text.index(RUBRIC)] + text[text.index("<!-- END RUBRIC -->") + 20 :])
    with pytest.raises(HandoutError, match="the rubric of q1a adds up to 0 points, its manual_points are 3"):
        read(booklet)
    booklet.write("q1.md", text[: text.index("## (b)")])
    with pytest.raises(HandoutError, match=r"no page has a heading for q1b; write .*\{#q1b\}"):
        read(booklet)
    (booklet.folder / "index.md").unlink()
    with pytest.raises(HandoutError, match=r"index\.md: there is no such file"):
        read(booklet)
