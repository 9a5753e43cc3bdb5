"""Homework 12 itself under its own grader: the reference has every point, the untouched stubs have none."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import schemas
from autograder.assignment.manifest import load
from autograder.assignment.settings import choose
from autograder.grading.grade import grade
from autograder.record.build import Record
from autograder.submission import staged
from tests.harness.mini import outcomes, results_of

ROOT = Path(__file__).parents[2]
MANIFEST = load(ROOT / "assignment.toml")
UNIT = ("public", "hidden")


def _failures(record: Record) -> list[str]:
    wrong = [test for test in record["tests"] if test["outcome"] != "PASSED"]
    return [
        f"{test['id']}: {test['outcome']}: {test['rationale']}\n{test['detail']}" for test in wrong
    ] + record["faults"]


@pytest.fixture(scope="module")
def untouched() -> Record:
    """The record of the untouched stubs."""
    return grade(choose(MANIFEST), staged.read(ROOT / "student", MANIFEST))


@pytest.mark.parametrize("seed", [0, 1])
def test_reference_passes_every_unit_test(seed: int) -> None:
    record = grade(choose(MANIFEST, suites=UNIT, seed=seed), staged.read(ROOT / "solutions", MANIFEST))
    assert _failures(record) == []
    assert record["score"] == record["max_score"] > 80


def test_untouched_stubs_have_exactly_nothing(untouched: Record) -> None:
    assert untouched["score"] == 0 and untouched["max_score"] == 110
    assert all(task["points"] == 0 for task in untouched["tasks"])
    assert untouched["faults"] == []


def test_untouched_stubs_are_todo_or_blocked_and_each_names_its_task(untouched: Record) -> None:
    assert set(outcomes(untouched).values()) == {"TODO", "BLOCKED"}
    for task in untouched["tasks"]:
        for test in results_of(untouched, task["id"]):
            assert task["id"].removeprefix("answers.") in test["rationale"], test["rationale"]
    code = {task["outcome"] for task in untouched["tasks"] if task["kind"] == "code"}
    assert code == {"TODO", "BLOCKED"} or code == {"TODO"}


def test_there_are_tests_enough(untouched: Record) -> None:
    assert len(untouched["tasks"]) >= 40 and len(untouched["tests"]) >= 150
    suites = {(test["task"], test["suite"]) for test in untouched["tests"]}
    for task in MANIFEST.tasks.values():
        if task.kind == "code":
            assert {(task.id, "public"), (task.id, "hidden")} <= suites, (
                f"{task.id} lacks a public or a hidden test"
            )


def test_tests_import_neither_solutions_nor_student() -> None:
    for suite in MANIFEST.suites:
        for path in (ROOT / suite.path).rglob("*.py"):
            _assert_imports_nothing_of(path, ("solutions", "student"))
    for path in [*(ROOT / "tests/oracles").rglob("*.py"), *(ROOT / "autograder").rglob("*.py")]:
        _assert_imports_nothing_of(path, ("solutions", "student"))
    for path in (ROOT / "tests/public").rglob("*.py"):
        _assert_imports_nothing_of(path, ("tests.oracles", "tests.hidden"))
    for path in (ROOT / "autograder").rglob("*.py"):
        _assert_imports_nothing_of(path, ("tests",))


def _assert_imports_nothing_of(path: Path, packages: tuple[str, ...]) -> None:
    for name in _imports(path):
        assert not any(name == package or name.startswith(package + ".") for package in packages), (
            f"{path}: {name}"
        )


def _imports(path: Path) -> Iterator[str]:
    import ast

    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_unit_tests_load_no_heavy_library() -> None:
    program = (
        "import sys\n"
        "from autograder.cli import main\n"
        "code = main(['grade', 'solutions', '--out', sys.argv[1], '--no-smoke', '--device', 'cpu'])\n"
        "heavy = {'transformers', 'torchvision', 'datasets', 'sklearn', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "sys.exit(code)\n"
    )
    out = ROOT / "build/heavy"
    done = subprocess.run([sys.executable, "-c", program, str(out)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_full_grade_of_the_reference_has_all_points(tmp_path: Path, seed: int) -> None:
    command = [
        sys.executable,
        "-m",
        "autograder",
        "grade",
        "solutions",
        "--out",
        str(tmp_path),
        "--seed",
        str(seed),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    record = json.loads((tmp_path / "submission_log.json").read_text())
    assert done.returncode == 0 and _failures(record) == [], done.stdout + done.stderr
    assert (record["score"], record["max_score"], record["complete"]) == (110, 110, True)
    assert list(schemas.mistakes(record, "record")) == []
    assert list(schemas.mistakes(json.loads((tmp_path / "results.json").read_text()), "gradescope")) == []
    assert {row["run"] for row in record["training"]} == {
        task.id for task in MANIFEST.tasks.values() if task.kind in ("run", "artifact")
    }
    assert all(row["measured"] for row in record["training"])
