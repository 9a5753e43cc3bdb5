"""The machines that lack a feature really lack it, and lack nothing else."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from autograder.isolation.kernel import landlock, seccomp
from tests.harness import machines

READ_ANYTHING, DOCKERS = 1 << 2, 0xA80425FB

pytestmark = pytest.mark.skipif(not seccomp.available(), reason="taking layers away needs seccomp filters")


def _can_become_another() -> bool:
    """Whether this is root with all capabilities that a plain user or a container keeps."""
    if sys.platform != "linux":
        return False
    status = Path("/proc/self/status").read_text()
    held = int(status.split("CapEff:")[1].split()[0], 16)
    return held & (DOCKERS | READ_ANYTHING) == DOCKERS | READ_ANYTHING


as_root = pytest.mark.skipif(
    not _can_become_another(), reason="only root, outside a container, can become another"
)

LOOK = """
import ctypes, errno, json, os, subprocess, sys, threading
from autograder.isolation.kernel import landlock, seccomp
from autograder.isolation.kernel.syscalls import number
libc = ctypes.CDLL(None, use_errno=True)
def error(result): return errno.errorcode[ctypes.get_errno()] if result < 0 else "passed"
thread = threading.Thread(target=list); thread.start(); thread.join()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "landlock": landlock.abi(),
    "seccomp": seccomp.available(),
    "filter by prctl": error(libc.prctl(22, 2, None, 0, 0)),
    "new namespace by clone": error(libc.syscall(number("clone"), 0x08000000 | 17, 0, 0, 0, 0) or os._exit(0)),
    "new namespace": error(libc.unshare(0x08000000)),
    "processes": subprocess.run([sys.executable, "-c", ""]).returncode,
    "user": os.getresuid(),
    "capabilities": [int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")],
    "bounding set": int(status["CapBnd"], 16),
    "no_new_privs": int(status["NoNewPrivs"]),
    "groups": os.getgroups(),
}))
"""


def _look(without: Iterable[str] = (), user: str | None = None) -> dict[str, object]:
    prefix = machines.command(without, user, read_anything=user == "plain")
    done = subprocess.run(
        [*prefix, sys.executable, "-c", LOOK],
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
        check=False,
        extra_groups=[7] if user == "plain" else None,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("layer", "changes"),
    [
        pytest.param(
            "landlock", {"landlock"}, marks=pytest.mark.skipif(not landlock.abi(), reason="none here")
        ),
        ("seccomp", {"seccomp", "filter by prctl"}),
    ],
)
def test_machine_without_a_layer_lacks_only_this_layer(layer: str, changes: set[str]) -> None:
    whole, less = _look(), _look([layer])
    assert whole["landlock"] == landlock.abi() and whole["seccomp"] is True and not less[layer]
    # A user other than root needs no_new_privs for the filter that removes a layer.
    assert {name for name in whole if whole[name] != less[name]} - {"no_new_privs"} == changes


def test_machine_without_namespaces_still_starts_threads_and_processes() -> None:
    less = _look(["namespaces"])
    assert less["new namespace"] == less["new namespace by clone"] == "EPERM" and less["processes"] == 0
    assert less["landlock"] == landlock.abi() and less["seccomp"] is True


def test_machine_without_all_three() -> None:
    less = _look(machines.WITHOUT)
    assert not less["landlock"] and not less["seccomp"]
    assert less["new namespace"] == "EPERM" and less["filter by prctl"] == "EINVAL"


@as_root
def test_plain_user_has_only_the_requested_read_capability() -> None:
    found = _look(["seccomp"], "plain")
    assert found["user"] == [machines.PLAIN_USER] * 3 and found["groups"] == []
    assert found["capabilities"] == [READ_ANYTHING] * 4 and found["new namespace"] == "EPERM"
    assert found["no_new_privs"] == 0 and found["seccomp"] is False


@as_root
def test_root_of_a_container_has_the_capabilities_of_docker() -> None:
    found = _look((), "container")
    assert found["user"] == [0, 0, 0] and found["bounding set"] == DOCKERS
    assert found["capabilities"] == [0, DOCKERS, DOCKERS, 0] and found["new namespace"] == "EPERM"


@as_root
@pytest.mark.parametrize("read_anything", [False, True])
def test_plain_user_enters_the_folder_of_root_only_on_request(tmp_path: Path, read_anything: bool) -> None:
    program = tmp_path / "roots" / "program"
    program.parent.mkdir(mode=0o700)
    program.write_text("#!/bin/sh\ngrep CapEff /proc/self/status\n")
    program.chmod(0o755)
    prefix = machines.command(user="plain", read_anything=read_anything)
    done = subprocess.run([*prefix, program], capture_output=True, text=True, timeout=60, check=False)
    if read_anything:
        assert done.returncode == 0 and int(done.stdout.split()[1], 16) == READ_ANYTHING
    else:
        assert done.returncode == 126 and "--read-anything" in done.stderr


@as_root
def test_plain_user_without_the_flag_has_no_capability_at_all() -> None:
    prefix = machines.command(user="plain")
    done = subprocess.run(
        [*prefix, "grep", "^Cap[IPEA]", "/proc/self/status"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert [int(line.split()[1], 16) for line in done.stdout.splitlines()] == [0, 0, 0, 0]
