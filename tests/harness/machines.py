"""Runs a command on a machine that lacks a feature: it really removes the feature before the command starts.

    python -m tests.harness.machines --without landlock --without namespaces --as plain -- COMMAND ...

The feature is also missing in every process that the command starts.
"""

import argparse
import os
import struct
import sys
import tempfile
from collections.abc import Iterable, Sequence
from errno import EACCES, EINVAL, ENOSYS, EPERM
from pathlib import Path

from autograder.isolation.kernel import syscalls
from autograder.isolation.kernel.bpf import ALLOW, Program, Rule, assemble, bits, one_of, refuse

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = ("landlock", "namespaces", "seccomp")
USERS = ("plain", "container")
PLAIN_USER = 54321  # owns nothing, and has no entry in /etc/passwd, which is common in containers

# Capability numbers (include/uapi/linux/capability.h) that Docker leaves to root in a container by default: chown,
# dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod,
# audit_write, setfcap.
_DOCKER_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522
_PR_KEEPCAPS, _PR_SET_SECCOMP, _PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT = 8, 22, 23, 24, 47
_AMBIENT_RAISE, _AMBIENT_CLEAR = 2, 4
_CLONE_NEWNS, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x00020000, 4096, 16384, 1 << 18
_CLONE_NEW = 0x7E020000  # CLONE_NEWNS, and cgroup, UTS, IPC, user, PID and network


def command(
    without: Iterable[str] = (),
    user: str | None = None,
    *,
    read_anything: bool = False,
    open_python: bool = False,
) -> list[str]:
    """The prefix of a command that makes it run on such a machine, from any folder.

    Args:
        without: any of `WITHOUT`.
            landlock: its system calls do not exist, like in a kernel without it.
            namespaces: no new namespace and no mount, like in a default container.
            seccomp: no filters, like in a kernel without them.
        user: one of `USERS`, if the caller is root; None keeps the current user.
            plain: an unprivileged user without capabilities.
            container: root with the default capabilities of Docker.
        open_python: show Python and this project to every user, even if they are below a folder of root.
        read_anything: the plain user keeps CAP_DAC_READ_SEARCH, so that a Python below a folder of root can start.
    """
    words = [sys.executable, __file__]
    words += [word for layer in without for word in ("--without", layer)]
    words += ["--as", user] if user else []
    words += ["--read-anything"] if read_anything else []
    words += ["--open-python"] if open_python else []
    return [*words, "--"]


def main(arguments: Sequence[str]) -> None:
    """Removes the features and becomes the command. Exits with 126 if the command must not be run."""
    parser = argparse.ArgumentParser(
        prog="machines", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--without", action="append", choices=WITHOUT, default=[])
    parser.add_argument("--as", dest="user", choices=USERS)
    parser.add_argument("--read-anything", action="store_true")
    parser.add_argument("--open-python", action="store_true")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args(arguments)
    if asked.open_python:
        _open_python()
    # The filter comes first: root needs no no_new_privs for it, so the machine does not set no_new_privs.
    if asked.without:
        _install(filter_of(asked.without))
    if asked.user == "container":
        _become_root_of_a_container()
    elif asked.user == "plain":
        _become_plain(read_anything=asked.read_anything)
    try:
        os.execvp(asked.command[0], asked.command)
    except PermissionError:
        print(
            f"machines: user {os.geteuid()} cannot run {asked.command[0]}: does it, or a folder above it, belong to "
            "root only? With --read-anything a plain user keeps the capability to read it",
            file=sys.stderr,
        )
        sys.exit(126)


def _open_python() -> None:
    """Shows Python and this project to every user, if they are below a folder that only its owner can enter.

    In the mount namespace of the command, an open folder with nothing else replaces this folder.
    """
    paths = dict.fromkeys((sys.base_prefix, sys.prefix, str(ROOT)))
    closed = {folder for path in paths if (folder := closed_above(Path(path)))}
    if not closed:
        return
    syscalls.call("unshare", _CLONE_NEWNS)
    syscalls.call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    shown = {path: os.open(path, os.O_PATH) for path in paths}
    for folder in closed:
        syscalls.call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"mode=755")
    for path, place in shown.items():
        if any(Path(path).is_relative_to(folder) for folder in closed):
            os.makedirs(path, exist_ok=True)
            syscalls.call("mount", f"/proc/self/fd/{place}".encode(), os.fsencode(path), None, _MS_BIND, None)
        os.close(place)


def closed_above(path: Path) -> Path | None:
    """The topmost folder of the path that other users cannot enter."""
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None)


def filter_of(without: Iterable[str]) -> Program:
    """The seccomp filter that makes these layers look absent, and allows all other calls."""
    verdicts: dict[str, int] = {}
    rules: dict[str, Rule] = {}
    if "landlock" in without:
        for name in ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"):
            verdicts[name] = refuse(ENOSYS)
    if "namespaces" in without:
        mounts = "mount umount2 pivot_root open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr"
        verdicts |= dict.fromkeys(["unshare", "setns", *mounts.split()], refuse(EPERM))
        verdicts["clone3"] = refuse(ENOSYS)
        rules["clone"] = bits(0, required=0, forbidden=_CLONE_NEW, yes=ALLOW, no=refuse(EPERM))
    if "seccomp" in without:
        verdicts["seccomp"] = refuse(EINVAL)
        rules["prctl"] = one_of(0, [_PR_SET_SECCOMP], yes=refuse(EINVAL), no=ALLOW)
    return assemble(verdicts, rules, default=ALLOW)


def _install(program: Program) -> None:
    try:
        program.install()
    except OSError as error:
        if error.errno != EACCES:
            raise
        syscalls.forgo_privileges()
        program.install()


def _become_root_of_a_container() -> None:
    syscalls.prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR)
    for capability in range(64):
        if capability not in _DOCKER_CAPABILITIES and _is_known(capability):
            syscalls.prctl(_PR_CAPBSET_DROP, capability)
    # The bounding set does not limit the inheritable set.
    _set_capabilities(_DOCKER_CAPABILITIES, inheritable=())


def _is_known(capability: int) -> bool:
    try:
        syscalls.prctl(_PR_CAPBSET_READ, capability)
    except OSError as error:
        if error.errno != EINVAL:
            raise
        return False
    return True


def _become_plain(*, read_anything: bool) -> None:
    os.environ["HOME"] = tempfile.gettempdir()
    kept = (_CAP_DAC_READ_SEARCH,) if read_anything else ()
    syscalls.prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR)
    syscalls.prctl(_PR_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
    os.setresuid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
    _set_capabilities(kept, inheritable=kept)
    for capability in kept:  # a program without file capabilities inherits the ambient set
        syscalls.prctl(_PR_CAP_AMBIENT, _AMBIENT_RAISE, capability)


def _set_capabilities(capabilities: Iterable[int], inheritable: Iterable[int]) -> None:
    held, handed_on = (sum(1 << capability for capability in group) for group in (capabilities, inheritable))
    low = struct.pack("=III", held & 0xFFFFFFFF, held & 0xFFFFFFFF, handed_on & 0xFFFFFFFF)
    high = struct.pack("=III", held >> 32, held >> 32, handed_on >> 32)
    syscalls.call("capset", struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), low + high)


if __name__ == "__main__":
    main(sys.argv[1:])
