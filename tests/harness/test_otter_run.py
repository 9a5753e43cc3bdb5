"""Complete runs of Otter on honest and hostile logs: the points equal ours, and no submission escapes."""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment.manifest import Manifest, load
from autograder.isolation.kernel.syscalls import supported
from autograder.platforms.otter import pack as otter
from autograder.platforms.otter.plugin import HOMEWORK
from tests.harness.hostile import homework
from tests.harness.hostile.corpus import exits
from tests.harness.hostile.corpus.logs import WRONG, claimed
from tests.harness.hostile.entry import Entry
from tests.harness.hostile.tokens import Tokens

ROOT = Path(__file__).parents[2]
SEED = ["--seed", "3", "--device", "cpu"]
KNOWN = {entry.id: entry for entry in exits.ENTRIES}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not supported(), reason="isolation needs Linux")]


@dataclass(frozen=True)
class OtterSetup:
    """A homework full of secrets and its zip. `run` grades a file with Otter."""

    root: Path
    manifest: Manifest
    tokens: Tokens
    zip: Path

    def log(self, entry: Entry) -> Path:
        """An entry of the hostile corpus, submitted as a log. It knows every place that it tries to write to."""
        place = self.root / "submissions" / entry.id
        place.mkdir(parents=True, exist_ok=True)
        aim = {
            "OUT": str(self.root / "out"),
            "HOMEWORK": str(self.root),
            "CANARIES": [str(self.root / "canary")],
        }
        files = {f"pupil/{name}": data for name, data in entry.package(_python(aim)).items()}
        return claimed()(place, files)

    def run(self, handed_in: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, Any] | None]:
        """The result of `otter run`, and its output file."""
        out = self.root / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        command = [sys.executable, "-m", "otter", "run", handed_in, "-a", self.zip, "-o", out, "--no-logo"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        written = sorted(out.iterdir())
        assert written in ([], [out / "results.json"])
        return done, json.loads(written[0].read_text()) if written else None

    def grade(self, log: Path) -> dict[str, float]:
        """The points of each question from our own command."""
        out = self.root / "ours"
        command = [sys.executable, "-m", "autograder", "grade", log, "--out", out, *SEED]
        subprocess.run(command, cwd=self.manifest.root, check=True, capture_output=True)
        record = json.loads((out / "submission_log.json").read_text())
        return {question["id"]: question["points"] for question in record["questions"]}


def _python(values: dict[str, object]) -> str:
    return "".join(f"{name} = {value!r}\n" for name, value in values.items())


@pytest.fixture(scope="module")
def otter_setup(tmp_path_factory: pytest.TempPathFactory) -> OtterSetup:
    """One otter_setup for all tests; they do not change it."""
    root = tmp_path_factory.mktemp("otter")
    tokens = Tokens()
    manifest = homework.build(root / "homework", tokens)
    for name, source in (("autograder", "autograder"), ("checks/support", "tests/support")):
        shutil.copytree(ROOT / source, manifest.root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in manifest.root.glob("checks/*/test_*.py"):
        path.write_text(path.read_text().replace("tests.support", "checks.support"))
    otter.build(manifest, root / "hostile-otter.zip", grade=SEED)
    (root / "canary").write_text("sings")
    return OtterSetup(root, manifest, tokens, root / "hostile-otter.zip")


def test_points_equal_ours_for_a_partly_right_question(otter_setup: OtterSetup) -> None:
    """Kills: whole questions only; another seed; a total that students do not see."""
    log = otter_setup.log(Entry("partly", 0, "nothing: one of its functions is wrong", WRONG))
    ours = otter_setup.grade(log)
    done, results = otter_setup.run(log)
    assert done.returncode == 0 and results is not None, done.stdout
    assert {test["name"]: test["score"] for test in results["tests"]} == ours == {"q1": 5, "q2": 23, "q3": 1}
    assert {test["visibility"] for test in results["tests"]} == {"visible"}
    assert results["output"].startswith("**A tiny homework under attack: 29 of 37 points.**")
    assert "Add it to itself." in results["tests"][0]["output"]
    assert otter_setup.tokens.found(json.dumps(results)) == []


@pytest.mark.parametrize("id", ["results-early", "exit-in-package"])
def test_hostile_log_changes_nothing(otter_setup: OtterSetup, id: str) -> None:
    """Kills: running a submission in Otter's kernel, where it could write the results or end everything."""
    entry = KNOWN[id]
    before = hashlib.sha256(otter_setup.zip.read_bytes()).digest()
    done, results = otter_setup.run(otter_setup.log(entry))
    assert done.returncode == 0 and results is not None, done.stdout
    wanted = {question.id: 0.0 for question in otter_setup.manifest.questions}
    for task, (_, points) in entry.expected().items():
        wanted[otter_setup.manifest.tasks[task].question] += points
    assert {test["name"]: test["score"] for test in results["tests"]} == wanted
    assert otter_setup.tokens.found(json.dumps(results)) == []
    assert (otter_setup.root / "canary").read_text() == "sings"
    assert hashlib.sha256(otter_setup.zip.read_bytes()).digest() == before


def test_malformed_log_gets_no_points_and_an_explanation(otter_setup: OtterSetup, tmp_path: Path) -> None:
    """Kills: a crash of Otter; a zero without an explanation."""
    log = tmp_path / "submission_log.json"
    log.write_text('{"score": 37, "files": ')
    done, results = otter_setup.run(log)
    assert done.returncode == 0 and results is not None, done.stdout
    assert sum(test["score"] for test in results["tests"]) == 0
    assert r"submission\_log.json is not valid JSON (Expecting value: line 1 column 24" in results["output"]


def test_failure_of_the_grading_is_an_explained_error_without_result(
    otter_setup: OtterSetup, tmp_path: Path
) -> None:
    """Kills: a zero that looks like a grade; points for nothing; a failure that is only in the kernel's output."""
    broken = tmp_path / "homework"
    shutil.copytree(otter_setup.manifest.root, broken)
    (broken / "checks/hidden/test_attacked_secretly.py").write_text("import nowhere\n")
    zip = tmp_path / "broken-otter.zip"
    otter.build(load(broken / "assignment.toml"), zip, grade=SEED)
    log = otter_setup.log(Entry("honest", 0, "nothing"))
    done, results = replace(otter_setup, zip=zip).run(log)
    assert done.returncode != 0 and results is None
    assert "the grader itself failed" in done.stderr and "not the student's fault" in done.stderr
    assert "No module named 'nowhere'" in done.stdout and HOMEWORK not in done.stderr
