"""Runs the public tests of one question for a notebook; the generated Otter checks call this module.

The tests run in another process, as with `make test`: they use the files on disk, whatever the notebook has imported,
and a function that hangs does not hang the notebook's kernel.
"""

import html
import os
import subprocess
import sys

from autograder.assignment import manifest as manifests

WIDTH = 100  # columns of the output
SPARE = 60  # seconds in addition to the limit of the tests: torch can load slowly


class NotPassed(AssertionError):
    """Not every public test of a question passed; the text is the output of `make test`."""


def public_tests(question: str) -> None:
    """Runs the public tests of a question on the package's files.

    Args:
        question: the id of a question or task.

    Raises:
        NotPassed: a test did not pass. Otter puts the text into a page unchanged, so <, > and & are escaped for HTML;
            it contains no table, since the page may use a proportional font.
    """
    manifest = manifests.load(manifests.find())
    seconds = manifest.limits["total"] + SPARE
    command = [sys.executable, "-m", "autograder", "test", "--brief", "--package", manifest.package]
    try:
        done = subprocess.run(
            [*command, "-q", question],
            cwd=manifest.root,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise NotPassed(
            f"\nthe tests of {question} were stopped after {seconds:g} s: a function does not return,"
            " or this computer is very busy"
        ) from None
    if done.returncode:
        raise NotPassed("\n" + html.escape(done.stdout + done.stderr, quote=False))


def _environment() -> dict[str, str]:
    """The environment of this process, changed to get plain text: a notebook's kernel requests colours."""
    return {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"} | {
        "COLUMNS": str(WIDTH)
    }
