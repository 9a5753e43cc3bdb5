"""The zip for Otter and its plugin, with a replacement for our grader; test_otter_run has complete runs of Otter."""

import json
import zipfile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from otter.run.run_autograder.autograder_config import AutograderConfig
from otter.run.run_autograder.utils import OtterRuntimeError
from otter.test_files import GradingResults
from otter.test_files.exception_test import ExceptionTestFile

from autograder import cli, commands
from autograder.errors import InputError
from autograder.platforms.otter import pack as otter
from autograder.platforms.otter.plugin import HOMEWORK, SCRIPT, Grading
from tests.harness.mini import MANIFEST, Mini

SECOND = 'tasks = [{ id = "maths.quadruple", points = 5, needs = ["maths.double"] }]\n'
STAND_IN = """
    import json, sys
    from pathlib import Path

    out = Path(sys.argv[sys.argv.index("--out") + 1])
    out.mkdir()
    upload = sorted(path.name for path in Path(sys.argv[2]).rglob("*"))
    task = {"number": "q1", "name": "maths.double", "score": 1.25, "max_score": 4, "output": "FAILED: try again"}
    question = {"id": "q1", "outcome": "FAILED", "points": 1.25, "max_points": 9}
    (out / "submission_log.json").write_text(json.dumps({"questions": [question], "tasks": [{"question": "q1"}]}))
    (out / "results.json").write_text(json.dumps({"output": f"1.25 of 9; {upload} {sys.argv[5:]}", "tests": [task]}))
    print("a table for staff")
"""


# -- the zip -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def packed(mini: Mini) -> Mini:
    """The tiny homework with two questions, and a folder instead of the grader."""
    tasks = MANIFEST.replace('    { id = "maths.quadruple", points = 5, needs = ["maths.double"] },\n', "")
    mini.manifest(
        tasks.replace(
            "[staff]\n", f'[[questions]]\nid = "q2"\ntitle = "It\'s \\"more\\""\n{SECOND}\n[staff]\n'
        )
    )
    (mini.root / "autograder").mkdir()
    (mini.root / "autograder/__init__.py").write_text("")
    return mini


def files_in(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_zip_contains_every_test_once_and_a_short_check_per_question(packed: Mini, tmp_path: Path) -> None:
    """Kills: copies of tests next to the suites; one check for all; points that differ from the manifest."""
    otter.build(packed.loaded(), tmp_path / "new/o.zip", grade=["--seed", "7"])
    files = files_in(tmp_path / "new/o.zip")
    hidden = (packed.root / "checks/hidden/test_hidden_mini.py").read_bytes()
    assert [name for name, data in files.items() if data == hidden] == [
        f"files/{HOMEWORK}/checks/hidden/test_hidden_mini.py"
    ]
    checks = {name: data.decode() for name, data in files.items() if name.startswith("tests/")}
    assert list(checks) == ["tests/q1.py", "tests/q2.py"]
    for text, name, points in zip(checks.values(), ("q1", "q2"), (5, 9 - 4), strict=True):
        assert len(text.splitlines()) < 10
        check = ExceptionTestFile.from_string(text)
        assert (check.name, check.possible) == (name, points)
    assert {"setup.sh", "run_autograder", f"files/{SCRIPT}", f"files/{HOMEWORK}/assignment.toml"} <= set(
        files
    )
    assert f"/autograder/source/files/{HOMEWORK}[grader]" in files["environment.yml"].decode()
    (plugin,) = json.loads(files["otter_config.json"])["plugins"]
    assert plugin == {"autograder.platforms.otter.plugin.Grading": {"grade": ["--seed", "7"]}}


def test_zip_is_reproducible_and_small(packed: Mini, tmp_path: Path) -> None:
    """Kills: the time of day or the file order of the disk in the zip; a zip without compression like that of Otter."""
    one, two = tmp_path / "1.zip", tmp_path / "2.zip"
    (packed.root / "pupil/long.py").write_text("x = 1\n" * 10_000)
    otter.build(packed.loaded(), one)
    (packed.root / "pupil/maths.py").touch()
    otter.build(packed.loaded(), two)
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
    assert one.stat().st_size < 20_000


def test_command_limits_the_zip_to_a_question_and_passes_options_on(
    packed: Mini, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a check of a question that is not graded, with 0 points; lost options."""
    monkeypatch.chdir(packed.root)
    assert cli.main(["otter", "-q", "q2", "--no-smoke", "--device", "cpu", "--seed", "3"]) == commands.DONE
    files = files_in(packed.root / "dist/mini-otter.zip")
    assert [name for name in files if name.startswith("tests/")] == ["tests/q2.py"]
    (plugin,) = json.loads(files["otter_config.json"])["plugins"]
    asked = ["--seed", "3", "--device", "cpu", "--workers", "1", "--no-smoke", "--only", "q2"]
    assert list(plugin.values()) == [{"grade": asked}]
    with pytest.raises(InputError, match="q9"):
        otter.build(packed.loaded(), packed.root / "none.zip", only=("q9",))
    assert not (packed.root / "none.zip").exists()


# -- the plugin --------------------------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Otter's folders, with only a log as the submission."""
    grader = tmp_path / "source/files" / HOMEWORK / "autograder/__main__.py"
    grader.parent.mkdir(parents=True)
    grader.write_text(dedent(STAND_IN))
    (tmp_path / f"submission/tests/{HOMEWORK}").mkdir(parents=True)
    for name in (SCRIPT, "__init__.py", "submission_log.json"):
        (tmp_path / "submission" / name).write_text("{}" if name.endswith("json") else "")
    return tmp_path


def graded(place: Path, check: str = "q1", submission: str = SCRIPT, **config: Any) -> dict[str, Any]:
    """The output of Otter: the events of the plugin, with Otter's own results of one check between them."""
    plugin = Grading(str(place / "submission" / submission), {}, {"grade": ["--seed", "7"]})
    plugin.before_grading(AutograderConfig())
    checked = ExceptionTestFile.from_string(otter.CHECK.format(id=check, title="Arithmetic", points=9.0))
    checked.run({})
    results = GradingResults([checked])
    plugin.after_grading(results)
    found: dict[str, Any] = results.to_gradescope_dict(AutograderConfig(otter.CONFIG))
    return found | {"report": plugin.generate_report()}


def test_points_and_texts_come_from_our_grader_and_students_see_their_total(place: Path) -> None:
    """Kills: points for complete questions only; checks that always pass; a hidden entry that hides the total too."""
    found = graded(place)
    (entry,) = found["tests"]
    assert (entry["name"], entry["score"], entry["max_score"]) == ("q1", 1.25, 9)
    assert entry["visibility"] == "visible"
    assert "maths.double: 1.25 of 4 points" in entry["output"] and "FAILED: try again" in entry["output"]
    assert "All test cases passed" not in entry["output"] and "Error at line" not in entry["output"]
    assert found["output"] == "1.25 of 9; ['submission_log.json'] ['--seed', '7']"
    assert found["report"] == "a table for staff\n"


def test_upload_is_hidden_from_otter_before_it_starts_a_kernel(place: Path) -> None:
    """Kills: a kernel that can import modules of the upload; a log that Otter unpickles; staff files in the upload."""
    submission = place / "submission"
    for folder in (HOMEWORK, "ipykernel_launcher"):
        (submission / folder).mkdir()
        (submission / folder / "__main__.py").write_text("")
    (submission / ".OTTER_LOG").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    found = graded(place)
    assert sorted(path.name for path in submission.iterdir()) == [SCRIPT, "tests"]
    upload = [".OTTER_LOG", "__main__.py", "ipykernel_launcher", "submission_log.json"]
    assert found["output"].startswith(f"1.25 of 9; {upload}")


def test_file_with_the_name_of_our_folder_is_graded_normally(place: Path) -> None:
    """Kills: a name that crashes Otter."""
    (place / "submission" / HOMEWORK).write_text("")
    assert f"'{HOMEWORK}', 'submission_log.json'" in graded(place)["output"]


def test_notebook_is_refused_before_it_runs(place: Path) -> None:
    """Kills: running the file that Otter found, next to the tests."""
    (place / "submission/mine.ipynb").write_text("{}")
    with pytest.raises(OtterRuntimeError, match=r"mine\.ipynb .* hand in submission_log\.json alone"):
        graded(place, submission="mine.ipynb")
    assert not (place / "graded").exists()


def test_failure_of_the_grader_is_an_error_and_not_a_score(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kills: a zero that looks like a grade; points from the record of a failed grader; details for students."""
    grader = place / "source/files" / HOMEWORK / "autograder/__main__.py"
    grader.write_text(dedent(STAND_IN) + 'sys.exit("hidden detail")\n')
    with pytest.raises(OtterRuntimeError, match=r"exit code 1.*not the student's fault") as raised:
        graded(place)
    assert "hidden detail" not in str(raised.value)
    assert "hidden detail" in capsys.readouterr().out


def test_zip_with_other_questions_than_were_graded_is_refused(place: Path) -> None:
    """Kills: a question without its points, or lost points, with an old zip."""
    with pytest.raises(OtterRuntimeError, match=r"\['q2'\].*\['q1'\]"):
        graded(place, check="q2")


def test_kernel_without_results_gives_no_score(place: Path) -> None:
    """Kills: Otter's own zero if its kernel cannot start."""
    plugin = Grading(str(place / "submission" / SCRIPT), {}, {"grade": []})
    plugin.before_grading(AutograderConfig())
    with pytest.raises(OtterRuntimeError, match="kernel"):
        plugin.after_grading(GradingResults.without_results(EOFError()))
    plugin._grader.communicate()
