"""What a worker reports that the submission raised: all of it is text that the submission may have made up."""

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
"""The limit that an error of the system speaks of; no other word is taken from a worker."""
NAME_CAP = 200
MAX_LINES = 50


def student_error(error: Any) -> StudentError:
    """What a worker says that the submission raised; all of it is text that the submission may have made up."""
    match error:
        case {"kind": str(kind), "message": str(message), "frames": list(rows)}:
            frames = []
            for row in rows[:MAX_LINES]:
                match row:
                    case [str(file), int(line), str(function), str(text)]:
                        names = printable(file, NAME_CAP), printable(function, NAME_CAP)
                        frames.append(TracebackLine(names[0], line, names[1], printable(text, MESSAGE_CAP)))
                    case _:
                        raise WireError("a line of a traceback that is none")
            limit = error.get("limit")
            if not isinstance(limit, str):
                raise WireError("a limit that is none")
            return StudentError(
                printable(kind, NAME_CAP),
                printable(message, MESSAGE_CAP),
                tuple(frames),
                limit=limit if limit in LIMITS.values() else "",
            )
    raise WireError("an error that is none")
