"""What students are handed: complete, the same bytes every time, and nothing of staff's in it."""

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.assignment import manifest as manifests
from autograder.assignment.manifest import Manifest
from autograder.assignment.policies import Bundle
from autograder.cli import main
from autograder.errors import InputError
from autograder.release import bundle, closure, secrets
from autograder.release.archive import pack
from autograder.release.staff_parts import StubError, without_staff_parts

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return manifests.load(ROOT / "assignment.toml")


@pytest.fixture(scope="module")
def handed(manifest: Manifest, tmp_path_factory: pytest.TempPathFactory) -> bundle.Handed:
    return bundle.build(manifest, tmp_path_factory.mktemp("handed"))


def test_the_same_sources_give_the_same_bytes(
    handed: bundle.Handed, manifest: Manifest, tmp_path: Path
) -> None:
    again = bundle.build(manifest, tmp_path)
    assert again.sha256 == handed.sha256 and again.zip.read_bytes() == handed.zip.read_bytes()


def test_the_zip_holds_the_folder_and_unpacks_beside_nothing_else(handed: bundle.Handed) -> None:
    with zipfile.ZipFile(handed.zip) as archive:
        packed = {info.filename: archive.read(info) for info in archive.infolist()}
        assert all(info.external_attr >> 16 == 0o100644 for info in archive.infolist())
    laid = {
        path.relative_to(handed.folder.parent).as_posix(): path.read_bytes()
        for path in handed.folder.rglob("*")
        if path.is_file()
    }
    assert packed == laid and len(packed) == handed.files
    assert all(name.startswith("hw12-student/") for name in packed)


def test_nothing_of_staffs_by_name(handed: bundle.Handed) -> None:
    names = {path.relative_to(handed.folder).as_posix() for path in handed.folder.rglob("*")}
    assert {"README.md", "Makefile", ".github/workflows/classroom.yml", "student/answers.toml"} <= names
    for part in ("solutions", "hidden", "smoke", "oracles", "misconceptions", "harness", "diagnosis"):
        assert not [name for name in names if part in name], part
    assert not [name for name in names if name.startswith(("autograder/release", "student/artifacts"))]


def test_the_manifest_of_students_is_whole_without_the_staffs_table(
    handed: bundle.Handed, manifest: Manifest
) -> None:
    theirs = manifests.load(handed.folder / "assignment.toml")
    assert theirs.staff is None and theirs.tasks == manifest.tasks and theirs.given == manifest.given
    text = (handed.folder / "assignment.toml").read_text()
    assert "apricots" not in text and "STAFF" not in text


def test_make_help_names_the_students_targets_only(handed: bundle.Handed) -> None:
    help_text = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=handed.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    targets = [line.split()[1] for line in help_text.stdout.splitlines()]
    assert targets == ["help", "setup", "test", "train", "submit", "report", "clean"]


def test_an_older_folder_is_replaced_and_its_repository_kept(manifest: Manifest, tmp_path: Path) -> None:
    old = tmp_path / "hw12-student"
    (old / ".git").mkdir(parents=True)
    (old / ".git/HEAD").write_text("ref")
    (old / "stale.py").write_text("")
    bundle.build(manifest, tmp_path)
    assert (old / ".git/HEAD").read_text() == "ref" and not (old / "stale.py").exists()


REFERENCE = (ROOT / "solutions/diffusion/binary.py").read_text()
BLOCK = REFERENCE.split("# BEGIN SOLUTION q1d", 1)[1].split("# END SOLUTION", 1)[0]
HIDDEN = (ROOT / "tests/hidden/test_hidden_coin_flip_posterior.py").read_text()
LEAKS = {
    "a block of the reference, indented otherwise": BLOCK.replace("    ", "\t"),
    "a block on one line": " ".join(BLOCK.split()),
    "a block in a notebook": f'{{"source": "{BLOCK.strip()}"}}'.replace("\n", "\\n"),
    "the name of a hidden test": max(re.findall(r"def (test_\w+)", HIDDEN), key=len),
    "a whole hidden test": HIDDEN,
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_stops_the_release(leak: str, manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(bundle.Leak, match=r"notes/draft\.md"):
        bundle.build(manifest, tmp_path, {"notes/draft.md": LEAKS[leak].encode()})
    assert not list(tmp_path.iterdir())


def test_trained_weights_of_the_reference_are_found_under_any_name(
    manifest: Manifest, tmp_path: Path
) -> None:
    weights = next((ROOT / "solutions/artifacts").glob("*.safetensors")).read_bytes()
    with pytest.raises(bundle.Leak, match=r"pretrained\.bin: is solutions/artifacts"):
        bundle.build(manifest, tmp_path, {"student/pretrained.bin": weights})


def test_expected_numbers_and_strings_are_found() -> None:
    source = 'def test_it():\n    assert f(2) == 0.123456, "a sentence that only staff have written"\n'
    words = secrets.Secrets(frozenset(), frozenset(secrets.words(source)))
    assert secrets.leaks({"notes.md": b"it is 0.123456"}, words) == ["notes.md: 0.123456"]
    assert secrets.leaks({"a.py": b"# a sentence that only staff have written"}, words)
    assert not secrets.leaks({"a.py": b"def test_it(): 0.12345", "weights.npz": b"\xff0.123456"}, words)


def test_what_is_listed_and_missing_is_named(manifest: Manifest, tmp_path: Path) -> None:
    assert manifest.staff is not None and manifest.staff.bundle is not None
    listed = Bundle((*manifest.staff.bundle.files, "docs/lost.md"), "docs/student", ())
    other = replace(manifest, staff=replace(manifest.staff, bundle=listed))
    with pytest.raises(InputError, match=r"docs/lost\.md is not there"):
        bundle.build(other, tmp_path)


def test_a_students_copy_makes_no_bundle(handed: bundle.Handed, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \[staff\.bundle\]"):
        bundle.build(manifests.load(handed.folder / "assignment.toml"), tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n# BEGIN STAFF\nb\n", ":2: unclosed"),
        ("a\n# END STAFF\n", ":2: stray"),
        ("# BEGIN STAFF\n# BEGIN STAFF\n# END STAFF\n", ":2: nested"),
        ("# begin staff\n# END STAFF\n", ":1: misspelt"),
        ("# BEGIN STAFF:\n", ":1: misspelt"),
    ],
)
def test_a_wrong_marker_is_named_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "Makefile"
    path.write_text(text)
    with pytest.raises(StubError, match=message):
        without_staff_parts(path)


def test_marked_parts_are_cut_and_all_else_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "setup.py"
    path.write_text("a = 1\n  # BEGIN STAFF\nb = 2\n  # END STAFF\nc = '# END STAFF'\n")
    assert without_staff_parts(path) == "a = 1\nc = '# END STAFF'\n"


def test_the_students_side_of_the_grader_is_closed_and_small() -> None:
    side = closure.student_side()
    assert "autograder/submission/reader/sources.py" in side and "autograder/schemas/card.schema.json" in side
    assert not [
        name for name in side if name.startswith(("autograder/diagnosis", "autograder/misconceptions"))
    ]
    assert not {
        "autograder/grading/grader.py",
        "autograder/isolation/zygote.py",
        "autograder/commands/grade.py",
    } & set(side)


def test_what_the_bundles_tests_import_of_the_grader_is_in_the_bundle(handed: bundle.Handed) -> None:
    assert (handed.folder / "autograder/testing/tolerance.py").is_file()
    tests = (handed.folder / "tests").rglob("*.py")
    imported = {
        node.module
        for path in tests
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("autograder.")
    }
    assert "autograder.testing.tolerance" in imported
    for module in imported:
        path = handed.folder.joinpath(*module.split("."))
        assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file(), module


def test_a_zip_says_which_files_may_run(tmp_path: Path) -> None:
    pack({"run": b"#!/bin/sh\n", "a": b""}, tmp_path / "x.zip", executable=["run"])
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert [(i.filename, i.external_attr >> 16) for i in archive.infolist()] == [
            ("a", 0o100644),
            ("run", 0o100755),
        ]


@pytest.mark.slow
def test_from_the_bundle_alone_a_filled_homework_passes_and_is_submitted(
    handed: bundle.Handed, tmp_path: Path
) -> None:
    """With nothing of this repository importable: stubs are TODO; with the reference in them, all passes."""
    there = tmp_path / "there"
    shutil.copytree(handed.folder, there)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "autograder", *command], cwd=there, capture_output=True, text=True
        )

    before = run("test", "--package", "student")
    assert before.returncode == 1 and "TODO" in before.stdout and "CRASHED" not in before.stdout
    where = "import autograder, sys; sys.exit(not autograder.__file__.startswith(sys.argv[1]))"
    assert not subprocess.run([sys.executable, "-c", where, str(there)], cwd=there).returncode
    shutil.copytree(ROOT / "solutions", there / "student", dirs_exist_ok=True)
    after = run("test", "--package", "student")
    assert after.returncode == 0, after.stdout + after.stderr
    submitted = run("submit", "--package", "student")
    assert submitted.returncode == 0 and "upload submission_log.json" in submitted.stdout
    assert "left out" not in submitted.stdout and (there / "submission_log.json").is_file()
    reported = run("report", "submission_log.json")
    assert reported.returncode == 0 and (there / "report.html").is_file()


@pytest.mark.slow
def test_the_release_brings_notebooks_and_handout_and_keeps_the_solutions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["release", "--out", str(tmp_path)]) == 0
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    there = {f"hw12-student/{name}" for name in ("notebooks/hw12_rlhf.ipynb", "notebooks/checks/q3b.py")}
    there |= {
        f"hw12-student/handout/{name}"
        for name in ("handout.html", "handout.pdf", "answers.md", "answers.tex")
    }
    assert there <= names and not [name for name in names if "solutions" in name]
