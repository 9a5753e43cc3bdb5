"""Tests which promises hold on which kind of machine: `python -m tests.harness.matrix [--write FILE]`.

Every row is a machine that really lacks a feature (`machines`). There the doctor runs real attacks on the tiny
homework, in a folder that only its owner can enter. Prints a table in Markdown.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from tests.harness.machines import PLAIN_USER, WITHOUT, closed_above, command
from tests.harness.mini import Mini

ROOT = Path(__file__).resolve().parents[2]
LAYERS = {"landlock": "Landlock", "namespaces": "namespaces", "seccomp": "seccomp"}


@dataclass(frozen=True)
class Grader:
    """A user who grades: a description, options of `machines.command`, and whether only this user can read Python."""

    words: str
    user: str | None
    open_python: bool


WHO = {
    "root": Grader("root, Python below a folder of root's", None, False),
    "root-open": Grader("root, Python readable by all", None, True),
    "container": Grader("root in a container, Python below a folder of root's", "container", False),
    "container-open": Grader("root in a container, Python readable by all", "container", True),
    "plain": Grader("a plain user", "plain", True),
}


def examine(who: str, without: tuple[str, ...]) -> dict:
    """The findings of the doctor on such a machine."""
    person = WHO[who]
    with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
        mini = Mini(Path(folder) / "mini")
        if person.user == "plain":
            for path in (Path(folder), *Path(folder).rglob("*")):
                os.chown(path, PLAIN_USER, PLAIN_USER)
        before = command(without, person.user, open_python=person.open_python)
        done = subprocess.run(
            [*before, sys.executable, "-m", "autograder", "doctor", "--json"],
            cwd=mini.root,
            capture_output=True,
            text=True,
            timeout=300,
        )
    if done.returncode not in (0, 1) or not done.stdout:
        raise RuntimeError(f"{who} without {without}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def python_is_open() -> bool:
    """Whether every user can read Python here. Then the rows with an unreadable Python cannot be tested."""
    return closed_above(Path(sys.base_prefix)) is None and closed_above(Path(sys.prefix)) is None


def broken(found: dict) -> list[str]:
    """The names of the promises that do not hold."""
    return [name for name, state in found["promises"].items() if state != "holds"]


def row(who: str, without: tuple[str, ...], found: dict) -> str:
    """One line of the table."""
    lacking = ", ".join(LAYERS[name] for name in without) or "nothing"
    verdict = "graded" if found["holds"] else "refused"
    reason = "Python cannot be read" if found["refusal"] else ", ".join(broken(found)) or "none"
    return f"| {WHO[who].words} | {lacking} | {verdict} | {reason} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="Which promises hold where; run it as root on Linux.")
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    arguments = parser.parse_args()
    lines = [
        "| who grades | what the machine lacks | a submission is | not held |",
        "| --- | --- | --- | --- |",
    ]
    for who in WHO:
        for count in range(len(WITHOUT) + 1):
            for without in combinations(WITHOUT, count):
                lines.append(row(who, without, examine(who, without)))
                print(lines[-1], flush=True)
    if arguments.write:
        arguments.write.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
