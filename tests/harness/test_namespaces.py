"""A plain user's namespaces, and machines that grant them without any right in them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.grading import doctor
from autograder.isolation.kernel.syscalls import supported
from tests.harness import machines

ENTERS = """
import json, os
from autograder.isolation.kernel import namespaces
if REFUSED:
    def refuse(*_):
        raise PermissionError("uid_map")
    namespaces.Path.write_text = refuse
before = os.readlink("/proc/self/ns/user")
entered = namespaces.enter_namespaces()
print(json.dumps([entered, os.readlink("/proc/self/ns/user") == before]))
"""


@pytest.mark.skipif(not supported() or os.geteuid() != 0, reason="only root can become a plain user")
@pytest.mark.parametrize("refused", [True, False])
def test_namespaces_are_entered_as_a_whole_or_not_at_all(refused: bool) -> None:
    """Kills: unshare is tried in the process itself, which then is nobody in a namespace that it cannot leave."""
    code = ENTERS.replace("REFUSED", str(refused))
    prefix = machines.command(user="plain", read_anything=True)
    shown = subprocess.run(
        [*prefix, sys.executable, "-c", code], cwd=machines.ROOT, capture_output=True, text=True, check=True
    )
    entered, is_at_home = json.loads(shown.stdout)
    assert is_at_home is not bool(entered) and (not refused or entered == [])


@pytest.mark.parametrize(("value", "named"), [("1\n", True), ("0\n", False), (None, False)])
def test_the_doctor_names_what_keeps_a_plain_user_from_namespaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, named: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    file = tmp_path / "proc/sys/kernel/apparmor_restrict_unprivileged_userns"
    if value is not None:
        file.parent.mkdir(parents=True)
        file.write_text(value)
    found = doctor.restrictions(tmp_path)
    assert [word for word in found if "AppArmor" in word] == (found if named else [])
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert doctor.restrictions(tmp_path) == []
