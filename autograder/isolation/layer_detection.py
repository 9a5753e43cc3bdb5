"""What a zygote finds out before it serves requests: its own size, and the isolation layers of this machine."""

import os
import resource
import sys
from dataclasses import replace
from pathlib import Path

from autograder.isolation import warm_up
from autograder.isolation.kernel import landlock, namespaces, seccomp
from autograder.isolation.lockdown import capabilities
from autograder.isolation.plan import Layers, Plan

FIRST_USER = 61_184  # the first user id of a range that systems give to no account
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1 << 1, 1 << 2


class ProcState:
    """What the zygote takes from /proc while it can still read it, before the root folder changes.

    Args:
        entered: the namespaces that this process has entered.

    Attributes:
        pids: makes a process namespace for each worker; None without process namespaces.
        mapped: bytes of address space that this process has mapped.
        data: bytes of its private memory.
        orphans: lists the children of this process; None with process namespaces.
    """

    def __init__(self, entered: tuple[str, ...]) -> None:
        self.pids = namespaces.NextPidNamespace() if "pid" in entered else None
        pages = [int(word) * resource.getpagesize() for word in Path("/proc/self/statm").read_text().split()]
        self.mapped, self.data = pages[0], pages[5]
        # Without process namespaces, the descendants of a worker become our children when their parent dies.
        self.orphans = None if self.pids else open(f"/proc/self/task/{os.getpid()}/children")  # noqa: SIM115


def detect_layers(plan: Plan, entered: tuple[str, ...]) -> Layers:
    """Builds the private file tree if possible, and returns the layers that each worker must reach."""
    visible = (*plan.visible, plan.staging)
    private_root = "mount" in entered and namespaces.build_root(visible, plan.scratch)
    found = Layers(entered, private_root, landlock.abi(), seccomp.available())
    if found.seccomp:
        seccomp.program(writes=found.can_write)  # built here once; workers only install it
    if os.geteuid() != 0:
        return found
    if _another_user_can_read():
        return replace(found, user=FIRST_USER)
    # With the right to read everything, a process opens files by inode and bypasses every mount, unless Landlock or
    # seccomp prevents it. Containers have the right to write everything instead, which only Landlock restricts.
    right = next((bit for bit in (_DAC_READ_SEARCH, _DAC_OVERRIDE) if capabilities() & bit), 0)
    restricted = found.landlock > 0 or (private_root and found.seccomp and right == _DAC_READ_SEARCH)
    if right and restricted:
        return replace(found, user=FIRST_USER, read_capability=right)
    missing = (f"Python is in {sys.prefix}, where another user cannot read it",)
    return replace(found, user=FIRST_USER, missing=missing)


def _another_user_can_read() -> bool:
    """Whether a worker's user can read Python and torch without any capability."""

    def try_to() -> int:
        os.setgroups([])
        os.setresgid(FIRST_USER, FIRST_USER, FIRST_USER)
        os.setresuid(FIRST_USER, FIRST_USER, FIRST_USER)
        return 0 if all(os.access(path, os.R_OK) for path in warm_up.needed_files()) else 1

    code = namespaces.exit_code_in_child(try_to)
    if code not in (0, 1):
        sys.exit(f"root cannot become another user here (tried user id {FIRST_USER})")
    return code == 0
