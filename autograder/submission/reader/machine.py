"""Tells an error of the machine from one of the submission, so that a student never pays for a full table of files."""

import errno

MACHINES = (errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.ETIMEDOUT)


class MachineError(Exception):
    """The machine could not read a file, whatever is in it. It ends the program."""


def check(error: BaseException) -> None:
    """Does nothing about an error that a submission can cause: a missing file, no permission, damaged data.

    Raises:
        MachineError: the error is about the machine.
    """
    if isinstance(error, OSError) and error.errno in MACHINES:
        raise MachineError(str(error)) from error
