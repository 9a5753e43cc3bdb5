"""The table in docs/security.md is true for such a machine: tests a few of its rows, one of each kind."""

import os
from pathlib import Path

import pytest

from autograder.isolation.kernel import landlock
from tests.harness import matrix

PAGE = Path(__file__).parents[2] / "docs/security.md"
ROWS = [
    ("root", ()),
    ("root", ("landlock", "namespaces")),
    ("root-open", ("landlock", "namespaces")),
    ("container", ()),
    ("plain", ()),
    ("plain", ("landlock", "namespaces")),
    ("plain", ("landlock", "namespaces", "seccomp")),
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.name != "posix" or os.geteuid() != 0, reason="removes rights, so it must have them"
    ),
    pytest.mark.skipif(landlock.abi() < 6, reason="the table was made on a kernel with Landlock 6 or later"),
]


@pytest.mark.parametrize(("who", "without"), ROWS)
def test_row_of_the_matrix(who: str, without: tuple[str, ...]) -> None:
    found = matrix.examine(who, without)
    if who in ("root", "container") and matrix.python_is_open():
        pytest.skip("here every user can read Python")
    assert matrix.row(who, without, found) in PAGE.read_text().splitlines()
