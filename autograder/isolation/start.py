"""The first moments of the zygote's program, which the grader starts: enters the room before any large import.

What waits outside for the process inside is then as small as a Python can be.
"""

import json
import os
import signal
import sys
from pathlib import Path

from autograder.isolation.kernel import namespaces
from autograder.isolation.kernel.syscalls import prctl
from autograder.isolation.plan import plan_from

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ties its life to the grader's, enters namespaces, and goes on as the zygote."""
    plan = plan_from(json.loads(sys.argv[1]))
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != plan.grader:
        sys.exit("the grader is gone")
    Path("/proc/self/oom_score_adj").write_text("500")  # when memory runs out, not the grader
    entered = namespaces.enter_namespaces()
    if "pid" in entered:
        _continue_inside(plan.control)
    from autograder.isolation import zygote

    zygote.main(plan, entered)


def _continue_inside(control: int) -> None:
    """Goes on as process 1 of the new process namespace; the process outside waits for the end of it."""
    pid = os.fork()
    if pid:
        os.close(control)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
