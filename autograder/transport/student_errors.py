"""Builds a StudentError from what a worker reports. The submission may have made up every text in it."""

import errno
from typing import Any

from autograder.errors import StudentError, TracebackLine, WireError
from autograder.transport.text import printable

MESSAGE_CAP = 2_000
LIMITS = {
    errno.EFBIG: "file size",
    errno.ENOSPC: "file size",
    errno.EDQUOT: "file size",
    errno.EMFILE: "open files",
    errno.ENOMEM: "memory",
    errno.EAGAIN: "processes",
}
"""The limit that a system error is about. No other name of a limit is accepted from a worker."""
NAME_CAP = 200
MAX_LINES = 50


def student_error(error: Any) -> StudentError:
    """The exception that the submission raised, as a worker reports it.

    Raises:
        WireError: the report is malformed.
    """
    match error:
        case {"kind": str(kind), "message": str(message), "frames": list(rows)}:
            frames = []
            for row in rows[:MAX_LINES]:
                match row:
                    case [str(file), int(line), str(function), str(text)]:
                        names = printable(file, NAME_CAP), printable(function, NAME_CAP)
                        frames.append(TracebackLine(names[0], line, names[1], printable(text, MESSAGE_CAP)))
                    case _:
                        raise WireError("not a line of a traceback")
            limit = error.get("limit")
            if not isinstance(limit, str):
                raise WireError("not a name of a limit")
            return StudentError(
                printable(kind, NAME_CAP),
                printable(message, MESSAGE_CAP),
                tuple(frames),
                limit=limit if limit in LIMITS.values() else "",
            )
    raise WireError("not an error")
