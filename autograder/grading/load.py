"""Loads the grader, and torch with it: some seconds, before which the first record of a grade is already written."""

import signal
import sys
from typing import TYPE_CHECKING

from autograder import scratch

if TYPE_CHECKING:
    from autograder.grading.grader import Grader


def load() -> "type[Grader]":
    """The class `Grader`. A signal that arrives meanwhile is heard at the end: torch swallows an interruption.

    Raises:
        InputError: there is no folder for temporary files, which every grade needs.
    """
    scratch.base()
    if sys.platform == "win32":
        from autograder.grading.grader import Grader

        return Grader
    old = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        from autograder.grading.grader import Grader

        return Grader
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)
