"""The zip for courses that use Otter: made by `otter generate`, run by `otter run`, scored by our own grader.

    files/grading_files/        the files that grade, as `grading_files` lists them: the only copy of every test
    files/graded_elsewhere.py   what Otter runs instead of a submission: nothing
    tests/q1a.py, ...           a check for each question, which fails until `plugin.Grading` gives the points
    otter_config.json           names `plugin.Grading`, and configures what students see

Otter's own flag for hidden tests is not used: with it no student sees a total, and a question that has only
hidden tests is shown as passed. `Grading` shows nothing of a hidden test that students must not see.
"""

import json
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import chdir
from pathlib import Path

from autograder import atomic, scratch
from autograder.assignment.manifest import Manifest, Question
from autograder.assignment.scope import select
from autograder.errors import InputError
from autograder.release.grading_files import grading_files

CHECK = """\
from otter.test_files import test_case

OK_FORMAT = False
name, points = {id!r}, {points!r}


@test_case(name={title!r})
def by_our_grader():
    raise AssertionError("only the plugin named in otter_config.json gives points")
"""
NOTHING = "# Otter runs this instead of a submission; our own grader grades the submission in isolation.\n"
CONFIG = {
    "plugins": [],
    "show_hidden": True,  # without this and the next one, students see neither the questions nor their total
    "show_all_public": True,
    "force_public_test_summary": False,  # it would print everything a second time
}


def build(manifest: Manifest, out: Path, only: tuple[str, ...] = (), grade: Sequence[str] = ()) -> None:
    """Writes the zip. The same files, options and version of Otter give the same zip.

    Args:
        manifest: the staff's manifest.
        out: the zip to write.
        only: the questions or tasks that it grades; empty for all.
        grade: further options of `autograder grade`, for each submission.

    Raises:
        InputError: Otter is not installed, `only` matches nothing, or a file is missing.
    """
    try:
        from otter.generate import main as generate  # type: ignore[import-untyped]

        from autograder.platforms.otter import plugin
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is not installed: pip install 'otter-grader[grading]'") from error
    out = out.absolute()
    options = [*grade, *(word for name in only for word in ("--only", name))]
    with scratch.folder() as folder, chdir(folder):
        for path in grading_files(manifest):
            target = Path(plugin.HOMEWORK, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(manifest.root / path, target)
        Path(plugin.SCRIPT).write_text(NOTHING)
        Path("tests").mkdir()
        for question, points in _questions(manifest, only):
            check = CHECK.format(id=question.id, title=question.title, points=points)
            Path("tests", f"{question.id}.py").write_text(check, encoding="utf-8")
        named = f"{plugin.__name__}.{plugin.Grading.__name__}"
        Path("config.json").write_text(json.dumps({**CONFIG, "plugins": [{named: {"grade": options}}]}))
        # Otter reads this in its container, where the zip is unpacked.
        project = f"/autograder/source/files/{plugin.HOMEWORK}"
        Path("requirements.txt").write_text(f"-c {project}/constraints.txt\n{project}[grader]\n")
        generate(
            config="config.json",
            requirements="requirements.txt",
            no_environment=True,
            files=[plugin.SCRIPT, plugin.HOMEWORK],
            output_path="made.zip",
        )
        with zipfile.ZipFile("made.zip") as made:  # Otter's order and times differ from run to run
            atomic.write_zip(out, {name: made.read(name) for name in made.namelist()})


def _questions(manifest: Manifest, only: tuple[str, ...]) -> Iterable[tuple[Question, float]]:
    """Every question with tasks to grade, and their points."""
    scope = set(select(manifest, only, manifest.suites))
    for question in manifest.questions:
        if tasks := [task for task in question.tasks if task.id in scope]:
            yield question, sum(task.points for task in tasks)
