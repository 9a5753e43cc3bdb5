"""A record says by what it was graded, and nothing but names and contents of files changes the digests."""

import os
import shutil
from pathlib import Path

import pytest

from autograder.assignment.manifest import load
from autograder.record import provenance, read
from autograder.record.build import NAME, write
from autograder.record.provenance import graded_by
from tests.harness.mini import MANIFEST, Mini, giving
from tests.harness.reports import record

ROOT = Path(__file__).parents[2]


def changed(homework: Mini, file: str, text: str) -> set[str]:
    """The digests that change when a text is added to a file, which may be new."""
    before = graded_by(homework.loaded())
    path = homework.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + text)
    after = graded_by(homework.loaded())
    return {name for name in before | after if before.get(name) != after.get(name)}


def test_a_change_changes_its_digest_and_no_other(mini: Mini) -> None:
    staff = 'reference = "reference"\n'
    mini.manifest(giving(MANIFEST, "given/*").replace(staff, staff + 'misconceptions = "bank"\n'))
    (mini.root / "reference/given").mkdir(parents=True)
    assert changed(mini, "bank/q1.py", "# a mistake\n") == {"bank"}
    for file in ("checks/public/test_mini.py", "checks/hidden/conftest.py", "checks/oracles/law.py"):
        assert changed(mini, file, "# a test\n") == {"tests"}
    assert changed(mini, "checks/support/close.py", "") == {"tests"}  # an empty file changes what is there
    assert changed(mini, "assignment.toml", "# a comment\n") == {"manifest"}
    assert changed(mini, "reference/given/table.py", "TABLE = 1\n") == {"given"}


def test_what_does_not_grade_changes_nothing(mini: Mini) -> None:
    """Kills: caches, the project's own tests, the submission, and the time of a file."""
    for file in ("checks/public/__pycache__/test_mini.pyc", "checks/harness/test_own.py", "pupil/maths.py"):
        assert not changed(mini, file, "# something\n")
    os.utime(mini.root / "assignment.toml", (0, 0))
    assert not changed(mini, "README.md", "something")


def test_another_folder_another_order_and_other_ends_of_lines_give_the_same_digests(mini: Mini) -> None:
    before = graded_by(mini.loaded())
    other = mini.root.parent / "a/copy"
    for file in sorted(mini.root.rglob("*.*"), reverse=True):
        copy = other / file.relative_to(mini.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert graded_by(load(other / "assignment.toml")) == before


def test_bytes_that_are_no_text_are_not_touched(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"\0\r\n")
    other.write_bytes(b"\0\n")
    assert provenance._digest({"x": one}) != provenance._digest({"x": other})


def test_a_change_of_the_grader_or_of_a_schema_is_seen(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = tmp_path / "autograder"
    shutil.copytree(provenance.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = graded_by(mini.loaded())
    monkeypatch.setattr(provenance, "PACKAGE", copy)
    assert graded_by(mini.loaded()) == before
    for name in ("schemas/record.schema.json", "render/report/page.py"):
        (copy / name).write_text((copy / name).read_text() + "\n")
        after = graded_by(mini.loaded())
        assert after["grader"] != before["grader"] and {**after, "grader": ""} == {**before, "grader": ""}
        before = after


def test_a_record_has_them_all_and_an_older_one_is_still_read(mini: Mini) -> None:
    assert mini.grade()["graded_by"] == graded_by(mini.loaded())
    assert {"grader", "tests", "manifest"} <= graded_by(mini.loaded()).keys()
    assert {"bank", "given"} <= graded_by(load(ROOT / "assignment.toml")).keys()
    older = record()
    del older["graded_by"]
    write(older, mini.root / NAME)
    assert read.read(mini.root / NAME) == older
