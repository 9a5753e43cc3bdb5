"""Otter's checks: they say what `make test` says, of what is on disk, and come back from a function that does not."""

import os
from pathlib import Path

import pytest
from otter.test_files import ExceptionTestFile

from autograder import check
from autograder.check import NotPassed, public_tests
from autograder.release import notebooks
from tests.harness.mini import CODE, MANIFEST, Mini

ROOT = Path(__file__).parents[2]


@pytest.fixture
def there(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> Mini:
    """The tiny homework as the working folder, with its tests' support, for processes of their own."""
    (mini.root / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(mini.root)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("FORCE_COLOR", "1")  # as a kernel has it
    return mini


def told(question: str) -> str:
    with pytest.raises(NotPassed) as caught:
        public_tests(question)
    return str(caught.value)


def test_nothing_is_said_of_what_is_right(there: Mini) -> None:
    """A right question passes, and Otter says so, but not that it has all its points."""
    file = ExceptionTestFile.from_string(notebooks.checks(there.loaded())["q1"])
    file.run({})
    assert file.passed_all, file.summary()
    assert "hidden tests and training runs follow" in file._repr_html_()


def test_a_wrong_answer_is_told_as_everywhere(there: Mini) -> None:
    """What, try and where, in plain letters, without a traceback of ours and without a table."""
    there.code(CODE.replace("return 2 * x", "return 3 * x"))
    text = told("maths.double")
    for part in ("FAILED maths.double (q1)", "what ", "Add it to itself.", "0 of 1 tests passed"):
        assert part in text
    assert "Traceback" not in text and "\x1b" not in text and "┃" not in text


def test_files_count_and_not_what_was_imported(there: Mini) -> None:
    """A file that is mended counts at the next check, in the same process."""
    there.code(CODE.replace("return 2 * x", "return 3 * x"))
    told("maths.double")
    there.code(CODE)
    public_tests("maths.double")


def test_what_is_not_filled_in_is_a_todo(there: Mini) -> None:
    """TODO and the place, in Otter's own page; no traceback."""
    there.code(CODE.replace("return 2 * x", 'raise NotImplementedError("TODO(q1): maths.double")'))
    file = ExceptionTestFile.from_string(notebooks.checks(there.loaded())["q1"])
    file.run({})
    page = file._repr_html_()
    assert "TODO not filled in yet" in page and "pupil/maths.py:6" in page and "Traceback" not in page


def test_signs_of_html_arrive(there: Mini) -> None:
    """What a student's exception says is not taken for markup: Otter puts messages into a page as they are."""
    there.code(CODE.replace("return 2 * x", 'raise ValueError("got <Tensor> & more")'))
    assert "got &lt;Tensor&gt; &amp; more" in told("maths.double")


def test_a_function_that_hangs_comes_back(there: Mini) -> None:
    """By the limit of its own test."""
    there.manifest(MANIFEST.replace("seconds = 5", "seconds = 1"))
    there.code(CODE.replace("return 2 * x", "while True: pass"))
    assert "TIMEOUT" in told("maths.double")


@pytest.mark.slow
def test_a_function_that_will_not_stop_is_ended(there: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is past all limits of its own, here one that has stopped itself, is ended from outside."""
    there.manifest(MANIFEST.replace("total = 60", "total = 10"))
    there.code(CODE.replace("return 2 * x", "import os; os.kill(os.getpid(), 19)  # SIGSTOP"))
    monkeypatch.setattr(check, "SPARE", 0)
    assert "a function does not return" in told("maths.double")


def test_a_question_that_there_is_not(there: Mini) -> None:
    """The command's own words."""
    assert "'q9' is no question and no task here" in told("q9")


def test_the_environment_stays(there: Mini) -> None:
    """Only the child does without colours."""
    public_tests("maths.double")
    assert os.environ["FORCE_COLOR"] == "1"
