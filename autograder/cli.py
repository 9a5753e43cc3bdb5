"""The command line. Students have `test`, `submit` and `report`; staff have all other commands as well.

Exit codes: 0 done (`grade` and `submit`: whatever the score), 1 `test` found an outcome other than PASSED, `doctor` a
required promise that is broken, `stubs --check` a difference, `mutants` a survivor, `diagnosis` too few right or too
many wrong names, 2 wrong usage or input, 3 an error of the grader itself or of the machine, 130 interrupted, 143 and
129 ended by SIGTERM and SIGHUP.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

from autograder import STAFF, STUDENT
from autograder.commands import BAD_CALL, OUR_FAULT, SIGNALLED, machine_faults
from autograder.commands.signals import Signals
from autograder.errors import InputError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    started = time.monotonic()
    with Signals() as signals:
        try:
            arguments = _parser().parse_args(argv)
            arguments.started = started
            code: int = arguments.command(arguments)
            return code
        except InputError as error:
            return _ended(BAD_CALL, str(error))
        except KeyboardInterrupt:
            return _ended(SIGNALLED + signals.number, signals.words)
        except (OSError, MemoryError) as error:
            return _ended(OUR_FAULT, machine_faults.in_words(error))
        except Exception:
            traceback.print_exc()
            return _ended(OUR_FAULT, "this is an error of the grader itself, not of the submission")


def _ended(code: int, words: str) -> int:
    with suppress(OSError):  # a terminal that has been closed hears nothing
        print(f"autograder: {words}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description="Tests and grades a homework package.",
        epilog="Exit codes: 0 done, 1 something did not pass, 2 wrong usage or input, 3 an error of the grader itself "
        "or of the machine, 130 interrupted, 143 and 129 ended by SIGTERM and SIGHUP.",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    for group in (STUDENT, *(name for name in STAFF if find_spec(name))):
        import_module(group).add(subparsers)
    return parser
