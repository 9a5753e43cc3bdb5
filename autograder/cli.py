"""The command line. Students have `test`, `submit` and `report`; staff have all other commands as well.

Exit codes: 0 done (`grade` and `submit`: whatever the score), 1 `test` found an outcome other than PASSED, `doctor` a
required promise that is broken, `stubs --check` a difference, `mutants` a survivor, `diagnosis` too few right or too
many wrong names, 2 wrong usage or input, 3 an error of the grader itself, 130 interrupted.
"""

import argparse
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from autograder.commands import BAD_CALL, INTERRUPTED, OUR_FAULT
from autograder.errors import InputError
from autograder.sides import STAFF, STUDENT


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.command(arguments)
        return code
    except InputError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return BAD_CALL
    except KeyboardInterrupt:
        print("autograder: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception:
        traceback.print_exc()
        print("autograder: this is an error of the grader itself, not of the submission", file=sys.stderr)
        return OUR_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description="Tests and grades a homework package.",
        epilog="Exit codes: 0 done, 1 something did not pass, 2 wrong usage or input, 3 an error of the grader itself, "
        "130 interrupted.",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    for group in (STUDENT, *(name for name in STAFF if find_spec(name))):
        import_module(group).add(subparsers)
    return parser
