"""Command lines: the options of a benchmark, and the commands whose time it measures."""

import argparse
import subprocess
import sys
import time
from collections.abc import Container, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
AUTOGRADER = (sys.executable, "-m", "autograder")


def parser(module_doc: str | None) -> argparse.ArgumentParser:
    """A parser without options; its help begins with the unchanged docstring of the benchmark."""
    return argparse.ArgumentParser(
        description=module_doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def seconds(command: Sequence[str], allowed: Container[int] = (0,)) -> float:
    """Wall time of a command in a fresh process, in the root of the project.

    Args:
        command: the command with its arguments.
        allowed: exit codes of a valid run.

    Raises:
        SystemExit: the command ended with another code; the message holds its output.
    """
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    took = time.perf_counter() - started
    if done.returncode not in allowed:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took
