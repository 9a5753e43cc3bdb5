"""Why a worker ended, by what the zygote reports of it, with a message for the student."""

import signal
from typing import Any

from autograder.errors import HarnessError, Killed, TimeLimit
from autograder.isolation.plan import MAX_SCRATCH_FILES, WorkerLimits

ALMOST = 0.95  # of the limit of processor time, which the kernel counts by ticks, and its reports exactly


def reason(end: dict[str, Any], limits: WorkerLimits, seconds: float) -> BaseException:
    """The exception with which the test ends.

    Args:
        end: the zygote's report: its `signal`, `cpu_seconds` and `limit`, or why it `failed` to start.
        limits: of the worker.
        seconds: of own time that it was allowed.
    """
    if "failed" in end:
        return HarnessError(f"a worker could not be started: {end['failed']}")
    if end["limit"]:
        size = f"{limits.scratch_mb} MB or {MAX_SCRATCH_FILES} files"
        return Killed(f"it wrote more than {size}, the limit of its scratch folder")
    if end["signal"] == signal.SIGXCPU or end["cpu_seconds"] > ALMOST * limits.cpu_seconds:
        return TimeLimit(seconds)
    if end["signal"] == signal.SIGKILL:
        return Killed(
            "its process was ended by the system (signal 9, SIGKILL)",
            "Most likely the machine ran out of memory: is something far larger than necessary?",
            is_explained=False,
        )
    if end["signal"]:
        name = signal.Signals(end["signal"]).name
        return Killed(
            f"its process died by signal {end['signal']} ({name}), in the middle of a call",
            is_explained=False,
        )
    return Killed(
        "it ended its own process in the middle of a call",
        "Return the result, and do not call `exit`, `quit` or `os._exit` in the homework.",
    )
