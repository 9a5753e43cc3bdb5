"""The exceptions that the grader itself raises, as one tree.

GraderError
├── InputError       a bad call or a bad file of staff; exit code 2
│   ├── ManifestError
│   ├── (release.stubs.StubError)
│   └── (release.handout.markers.HandoutError)
└── HarnessError     our own fault; exit code 3

WrongAnswer          a test's verdict on a value (an AssertionError)
StudentError         the submission's code raised; contains the lines of its own code only
CallbackError        a function that the test passed in raised; passes through the submission's code
WireError            a value that is not plain data, or bytes that describe no such value (a TypeError)
Stopped              the submission's process has ended, and the test ends with it (a BaseException)
├── TimeLimit        it ran longer than its limit
└── Killed           it died, or the grader killed it
Unanswered           an answer is still blank
Interrupted          a signal asks the command to end (a KeyboardInterrupt)
"""

from dataclasses import dataclass


class GraderError(Exception):
    """Something that is not a verdict on a submission."""


class InputError(GraderError):
    """A bad call or a bad input file; the message names the file and the fix."""


class HarnessError(GraderError):
    """A fault of the grader or of a test."""


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
class TracebackLine:
    """One line of a student's traceback; `file` is relative to the package."""

    file: str
    line: int
    function: str
    text: str


class StudentError(Exception):
    """The submission's code raised.

    Args:
        kind: name of the exception's type.
        message: its text, truncated.
        frames: the lines of the traceback that are in the student's own files, outermost first.
        limit: the limit that it reached ("memory", "file size", ...); empty if it was none.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        frames: tuple[TracebackLine, ...] = (),
        *,
        limit: str = "",
    ) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
        self.frames = frames
        self.limit = limit


class CallbackError(Exception):
    """A function that the test passed in raised.

    It passes through the submission's code; then the test's own exception is raised.
    """


class WireError(TypeError):
    """A value that is not plain data, or bytes that do not describe such a value."""


class Stopped(BaseException):
    """Ends a test at any point. It is a BaseException, so that `except Exception` does not catch it."""


class TimeLimit(Stopped):
    """The submission's code ran longer than its limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"ran longer than {seconds:.3g} s")
        self.seconds = seconds


class Killed(Stopped):
    """The submission's process died or was killed.

    Args:
        rationale: what happened, and which limit was reached, if any.
        hint: what to try.
        is_explained: whether it broke a limit or a rule, so that nothing else can have ended it.
    """

    def __init__(self, rationale: str, hint: str = "", *, is_explained: bool = True) -> None:
        super().__init__(rationale)
        self.rationale = rationale
        self.hint = hint
        self.is_explained = is_explained


class Interrupted(KeyboardInterrupt):
    """A signal asks the command to end: not the submission's doing, as any other KeyboardInterrupt may be."""


class Unanswered(Exception):
    """The answer is still blank in `answers.toml`."""

    def __init__(self, key: str) -> None:
        super().__init__(f"answers.toml: `{key}` is not answered yet")
        self.key = key
