"""A homework of three tasks and one answer, in a folder. Each test changes what must fail."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

from autograder.assignment.manifest import Manifest, load
from autograder.assignment.settings import choose
from autograder.grading.grade import grade
from autograder.platforms.gradescope import results as gradescope
from autograder.record.build import Record
from autograder.record.keep import Keeper
from autograder.submission import staged
from autograder.submission.answers import Answers
from autograder.submission.artifacts import ArtifactStore
from autograder.submission.staged import Submission

MANIFEST = """
[assignment]
id = "mini"
title = "A tiny homework"
package = "pupil"
points = 10

[limits]
total = 60
threads = 1
seconds = 5
memory_mb = 512

[[suites]]
name = "public"
path = "checks/public"
visibility = "visible"

[[suites]]
name = "hidden"
path = "checks/hidden"
visibility = "outcome"

[[questions]]
id = "q1"
title = "Arithmetic"
manual_points = 3
tasks = [
    { id = "maths.double", points = 4 },
    { id = "maths.quadruple", points = 5, needs = ["maths.double"] },
    { id = "answers.colour", kind = "answer", points = 1, options = ["red", "blue"] },
]

[staff]
reference = "pupil"

[staff.choices]
colour = "blue"
"""


def giving(text: str, *patterns: str) -> str:
    """A manifest with given files in the package, and with a separate reference."""
    package = 'package = "pupil"\n'
    text = text.replace(package, f"{package}given = {json.dumps(patterns)}\n")
    return text.replace('reference = "pupil"', 'reference = "reference"')


CODE = """
import torch
from . import maths

def double(x):
    return 2 * x

def quadruple(x):
    return maths.double(maths.double(x))
"""

PUBLIC = """
import pytest, torch
from tests.support.compare import assert_close

@pytest.mark.task("maths.double")
def test_double(hw):
    "Two times three is six."
    assert_close(hw("maths.double")(torch.tensor([3.0])), torch.tensor([6.0]), hint="Add it to itself.")

@pytest.mark.task("maths.quadruple")
def test_quadruple(hw):
    "Four times three is twelve."
    assert_close(hw("maths.quadruple")(torch.tensor([3.0])), torch.tensor([12.0]))

@pytest.mark.task("answers.colour")
def test_colour(hw, right_choice):
    "The colour."
    assert hw.answer("colour") == right_choice("colour")
"""

HIDDEN = """
import pytest, torch
from tests.support.compare import assert_close

@pytest.mark.task("maths.double")
def test_secret_double(hw):
    "A secret title."
    assert_close(hw("maths.double")(torch.tensor([3.25])), torch.tensor([6.5]), hint="What is x + x?")
"""

DOUBLE = "maths.double"
QUADRUPLE = "maths.quadruple"


class Mini:
    """The tiny homework in `root`; `code`, `public`, `hidden`, `manifest` and `answers` replace a complete file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.out = root / "out"
        for name in [name for name in sys.modules if name.split(".")[0] == "checks"]:
            del sys.modules[name]  # a test file with the same name from an earlier tiny homework
        for folder in ("pupil", "checks/public", "checks/hidden"):
            (root / folder).mkdir(parents=True)
        (root / "pupil/__init__.py").write_text("")
        self.manifest(MANIFEST)
        self.code(CODE)
        self.answers('colour = "blue"')
        self.public(PUBLIC)
        self.hidden(HIDDEN)

    def manifest(self, text: str) -> None:
        (self.root / "assignment.toml").write_text(text)

    def code(self, text: str) -> None:
        (self.root / "pupil/maths.py").write_text(dedent(text))

    def answers(self, text: str) -> None:
        (self.root / "pupil/answers.toml").write_text(text)

    def public(self, text: str) -> None:
        (self.root / "checks/public/test_mini.py").write_text(dedent(text))

    def hidden(self, text: str) -> None:
        (self.root / "checks/hidden/test_hidden_mini.py").write_text(dedent(text))

    def loaded(self) -> Manifest:
        """Its current manifest."""
        return load(self.root / "assignment.toml")

    def grade(self, only: tuple[str, ...] = (), overrides: dict[str, Callable] | None = None) -> Record:
        """Grades the package with public and hidden tests, and writes the record into `out`."""
        settings = choose(self.loaded(), only=only)
        with Keeper(settings, out=self.out, render=gradescope.render) as keeper:
            return grade(settings, self.submission(), keeper=keeper, overrides=overrides)

    def submission(self) -> Submission:
        """Its package as it is now."""
        return staged.read(self.root / "pupil", self.loaded())


def unread(manifest: Manifest) -> Submission:
    """A submission of which nothing was read: for tests that only call its functions."""
    return Submission(
        package=manifest.root, answers=Answers(), artifacts=ArtifactStore(manifest.root, manifest), sources={}
    )


def outcomes(record: Record) -> dict[str, str]:
    """The outcome of each task."""
    return {task["id"]: task["outcome"] for task in record["tasks"]}


def points(record: Record) -> dict[str, float]:
    """The points of each task."""
    return {task["id"]: task["points"] for task in record["tasks"]}


def results_of(record: Record, task: str) -> list[dict]:
    """The tests of a task, in the order of the ledger."""
    return [test for test in record["tests"] if test["task"] == task]
