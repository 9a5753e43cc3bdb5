"""`autograder doctor`: which layers isolate a submission here, and which promises hold under real attacks."""

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.assignment.manifest import Manifest
from autograder.errors import HarnessError
from autograder.grading.grader import NO_ISOLATION, Grader, secrets
from autograder.isolation import promises
from autograder.isolation.attack_runner import AttackRunner
from autograder.isolation.kernel.syscalls import supported
from autograder.isolation.plan import Layers

ADVICE = {
    "secrets": "let root own the homework's folder with mode 700, or use a kernel with Landlock (5.13 or later)",
    "memory": "grade as root, so that submissions get a user of their own, or allow seccomp",
    "signals": "grade as root, so that submissions get a user of their own, or allow seccomp",
    "network": "allow seccomp, or network namespaces",
    "files": "grade as root, so that submissions get a user of their own, or use a kernel with Landlock",
    "leftovers": "allow process namespaces",
}


# What keeps a plain user from namespaces: a file, its value, and what changes it.
_RESTRICTED = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with `userns,` for this Python",
    ),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
    ("/proc/sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
)


@dataclass(frozen=True)
class Findings:
    """What was found: layers in force, and for each promise whether it holds.

    Attributes:
        layers: in force; None if no worker can be started.
        results: of the attack on each promise, by name; empty if nothing was attacked.
        refusal: why nothing can be graded in isolation here; "" if it can.
    """

    layers: Layers | None
    results: dict[str, promises.Result]
    refusal: str = ""

    @property
    def holds(self) -> bool:
        """Whether submissions may be graded here."""
        required = [promise.name for promise in ALL if promise.required]
        return not self.refusal and all(self.results[name].holds for name in required)


ALL = (*promises.PROMISES, *promises.LIMITS, promises.EXISTENCE)


def examine(manifest: Manifest) -> Findings:
    """Starts workers as a grade does, and attacks from them, promise by promise. Takes a minute at most."""
    if not supported():
        return Findings(None, {}, NO_ISOLATION)
    with Grader(manifest) as grader:
        assert grader.isolated is not None
        try:
            layers = grader.isolated.layers
            if layers.missing:
                return Findings(layers, {}, "; ".join(layers.missing))
            with AttackRunner(grader.isolated, grader.staging, secrets(manifest)) as runner:
                return Findings(layers, promises.try_all(runner, ALL))
        except HarnessError as error:
            return Findings(None, {}, str(error))


def as_dict(findings: Findings) -> dict[str, Any]:
    """As plain data, for `--json`."""
    return {
        "holds": findings.holds,
        "refusal": findings.refusal,
        "layers": findings.layers.describe() if findings.layers else [],
        "promises": {
            name: list(result.achieved) or result.describe() for name, result in findings.results.items()
        },
    }


def show(findings: Findings, console: Console) -> None:
    """Prints what was found."""
    who = "root" if os.geteuid() == 0 else "a plain user"
    console.print(
        f"{platform.system()} {platform.release()}, Python {platform.python_version()} in {sys.prefix}, as {who}"
    )
    for change in restrictions():
        console.print(f"a plain user gets no namespaces here; what allows them: {change}", soft_wrap=True)
    if findings.layers is not None:
        console.print("in force: " + ", ".join(findings.layers.describe()))
    if findings.refusal:
        console.print(Text(f"nothing can be graded in isolation here: {findings.refusal}", style="bold red"))
        return
    table = Table(header_style="bold")
    for column in ("promise", "what is promised", "when attacked"):
        table.add_column(column, overflow="fold")
    for promise in ALL:
        result = findings.results[promise.name]
        words = result.describe(3)
        if result.achieved:
            more = f" and {len(result.achieved) - 3} more" if len(result.achieved) > 3 else ""
            words = f"BROKEN: {words}{more}"
        style = "green" if result.holds else "bold red" if promise.required else "yellow"
        table.add_row(promise.name, promise.sentence, Text(words, style=style))
    console.print(table)
    for name, result in findings.results.items():
        if result.achieved and name in ADVICE:
            console.print(f"{name}: {ADVICE[name]}")
    if findings.holds:
        console.print(Text("submissions may be graded here", style="bold green"))
    else:
        console.print(
            Text("no submission is graded here, unless --isolation none trusts it", style="bold red")
        )


def restrictions(root: Path = Path("/")) -> list[str]:
    """What an administrator could change so that this user gets namespaces; nothing for root, who has them."""
    if os.geteuid() == 0:
        return []
    files = [(root / file.lstrip("/"), value, change) for file, value, change in _RESTRICTED]
    return [change for file, value, change in files if file.exists() and file.read_text().strip() == value]
