"""Runs attempts in a process of their own that has locked itself in, and tells what became of each."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

# Each attempt runs in the same process, one after the other. "passed" or the name of the error that it met.
_PROGRAM = """
import ctypes, errno, fcntl, json, os, signal, socket, subprocess, sys, tempfile, termios, threading, time
from pathlib import Path
from autograder.isolation.kernel import landlock, seccomp, syscalls
from autograder.isolation.kernel.syscalls import call, prctl
attempts, names = json.loads(sys.stdin.read())
globals().update(names)
{before}
became = {{}}
for name, attempt in attempts.items():
    try:
        exec(attempt)
        became[name] = "passed"
    except OSError as error:
        became[name] = errno.errorcode.get(error.errno, str(error))
    except Exception as error:
        became[name] = f"{{type(error).__name__}}: {{error}}"
print(json.dumps(became), flush=True)
"""


def attempt(before: str, attempts: Mapping[str, str], **names: Any) -> dict[str, str]:
    """What becomes of each attempt after `before` has run: "passed", or the name of its error.

    Args:
        before: statements that lock the process in.
        attempts: statements by name.
        names: plain values that the statements refer to.
    """
    done = run(_PROGRAM.format(before=before), json.dumps([dict(attempts), names]))
    assert done.returncode == 0, done.stderr
    became: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return became


def run(program: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    """A Python program in a process of its own, with text for it to read."""
    return subprocess.run(
        [sys.executable, "-c", program], input=given, capture_output=True, text=True, timeout=120, check=False
    )
