"""The public tests of one question beside a notebook: what the generated files of Otter's checks call.

They run in a process of their own, as `make test` runs them: what is on disk counts, whatever the notebook has
imported, and a function that hangs does not hang its kernel.
"""

import html
import os
import subprocess
import sys

from autograder.assignment import manifest as manifests

WIDTH = 100  # columns of what is printed
SPARE = 60  # seconds beside those of the tests: torch may load slowly


class NotPassed(AssertionError):
    """Not every public test of a question has passed; the text is what `make test` says of it."""


def public_tests(question: str) -> None:
    """Runs the public tests of a question on the package's files.

    Args:
        question: its id, or a task's.

    Raises:
        NotPassed: a test did not pass. Otter puts the text into a page as it is, so <, > and & are written for HTML;
            there is no table in it, since the page may show it in letters of unequal width.
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
            f"\nthe tests of {question} were ended after {seconds:g} s: some function never comes back"
        ) from None
    if done.returncode:
        raise NotPassed("\n" + html.escape(done.stdout + done.stderr, quote=False))


def _environment() -> dict[str, str]:
    """That of this process, for plain text: a notebook's kernel asks its children for colours."""
    return {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"} | {
        "COLUMNS": str(WIDTH)
    }
