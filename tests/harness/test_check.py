"""Otter's checks: they give the messages of `make test` for the files on disk, and return even if a function hangs."""

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
    """The tiny homework as the working folder, with the support files of its tests, for separate processes."""
    (mini.root / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(mini.root)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("FORCE_COLOR", "1")  # like in a kernel
    return mini


def told(question: str) -> str:
    with pytest.raises(NotPassed) as caught:
        public_tests(question)
    return str(caught.value)


def test_a_right_question_has_no_message(there: Mini) -> None:
    """A right question passes, and Otter says so, but does not claim full points."""
    file = ExceptionTestFile.from_string(notebooks.checks(there.loaded())["q1"])
    file.run({})
    assert file.passed_all, file.summary()
    assert "hidden tests and training runs follow" in file._repr_html_()


def test_a_wrong_answer_has_the_usual_message(there: Mini) -> None:
    """The message has what, try and where as plain text, without our traceback and without a table."""
    there.code(CODE.replace("return 2 * x", "return 3 * x"))
    text = told("maths.double")
    for part in ("FAILED maths.double (q1)", "what ", "Add it to itself.", "0 of 1 tests passed"):
        assert part in text
    assert "Traceback" not in text and "\x1b" not in text and "┃" not in text


def test_files_on_disk_count_not_imported_modules(there: Mini) -> None:
    """A fixed file counts at the next check, in the same process."""
    there.code(CODE.replace("return 2 * x", "return 3 * x"))
    told("maths.double")
    there.code(CODE)
    public_tests("maths.double")


def test_an_unfinished_function_is_a_todo(there: Mini) -> None:
    """Otter's page shows TODO and the place, without a traceback."""
    there.code(CODE.replace("return 2 * x", 'raise NotImplementedError("TODO(q1): maths.double")'))
    file = ExceptionTestFile.from_string(notebooks.checks(there.loaded())["q1"])
    file.run({})
    page = file._repr_html_()
    assert "TODO not filled in yet" in page and "pupil/maths.py:6" in page and "Traceback" not in page


def test_html_characters_are_escaped(there: Mini) -> None:
    """The message of a student's exception is escaped, because Otter puts messages into a page unchanged."""
    there.code(CODE.replace("return 2 * x", 'raise ValueError("got <Tensor> & more")'))
    assert "got &lt;Tensor&gt; &amp; more" in told("maths.double")


def test_a_hanging_function_is_ended(there: Mini) -> None:
    """The limit of its own test ends it."""
    there.manifest(MANIFEST.replace("seconds = 5", "seconds = 1"))
    there.code(CODE.replace("return 2 * x", "while True: pass"))
    assert "TIMEOUT" in told("maths.double")


@pytest.mark.slow
def test_a_function_that_will_not_stop_is_ended(there: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ignores all its limits, here one that has stopped itself, is ended from outside."""
    there.manifest(MANIFEST.replace("total = 60", "total = 10"))
    there.code(CODE.replace("return 2 * x", "import os; os.kill(os.getpid(), 19)  # SIGSTOP"))
    monkeypatch.setattr(check, "SPARE", 0)
    assert "a function does not return" in told("maths.double")


def test_an_unknown_question_is_named(there: Mini) -> None:
    """The message is that of the command."""
    assert "'q9' is not a question or a task of this homework" in told("q9")


def test_the_environment_is_unchanged(there: Mini) -> None:
    """Only the child process runs without colours."""
    public_tests("maths.double")
    assert os.environ["FORCE_COLOR"] == "1"
