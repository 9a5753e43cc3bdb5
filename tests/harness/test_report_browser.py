"""The page in a real browser: as wide as a phone, in both colour schemes, without errors and without requests."""

import json
from pathlib import Path
from typing import Any

import pytest

from autograder.render import report
from tests.harness.reports import attacked, record, todo

LONG = "W" * 3000
PAGES = {
    "whole": record(),
    "stubs": todo(),
    "attacked": attacked(record()),
    "long": json.loads(json.dumps(record()).replace("maths", LONG)),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", PAGES)
def test_a_phone_shows_the_page_without_horizontal_scrolling_or_requests(
    browser: Any, tmp_path: Path, state: str, scheme: str
) -> None:
    report.write(PAGES[state], tmp_path / "report.html")
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message) or dialog.dismiss())
    page.on("request", lambda request: asked.append(request.url.split(":")[0]))
    page.goto((tmp_path / "report.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    widths = page.evaluate("[document.documentElement.scrollWidth, document.body.scrollWidth]")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    widest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.chart')].map(one => one.clientWidth), 0)"
    )
    heading = page.evaluate(
        "Math.max(...[...document.querySelectorAll('thead th')].map(one => one.clientHeight))"
    )
    context.close()
    assert max(widths) <= 360 and widest <= 328 and heading <= 50  # two lines: no word of a heading is broken
    assert said == [] and asked[0] == "file" and set(asked[1:]) <= {"data"}
    assert (background == "rgb(255, 255, 255)") is (scheme == "light")
