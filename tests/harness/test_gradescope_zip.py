"""The zip for Gradescope: scripts at the root, only files that grading needs, and the same bytes each time."""

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from autograder import schemas
from autograder.assignment import manifest as manifests
from autograder.cli import main
from autograder.errors import InputError
from autograder.isolation.kernel.syscalls import supported
from autograder.platforms.gradescope import grade_upload
from autograder.platforms.gradescope import pack as gradescope
from tests.harness.mini import CODE, Mini

ROOT = Path(__file__).parents[2]
MANIFEST = manifests.load(ROOT / "assignment.toml")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> gradescope.Packed:
    return gradescope.build(MANIFEST, tmp_path_factory.mktemp("zip"))


def test_the_scripts_are_at_the_root_and_executable(packed: gradescope.Packed) -> None:
    with zipfile.ZipFile(packed.zip) as archive:
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    assert {mode for name, mode in modes.items() if name not in gradescope.SCRIPTS} == {0o644}


def test_it_contains_grading_files_and_no_development_files(packed: gradescope.Packed) -> None:
    with zipfile.ZipFile(packed.zip) as archive:
        names = set(archive.namelist())
    assert {"assignment.toml", "Makefile", "setup.py", "constraints.txt", "tests/conftest.py"} <= names
    assert {"tests/hidden/conftest.py", "solutions/artifacts/rlhf.safetensors"} <= names
    for part in ("tests/harness", "student/", "benchmarks/", "notebooks/", "docs/", "__pycache__"):
        assert not [name for name in names if name.startswith(part) or f"/{part}" in name], part
    assert packed.zip.stat().st_size < 2e6 and packed.points == MANIFEST.points


def test_the_same_sources_give_the_same_bytes(packed: gradescope.Packed, tmp_path: Path) -> None:
    assert gradescope.build(MANIFEST, tmp_path).zip.read_bytes() == packed.zip.read_bytes()


@pytest.mark.parametrize("script", gradescope.SCRIPTS)
def test_a_zip_of_some_questions_says_so_in_its_name_and_scripts(script: str, tmp_path: Path) -> None:
    some = gradescope.build(MANIFEST, tmp_path, ("q4", "q5"))
    assert some.zip.name == "hw12-gradescope-q4-q5.zip"
    assert some.points == sum(q.points for q in MANIFEST.questions if q.id[:2] in ("q4", "q5"))
    with zipfile.ZipFile(some.zip) as archive:
        text = archive.read(script).decode()
    assert text.rstrip().endswith("--only q4 --only q5") and "@" not in text


@pytest.mark.parametrize("script", gradescope.SCRIPTS)
def test_the_scripts_are_scripts_and_complete(script: str, packed: gradescope.Packed) -> None:
    with zipfile.ZipFile(packed.zip) as archive:
        text = archive.read(script).decode()
    assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0
    assert "@ONLY@" not in text and "\r" not in text and text.startswith("#!/usr/bin/env bash\n")


def test_result_before_the_grader_starts_is_valid(packed: gradescope.Packed) -> None:
    with zipfile.ZipFile(packed.zip) as archive:
        results = json.loads(archive.read(gradescope.UNSTARTED))
    assert list(schemas.mistakes(results, "gradescope")) == [] and "did not start" in results["output"]


def test_an_unknown_question_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'q9' is not a question"):
        gradescope.build(MANIFEST, tmp_path, ("q9",))


@pytest.mark.skipif(not supported(), reason="grading in a box needs Linux on x86_64 or aarch64")
def test_the_self_test_fails_unless_the_reference_gets_all_points(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(mini.root)
    assert main(["gradescope", "--self-test"]) == 0
    assert "10 of 10" in capsys.readouterr().out
    mini.code(CODE.replace("2 * x", "3 * x"))
    assert main(["gradescope", "--self-test"]) == 1
    shown = capsys.readouterr().out
    assert "1 of 10" in shown and "maths.double" in shown  # and names it


def test_a_student_copy_has_no_self_test(mini: Mini) -> None:
    text = (mini.root / "assignment.toml").read_text()
    mini.manifest(text.split("[staff]", 1)[0])
    with pytest.raises(InputError, match=r"no \[staff\] table"):
        grade_upload.self_test(mini.loaded(), ())
