"""Turns what a test ended with into an outcome, the text for its reader, and the details for staff."""

import builtins
import traceback
from pathlib import Path

from autograder.errors import HarnessError, Killed, StudentError, TimeLimit, Unanswered, WrongAnswer
from autograder.outcomes import Outcome, TestResult
from autograder.submission import answers as answer_form
from autograder.transport.session import Session
from autograder.transport.text import printable

DETAIL_CAP = 8_000
TEXT_CAP = 2_000
OURS = "this is not the submission's fault"

# Exceptions of a test that works with a value of an unexpected kind.
_UNEXPECTED_VALUE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
NOT_GRADED = "not graded: a grade may take {:g} s on the clock, and the machine was too slow; grade it again"
LATE = {
    Outcome.TIMEOUT: "not run: an earlier test of this task ran past its limit",
    Outcome.KILLED: "not run: an earlier test of this task ended the process of its tests",
}


class NotRun(Exception):
    """The outcome of a test is known before it starts."""

    def __init__(self, outcome: Outcome, rationale: str, hint: str = "", where: str = "") -> None:
        super().__init__(rationale)
        self.outcome = outcome
        self.rationale = rationale
        self.hint = hint
        self.where = where


def judge(result: TestResult, error: BaseException, package: Path, session: Session | None) -> None:
    """Fills in outcome, rationale, hint and place of a result.

    Args:
        result: to fill in.
        error: what the test ended with.
        package: the submission's folder.
        session: the test's session with the submission, if there was one.
    """
    result.detail = "".join(traceback.format_exception(error))[-DETAIL_CAP:]
    match error:
        case NotRun():
            result.outcome, result.rationale = error.outcome, error.rationale
            result.hint, result.where, result.detail = error.hint, error.where, ""
        case WrongAnswer():
            result.outcome, result.rationale, result.hint = Outcome.FAILED, error.rationale, error.hint
            result.metrics |= {"failure": error.failure}
        case Unanswered():
            result.outcome, result.rationale, result.where = Outcome.TODO, str(error), answer_form.FILE
        case StudentError():
            _judge_exception(result, error, package, session)
        case TimeLimit():
            result.outcome, result.rationale = Outcome.TIMEOUT, f"the code {error}"
            result.hint = "Is there a loop that does not end, or work that is repeated for every element?"
        case Killed():
            result.outcome, result.rationale, result.hint = Outcome.KILLED, error.rationale, error.hint
        case AssertionError():
            result.outcome = Outcome.FAILED
            result.rationale = str(error).splitlines()[0] if str(error) else "wrong"
        case _ if type(error).__name__ in ("Flaky", "FlakyFailure"):
            result.outcome = Outcome.FAILED
            result.rationale = "the function returns different values for the same arguments"
        case _ if session is not None and session.callbacks.error is error:
            kind = type(error).__name__
            result.outcome = Outcome.CRASHED
            result.rationale = (
                f"the code called a function that the test passed in, and it raised {kind}: {error}"
            )
            result.hint = (
                "With which arguments does the code call it? The docstring says which ones it takes."
            )
            result.metrics |= {"exception": kind}
        case _ if isinstance(error, _UNEXPECTED_VALUE) and session is not None and session.answered:
            result.outcome = Outcome.FAILED
            result.rationale = f"the code returned something that the test cannot work with ({error})"
            result.hint = "Return what the docstring says, with the right type, shape and dtype."
            result.metrics |= {"failure": "type"}
        case HarnessError():
            result.outcome, result.rationale = Outcome.HARNESS, f"{error}; {OURS}"
        case _:
            result.outcome = Outcome.HARNESS
            result.rationale = f"the test itself failed with {type(error).__name__}; {OURS}"
    result.rationale, result.detail = (
        printable(result.rationale, TEXT_CAP),
        printable(result.detail, DETAIL_CAP),
    )


def is_certain(result: TestResult, error: BaseException | None) -> bool:
    """Whether nothing but the submission can have made a test end so: otherwise it is tried once more.

    An error of the test's own code may come from what the submission returned, and also from a machine without memory.

    Args:
        result: with its outcome.
        error: what the test ended with, if anything.
    """
    if isinstance(error, Killed):
        return error.is_explained
    return result.outcome not in (Outcome.TIMEOUT, Outcome.HARNESS) and not isinstance(
        error, _UNEXPECTED_VALUE
    )


def _judge_exception(result: TestResult, error: StudentError, package: Path, session: Session | None) -> None:
    result.outcome, result.rationale = Outcome.CRASHED, f"the code raised {error}"
    result.metrics |= {"exception": error.kind}
    for frame in reversed(error.frames[-1:]):
        result.where, result.hint = _place(package, frame.file, frame.line, frame.function)
    if error.limit:
        most = session.limits.get(error.limit) if session else None
        result.outcome = Outcome.KILLED
        result.rationale = f"the code reached its limit of {error.limit}" + (f" ({most})" if most else "")
    elif session is not None and session.limits and _is_forbidden(error):
        result.hint = (
            "During grading, code writes to its temporary folder only, and starts no process or connection."
        )


def _is_forbidden(error: StudentError) -> bool:
    return error.kind == "PermissionError" or "Read-only file system" in error.message


def _place(package: Path, file: str, line: int, function: str) -> tuple[str, str]:
    """Where an exception was raised, and a hint, as far as the text of the submission confirms them.

    A submission can choose any file name, function name and line for its code, for example the inputs of a hidden
    test. Only what is really in its source is shown.
    """
    if file not in {path.relative_to(package).as_posix() for path in package.rglob("*.py")}:
        return "", ""
    source = (package / file).read_text(encoding="utf-8", errors="replace")
    lines = source.splitlines()
    if not 1 <= line <= len(lines):
        return "", ""
    inside = f", in {function}" if f"def {function}(" in source else ""
    return f"{file}:{line}", f"Look at {file}:{line}{inside}: {lines[line - 1].strip()}".rstrip(": ")


_FAILURES = {
    "values": "it runs, and some of its values are wrong",
    "shape": "it returns a tensor of the wrong shape",
    "dtype": "it returns a tensor of the wrong dtype",
    "type": "it returns something of the wrong type",
    "not finite": "it returns NaN or infinity where a finite value is expected",
    "no gradient": "there is no gradient where one is expected",
    "gradient where none belongs": "a gradient flows into an argument that must be treated as a constant",
    "distribution": "its random values do not follow the right distribution",
    "argument changed in place": "it changes one of its arguments in place",
    "shares memory": "its result shares memory with one of its arguments",
    "global state": "it leaves a global setting, a random generator or a network changed",
}


def hidden_title(task: str) -> str:
    """What a student reads instead of the title of a hidden test."""
    return f"a hidden test of {task}"


def redact(result: TestResult, title: str) -> None:
    """Keeps of a hidden test only what students may see; everything else moves to `detail`, for staff."""
    result.detail = "\n".join(filter(None, (title, result.rationale, result.output, result.detail)))
    result.output, result.shown = "", {}
    if "exception" in result.metrics:
        result.metrics["exception"] = _known(result.metrics["exception"])
    if result.outcome is Outcome.FAILED:
        failure = result.metrics.get("failure", "values")
        result.rationale = _FAILURES.get(failure, f"its answer is wrong ({failure})")
    elif result.outcome is Outcome.CRASHED and "exception" in result.metrics:
        result.rationale = f"the code raised {result.metrics['exception']}"


def _known(kind: str) -> str:
    """The name of a built-in exception; the name of any other one could contain secrets."""
    found = getattr(builtins, kind, None)
    return kind if isinstance(found, type) and issubclass(found, BaseException) else "an exception of its own"
