"""The handout of a tiny homework that is not homework 12, in a folder. Each test changes it as it needs."""

from pathlib import Path

from autograder.assignment.manifest import Manifest, load

MANIFEST = """
[assignment]
id = "mini"
title = "A tiny homework"
package = "pupil"
points = 7

[limits]
total = 60
threads = 1
seconds = 5
memory_mb = 512

[[suites]]
name = "public"
path = "checks"
visibility = "visible"

[[questions]]
id = "q1a"
title = "Halving"
manual_points = 3
tasks = [
    { id = "maths.halve", points = 1.5 },
    { id = "maths.rest.left", points = 1.5 },
    { id = "runs.halving", kind = "run", points = 1 },
    { id = "artifacts.halving", kind = "artifact", points = 1, command = "make train Q=q1" },
]

[[questions]]
id = "q1b"
title = "Colour"
tasks = [
    { id = "answers.colour", kind = "answer", points = 1, options = ["red", "blue"] },
    { id = "answers.why", kind = "answer", points = 1 },
]

[staff]
reference = "pupil"
handout = "pages"
"""

INDEX = "# Welcome\n\nAll about it.\n\n<!-- POINTS -->\n"

QUESTIONS = r"""# 1. Halves {#q1 notebook=halves}

Numbers come in halves.

## (a) Halving {#q1a}

How much of a cake is left after $t$ cuts, if each cut takes half of it? Show that

<!-- FORM q1a.given -->
$$
c_t = \frac{1}{2} c_{t-1} \left(1 + x^2 y^2 z^2\right) .
$$

<!-- BEGIN SOLUTION q1a -->
If you cut a cake into two halves and eat one of them, the other one is left, every time:

<!-- FORM q1a.left -->
$$
c_t = \left(1 - \frac{1}{2}\right)^t \exp(a b c d e f) .
$$

<!-- BEGIN RUBRIC q1a -->
- 2 points: uses a power,
  and says why.
- 1 point: the base of it.
<!-- END RUBRIC -->
<!-- END SOLUTION -->

## (b) Colour {#q1b}

Which colour?

<!-- BEGIN SOLUTION q1b -->
Blue, as the sky is on every day that is worth remembering.
<!-- END SOLUTION -->
"""

GLOSSARY = "# Glossary {#glossary}\n\nWords.\n"


class Booklet:
    """Its files, and its manifest on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "pages"
        self.write("index.md", INDEX)
        self.write("q1.md", QUESTIONS)
        self.write("glossary.md", GLOSSARY)
        (root / "assignment.toml").write_text(MANIFEST, encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Writes one page."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self, before: str, after: str, name: str = "q1.md") -> None:
        """Replaces a text that must occur exactly once."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(before) == 1
        self.write(name, text.replace(before, after))

    @property
    def manifest(self) -> Manifest:
        """The manifest, read again."""
        return load(self.root / "assignment.toml")
