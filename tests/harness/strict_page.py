"""Parses the page of a report strictly: only a few tags and attributes are allowed, closed and nested correctly."""

import re
from html.parser import HTMLParser
from typing import Any

from autograder.render import report

VOID = {"meta", "br", "img", "wbr"}
BARE = {
    "head",
    "title",
    "style",
    "body",
    "header",
    "main",
    "footer",
    "h1",
    "h2",
    "strong",
    "br",
    "wbr",
    "figure",
}
BARE |= {"figcaption", "thead", "tbody", "tfoot", "tr", "caption", "summary", "dl", "dt"}
INSIDE = {"wbr", "strong", "code", "a"}  # of a line of text
ALLOWED = {
    "html": {"lang"},
    "meta": {"charset", "name", "content", "http-equiv"},
    "a": {"href"},
    "h3": {"id"},
    "section": {"class", "aria-labelledby"},
    "span": {"class", "aria-hidden"},
    "th": {"scope", "class"},
    "td": {"class", "colspan"},
    "img": {"src", "width", "height", "alt"},
    "svg": {"class", "viewbox", "role", "aria-label", "aria-hidden"},
    "text": {"class", "x", "y"},
    "path": {"class", "d"},
}
ALLOWED |= {tag: {"class"} for tag in ("p", "code", "dd", "ul", "li", "div", "table", "details", "g")}
ALLOWED |= {tag: set() for tag in BARE}
# Words of the page, numbers, and the data of a picture: never a text of a record.
VALUE = re.compile(r"[\w /.,:;=#'%+-]*|data:image/png;base64,[\w+/=]+")


class Page(HTMLParser):
    """A page. It is refused unless all tags and attributes are allowed, closed and nested correctly."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text, self.ids, self.links, self.levels = "", [], [], []
        assert page.startswith("<!doctype html>\n<html")
        self.feed(page)
        self.close()
        assert self.open == [] and len(set(self.ids)) == len(self.ids) and set(self.links) <= set(self.ids)
        assert all(below - above <= 1 for above, below in zip([0, *self.levels], self.levels, strict=False))

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        named = dict(attrs)
        assert len(named) == len(attrs) and named.keys() <= ALLOWED[tag]
        assert all(value and VALUE.fullmatch(value) for value in named.values()), named
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named["href"].removeprefix("#")] if "href" in named else []
        self.links += [named["aria-labelledby"]] if "aria-labelledby" in named else []
        self.levels += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        assert tag != "img" or named["alt"]
        self.text += "" if tag in INSIDE else " "

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read(found: dict[str, Any]) -> str:
    """The words of the page of a record, separated by single spaces."""
    return " ".join(Page(report.render(found)).text.split())
