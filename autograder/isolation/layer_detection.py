"""What a zygote finds out before it serves: its own size, and which layers it can put between a worker and the rest."""

import os
import resource
import sys
from dataclasses import replace
from pathlib import Path

from autograder.isolation import warm_up
from autograder.isolation.kernel import landlock, namespaces, seccomp
from autograder.isolation.lockdown import capabilities
from autograder.isolation.plan import Layers, Plan

FIRST_USER = 61_184  # the first of a range in which systems hold no accounts
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1 << 1, 1 << 2


class ProcState:
    """What can only be found out before the root changes."""

    def __init__(self, entered: tuple[str, ...]) -> None:
        self.pids = namespaces.NextPidNamespace() if "pid" in entered else None
        pages = [int(word) * resource.getpagesize() for word in Path("/proc/self/statm").read_text().split()]
        self.mapped, self.data = pages[0], pages[5]
        # Where no namespace holds a worker's descendants together, they come to us when their parent dies.
        self.orphans = None if self.pids else open(f"/proc/self/task/{os.getpid()}/children")  # noqa: SIM115


def detect_layers(plan: Plan, entered: tuple[str, ...]) -> Layers:
    """Makes the private tree where it can be made, and says what each worker has to reach."""
    visible = (*plan.visible, plan.staging)
    private_root = "mount" in entered and namespaces.build_root(visible, plan.scratch)
    found = Layers(entered, private_root, landlock.abi(), seccomp.available())
    if found.seccomp:
        seccomp.program(writes=found.can_write)  # built once, here, and only installed in every worker
    if os.geteuid() != 0:
        return found
    if _another_user_can_read():
        return replace(found, user=FIRST_USER)
    # The right to read everything opens files by inode, past every mount, unless Landlock or seccomp stands before it;
    # the right to write everything, which is what containers have, takes Landlock.
    right = next((bit for bit in (_DAC_READ_SEARCH, _DAC_OVERRIDE) if capabilities() & bit), 0)
    bounded = found.landlock > 0 or (private_root and found.seccomp and right == _DAC_READ_SEARCH)
    if right and bounded:
        return replace(found, user=FIRST_USER, read_capability=right)
    missing = (f"Python lies in {sys.prefix}, where another user cannot read it",)
    return replace(found, user=FIRST_USER, missing=missing)


def _another_user_can_read() -> bool:
    """Whether a worker's user, without any capability, can read Python and torch."""
    pid = os.fork()
    if pid == 0:
        code = 2
        try:
            os.setgroups([])
            os.setresgid(FIRST_USER, FIRST_USER, FIRST_USER)
            os.setresuid(FIRST_USER, FIRST_USER, FIRST_USER)
            code = 0 if all(os.access(path, os.R_OK) for path in warm_up.files()) else 1
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in (0, 1):
        sys.exit(f"root cannot become another user here (tried user id {FIRST_USER})")
    return code == 0
