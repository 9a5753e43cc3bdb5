"""The handout of this homework: it is built, complete, and readable on a phone."""

import ast
import re
from pathlib import Path

import pytest

from autograder.assignment.manifest import load
from autograder.release import handout

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "docs/handout"


@pytest.fixture(scope="module")
def made():
    return handout.build(load(ROOT / "assignment.toml"))


def test_the_complete_handout_is_built(made):
    page = made["handout.html"].decode()
    for question in load(ROOT / "assignment.toml").questions:
        assert f'<section id="{question.id}" ' in page
    for name in ("Anant Sahai", "Kumar Krishna Agrawal", "Liam Tan", "Linyuan Gong"):
        assert name in page
    assert all(content.startswith(b"%PDF") for name, content in made.items() if name.endswith("pdf"))
    assert made["answers.tex"].isascii()


def test_no_points_are_written_by_hand():
    """Outside rubrics. Such points could differ from the manifest."""
    for path in SOURCES.glob("q*.md"):
        text = re.sub(
            r"<!-- BEGIN RUBRIC .*?<!-- END RUBRIC -->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        assert not re.search(r"\b(\d+|one|two|three|four) (manual )?points? (by|for)\b", text), path


def identifiers(folder):
    """Every name that the code in the folder defines, takes or uses."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield from (getattr(node, field, None) for field in ("id", "arg", "attr", "name"))


def test_the_names_of_the_glossary_are_in_the_code():
    named = re.findall(r"`([^`]+)`", (SOURCES / "glossary.md").read_text(encoding="utf-8"))
    words = {word for code in named for word in re.findall(r"[A-Za-z]\w*", code)}
    assert len(words) > 30
    assert words - set(identifiers(ROOT / "solutions")) == set()


def test_answers_that_the_questions_name_are_in_the_form():
    tasks = load(ROOT / "assignment.toml").tasks
    for path in SOURCES.glob("q*.md"):
        for key in re.findall(r"`(q\d\w*)`", path.read_text(encoding="utf-8")):
            assert f"answers.{key}" in tasks, (path, key)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_page_fits_and_makes_no_request(browser, made, tmp_path, width, scheme):
    (tmp_path / "handout.html").write_bytes(made["handout.html"])
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url.split(":")[0]))
    page.goto((tmp_path / "handout.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    outside = """[...document.querySelectorAll('main *')].filter(one => !one.closest('.display, .sheet')
        && one.getBoundingClientRect().right > innerWidth).map(one => one.textContent)"""
    assert page.evaluate(outside) == []
    loaded = "[...document.fonts].map(font => [font.family.replaceAll('\"', ''), font.status].join())"
    assert page.evaluate(loaded) == ["STIX Two Math,loaded"]
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"
    assert dark == (scheme == "dark")
    assert set(asked) <= {"file", "data"}
    assert said == []
