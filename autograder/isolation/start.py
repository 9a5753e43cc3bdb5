"""The first steps of the zygote's program, which the grader starts: it enters namespaces before any large import.

The process that stays outside the new process namespace, and waits, is then as small as a Python process can be.
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
    """Makes this process end with the grader, enters namespaces, and continues as the zygote."""
    plan = plan_from(json.loads(sys.argv[1]))
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != plan.grader:
        sys.exit("the grader is gone")
    Path("/proc/self/oom_score_adj").write_text(
        "500"
    )  # when memory runs out, the kernel kills this process before the grader
    entered = namespaces.enter_namespaces()
    if "pid" in entered:
        _continue_as_process_1(plan.control)
    from autograder.isolation import zygote

    zygote.main(plan, entered)


def _continue_as_process_1(control: int) -> None:
    """Continues as process 1 of the new process namespace. The process outside waits until that one ends."""
    pid = os.fork()
    if pid:
        os.close(control)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
