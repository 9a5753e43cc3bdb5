"""Whatever the functions of homework 12 return, no test ends in a fault of the harness, and nothing is earned by it."""

import re
import shutil
from pathlib import Path

import pytest

from autograder.assignment.manifest import load
from autograder.assignment.settings import choose
from autograder.grading.grade import grade
from autograder.submission import staged

ROOT = Path(__file__).parents[2]
MANIFEST = load(ROOT / "assignment.toml")
LIES = {
    "nothing": "None",
    "text": "'x'",
    "an empty dictionary": "{}",
    "its arguments": "tuple(arguments)",
    "a million zeros": "torch.zeros(1).expand(1000, 1000)",
    "not a number": "torch.tensor(float('nan'))",
    "a generator": "torch.Generator()",
}
# Returning the arguments is right where nothing is to be done, as with a flip probability of 0.
MOST_POINTS = 1.0

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_neither_our_fault_nor_worth_anything(tmp_path: Path, lie: str) -> None:
    package = tmp_path / "student"
    shutil.copytree(ROOT / "student", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "liar.py").write_text(f"import torch\n\ndef lie(arguments):\n    return {LIES[lie]}\n")
    todo = re.compile(r"raise NotImplementedError\(.*\)$", re.MULTILINE)
    for path in package.rglob("*.py"):
        path.write_text(
            todo.sub("from ..liar import lie; return lie(list(locals().values()))", path.read_text())
        )
    record = grade(choose(MANIFEST, suites=("public", "hidden")), staged.read(package, MANIFEST))
    assert record["faults"] == []
    assert {test["outcome"] for test in record["tests"]} <= {"PASSED", "FAILED", "CRASHED", "TODO", "BLOCKED"}
    assert record["score"] <= MOST_POINTS, [
        test["id"] for test in record["tests"] if test["outcome"] == "PASSED"
    ]
