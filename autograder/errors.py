"""The exceptions that the grader itself raises, as one tree.

GraderError
├── InputError       a bad call or a bad file of staff's; exit code 2
│   ├── ManifestError
│   ├── (release.stubs.StubError)
│   └── (release.handout.markers.HandoutError)
└── HarnessError     our own fault; exit code 3

WrongAnswer          a test's verdict on a value (an AssertionError)
StudentError         the submission's code raised; carries its own frames only
CallbackError        a function that the test passed in raised; crosses the submission's code
WireError            a value that is not plain data, or bytes that describe none (a TypeError)
Stopped              the submission's process is gone, and with it the test (a BaseException)
├── TimeLimit        it ran past its limit
└── Killed           it died, or was ended for what it did
Unanswered           an answer that is still blank
"""

from dataclasses import dataclass


class GraderError(Exception):
    """Something that is not a verdict on a submission."""


class InputError(GraderError):
    """A bad call or a bad input file; the message names the file and the mend."""


class HarnessError(GraderError):
    """A fault of the grader's or of a test's own."""


class WrongAnswer(AssertionError):
    """The code ran and its answer is wrong.

    Args:
        rationale: what is wrong, with numbers; shown for public tests, kept in the staff's record for hidden ones.
        hint: what to try; always shown.
        failure: the class of the failure in two or three words ("shape", "values"); always shown.
    """

    def __init__(self, rationale: str, *, hint: str = "", failure: str = "values") -> None:
        super().__init__(rationale)
        self.rationale = rationale
        self.hint = hint
        self.failure = failure


@dataclass(frozen=True)
class Frame:
    """One line of the student's own traceback; `file` is relative to the package."""

    file: str
    line: int
    function: str
    text: str


class StudentError(Exception):
    """The submission's code raised.

    Args:
        kind: name of the exception's type.
        message: its text, capped.
        frames: the student's own frames, outermost first.
        limit: the limit that it ran into ("memory", "file size", ...), where it was one.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        frames: tuple[Frame, ...] = (),
        *,
        limit: str = "",
    ) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.frames = frames
        self.limit = limit


class CallbackError(Exception):
    """A function that the test passed in raised. It crosses the submission's code and ends as what the test raised."""


class WireError(TypeError):
    """A value that is not plain data, or bytes that do not describe one."""


class Stopped(BaseException):
    """Ends a test, whatever it is doing: a BaseException, so that `except Exception` does not stop it."""


class TimeLimit(Stopped):
    """The submission's code ran past its limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"ran longer than {seconds:.3g} s")
        self.seconds = seconds


class Killed(Stopped):
    """The submission's process died or had to be ended.

    Args:
        rationale: what happened, and the limit where there was one.
        hint: what to try.
    """

    def __init__(self, rationale: str, hint: str = "") -> None:
        super().__init__(rationale)
        self.rationale = rationale
        self.hint = hint


class Unanswered(Exception):
    """The answer is still blank in `answers.toml`."""

    def __init__(self, key: str) -> None:
        super().__init__(f"answers.toml: `{key}` is not answered yet")
        self.key = key
