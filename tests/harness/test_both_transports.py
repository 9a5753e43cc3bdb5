"""One test, two transports: a submission of homework 12 ends the same in process and in isolation, word for word."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.assignment.manifest import load
from autograder.assignment.settings import choose
from autograder.grading.grader import Grader
from autograder.record.build import Record
from tests.harness import half_right

ROOT = Path(__file__).parents[2]
MANIFEST = load(ROOT / "assignment.toml")
UNIT = ("public", "hidden")
HALF_RIGHT = 20
CODE = list(MANIFEST.code_tasks())

pytestmark = pytest.mark.slow
Both = Callable[[Path, tuple[str, ...]], tuple[Record, Record]]


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    """Grades a folder on both transports."""
    with Grader(MANIFEST, isolated=False) as trusting, Grader(MANIFEST) as grader:

        def grade(folder: Path, only: tuple[str, ...]) -> tuple[Record, Record]:
            settings = choose(MANIFEST, suites=UNIT, only=only, workers=2)
            return trusting.grade(folder, settings), grader.grade(folder, settings)

        yield grade


def _ends(record: Record) -> list[tuple[str, ...]]:
    fields = ("id", "outcome", "rationale", "hint", "where", "title")
    return [tuple(str(test[field]) for field in fields) for test in record["tests"]]


@pytest.mark.parametrize("package", ["solutions", "student"])
def test_reference_and_stubs_end_the_same(both: Both, package: str) -> None:
    trusted, isolated = both(ROOT / package, ())
    assert _ends(trusted) == _ends(isolated)
    assert trusted["faults"] == isolated["faults"] == []


@pytest.mark.parametrize("number", range(HALF_RIGHT))
def test_half_right_submissions_end_the_same(both: Both, tmp_path: Path, number: int) -> None:
    half_right.make(number, tmp_path / "student")
    share = tuple(CODE[number::HALF_RIGHT] + CODE[(number + 7) % HALF_RIGHT :: HALF_RIGHT])
    trusted, isolated = both(tmp_path, share)
    shutil.rmtree(tmp_path / "student")
    assert _ends(trusted) == _ends(isolated)
    assert trusted["faults"] == isolated["faults"] == []
