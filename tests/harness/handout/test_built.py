"""The builder writes six files with the same bytes each time. A warning stops it."""

import io
import re
from xml.etree import ElementTree

import pytest

from autograder import cli
from autograder.errors import InputError
from autograder.release import handout
from autograder.release.handout import convert

from .booklet import Booklet

FILES = ["answers.md", "answers.pdf", "answers.tex", "handout.html", "handout.pdf", "solutions.pdf"]


@pytest.fixture
def booklet(tmp_path):
    return Booklet(tmp_path)


def words(pdf):
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed (extra: otter)")
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def test_command_writes_all_files(booklet, monkeypatch, capsys):
    monkeypatch.chdir(booklet.root)
    assert cli.main(["handout"]) == 0
    assert sorted(path.name for path in (booklet.root / "dist/handout").iterdir()) == FILES
    said = capsys.readouterr()
    assert sorted(said.out.split()) == sorted(["written:"] * 6 + [f"dist/handout/{name}" for name in FILES])
    assert said.err == ""


def test_the_same_sources_give_the_same_bytes(booklet):
    assert handout.build(booklet.manifest) == handout.build(booklet.manifest)


def test_each_pdf_has_the_parts_for_its_readers(booklet):
    made = handout.build(booklet.manifest)
    shown = {name: words(made[f"{name}.pdf"]) for name in ("handout", "answers", "solutions")}
    assert all("How much of a cake" in text for text in shown.values())
    assert ["If you cut a cake" in text for text in shown.values()] == [False, False, True]
    assert ["uses a power" in text for text in shown.values()] == [False, False, True]
    assert ["Your answer to 1(a), 3 points" in text for text in shown.values()] == [False, True, False]


def test_page_has_formulas_headings_and_no_external_address(booklet):
    page = handout.build(booklet.manifest)["handout.html"].decode()
    assert page.count("<math ") == 2
    assert "@font-face" in page
    assert '<section id="q1a" class="level2">' in page
    assert re.findall(r'(?:src|href)="(?!#)[^"]{0,30}', page) == []
    assert "notebook=" not in page


@pytest.mark.parametrize(
    ("formula", "spaces"),
    [
        (r"\log p", 1),
        (r"\left(\log \frac12\right)", 1),
        (r"\log(p)", 0),
        (r"\mathrm{clip}\left(x\right)", 0),
        (r"\max_x f", 0),
        (r"\left(\max_x \log p\right)", 1),
        (r"D_{\mathrm{KL}} y", 0),
        (r"x_{\max}^2 y", 1),  # a little too wide, but complete
    ],
)
def test_a_function_has_a_space_before_its_argument(formula, spaces):
    """Kills: `logp`; a space before a bracket; a space inside a subscript."""
    page = convert.html(f"A ${formula}$.", "Some")
    math = ElementTree.fromstring(page[page.index("<math") : page.index("</math>") + len("</math>")])
    assert len([part for part in math.iter() if part.get("width") == "0.167em"]) == spaces
    for part in math.iter():
        name = part.tag.rpartition("}")[2]
        assert len(part) == {"msub": 2, "msup": 2, "mfrac": 2, "munder": 2, "msubsup": 3}.get(name, len(part))


def test_answers_are_plain_markdown_and_complete_latex(booklet):
    made = handout.build(booklet.manifest)
    text = made["answers.md"].decode()
    assert text.startswith("# A tiny homework: written answers\n")
    assert "**Your answer to 1(a)**, 3 points\n\n<!-- write here -->\n\n## (b) Colour\n" in text
    assert "\n$$\n" in text
    assert not re.search(r":::|\{[#.]|\\\[", text)
    text = made["answers.tex"].decode()
    assert text.isascii()  # every LaTeX can read it
    assert "\\vspace*{75mm} % write here, in place of this\n" in text
    assert text.count("\\begin{document}") == text.count("\\end{document}") == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (r"Which $\notacommand{colour}$?", r"(?s)pandoc cannot make .*notacommand"),
        (
            '```{=typst}\n#set text(font: "None Such")\n```',
            "Typst reports a warning for Handout: unknown font family",
        ),
        ("```{=typst}\n#nothing()\n```", "Typst cannot typeset Handout: unknown variable"),
    ],
)
def test_a_warning_is_an_error(booklet, written, said):
    booklet.change("Which colour?", written)
    with pytest.raises(InputError, match=said):
        handout.write(booklet.manifest, booklet.root / "out")
    assert not (booklet.root / "out").exists()


def test_a_missing_tool_or_folder_is_reported(booklet, monkeypatch):
    monkeypatch.setitem(convert._TOOLS, "no_such_typesetter", "typesetter")
    with pytest.raises(
        InputError, match="is built with typesetter; install what is missing with: make setup"
    ):
        handout.build(booklet.manifest)
    path = booklet.root / "assignment.toml"
    path.write_text(path.read_text().replace('handout = "pages"\n', ""))
    with pytest.raises(InputError, match=r"assignment\.toml: \[staff\] has no `handout`"):
        handout.build(booklet.manifest)
