"""What a test's end means: an outcome, the words that its reader sees, and the rest for staff."""

import traceback

from autograder import answers as answer_form
from autograder.errors import StudentError, TimeLimit, Unanswered, WrongAnswer
from autograder.outcomes import Outcome, TestResult

DETAIL_CAP = 8_000


class NotRun(Exception):
    """A test whose end is known before it starts."""

    def __init__(self, outcome: Outcome, rationale: str, hint: str = "", where: str = "") -> None:
        super().__init__(rationale)
        self.outcome = outcome
        self.rationale = rationale
        self.hint = hint
        self.where = where


def judge(result: TestResult, error: BaseException) -> None:
    """Fills outcome, rationale, hint and place from what a test ended with."""
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
            result.outcome, result.rationale = Outcome.CRASHED, f"the code raised {error}"
            result.metrics |= {"exception": error.kind}
            if error.frames:
                last = error.frames[-1]
                result.where = f"{last.file}:{last.line}"
                result.hint = f"Look at {result.where}, in {last.function}: {last.text}".rstrip(": ")
        case TimeLimit():
            result.outcome, result.rationale = Outcome.TIMEOUT, f"the code {error}"
            result.hint = "Is there a loop that does not end, or work that is done again for every element?"
        case AssertionError():
            result.outcome, result.rationale = (
                Outcome.FAILED,
                str(error).splitlines()[0] if str(error) else "wrong",
            )
        case _ if type(error).__name__ in ("Flaky", "FlakyFailure"):
            result.outcome = Outcome.FAILED
            result.rationale = "the function gives different answers to the same question"
        case _:
            result.outcome = Outcome.HARNESS
            result.rationale = (
                f"the test itself failed with {type(error).__name__}; this is not the submission's fault"
            )


_FAILURES = {
    "values": "it runs, and some of its values are wrong",
    "shape": "it returns a tensor of the wrong shape",
    "dtype": "it returns a tensor of the wrong dtype",
    "type": "it returns something of the wrong type",
    "not finite": "it returns NaN or infinity where a finite value is due",
    "no gradient": "no gradient arrives where one is due",
    "gradient where none belongs": "a gradient flows into what is to be treated as a constant",
    "distribution": "what it draws does not follow the right distribution",
    "argument changed in place": "it changes one of its arguments in place",
}


def veil(result: TestResult) -> None:
    """Leaves of a hidden test only what its student may see; the rest stays in `detail`, for staff."""
    result.detail = "\n".join(filter(None, (result.title, result.rationale, result.output, result.detail)))
    result.title, result.output = f"a hidden test of {result.task}", ""
    if result.outcome is Outcome.FAILED:
        failure = result.metrics.get("failure", "values")
        result.rationale = _FAILURES.get(failure, f"its answer is wrong ({failure})")
    elif result.outcome is Outcome.CRASHED and "exception" in result.metrics:
        result.rationale = f"the code raised {result.metrics['exception']}"
