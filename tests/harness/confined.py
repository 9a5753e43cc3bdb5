"""Runs attempts in a separate process that is locked down, and reports the result of each."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

# All attempts run in the same process, one after another. A result is "passed" or the name of the error.
_PROGRAM = """
import ctypes, errno, fcntl, json, os, signal, socket, subprocess, sys, tempfile, termios, threading, time
from pathlib import Path
from autograder.isolation.kernel import landlock, seccomp, syscalls
from autograder.isolation.kernel.syscalls import call, prctl
attempts, names = json.loads(sys.stdin.read())
globals().update(names)
{before}
results = {{}}
for name, attempt in attempts.items():
    try:
        exec(attempt)
        results[name] = "passed"
    except OSError as error:
        results[name] = errno.errorcode.get(error.errno, str(error))
    except Exception as error:
        results[name] = f"{{type(error).__name__}}: {{error}}"
print(json.dumps(results), flush=True)
"""


def attempt(before: str, attempts: Mapping[str, str], **names: Any) -> dict[str, str]:
    """The result of each attempt after `before` has run: "passed" or the name of its error.

    Args:
        before: statements that lock the process down.
        attempts: statements by name.
        names: plain values that the statements use.
    """
    done = run(_PROGRAM.format(before=before), json.dumps([dict(attempts), names]))
    assert done.returncode == 0, done.stderr
    results: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return results


def run(program: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    """Runs a Python program in a separate process, with text on its standard input."""
    return subprocess.run(
        [sys.executable, "-c", program], input=given, capture_output=True, text=True, timeout=120, check=False
    )
