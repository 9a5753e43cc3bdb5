"""The command line: `autograder test`, `submit`, `grade`, `report`, `doctor`, `stubs`, `mutants` and `diagnosis`.

Exit codes: 0 done (for `grade`, whatever the score; for `submit`, whatever the tests said), 1 `test` found anything
but PASSED, `doctor` a broken promise that is due, `stubs --check` a difference, `mutants` a survivor or `diagnosis` too
few names or too many wrong ones, 2 a bad call or input, 3 our own fault, 130 interrupted.
"""

import argparse
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from autograder import commands
from autograder.commands import BAD_CALL, INTERRUPTED, OUR_FAULT
from autograder.errors import InputError


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
        print("autograder: this is a fault of the grader's own, not of the submission", file=sys.stderr)
        return OUR_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description="Tests and grades a homework package.",
        epilog="Exit codes: 0 done, 1 something did not pass, 2 a bad call or input, 3 our own fault, 130 interrupted.",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    test = subparsers.add_parser(
        "test", help="run the public tests on a package and say what is wrong and what to try"
    )
    test.add_argument("--package", default=None, help="folder of the package, e.g. student or solutions")
    test.add_argument(
        "-q", "--only", action="append", default=[], metavar="Q", help="a question (q1d) or task; repeatable"
    )
    test.add_argument("--seed", type=_seed, default=0, help="of the random inputs (default 0)")
    test.add_argument("--brief", action="store_true", help="leave the table out")
    test.set_defaults(command=commands.test)

    submit = subparsers.add_parser(
        "submit", help="run the public tests, then write submission_log.json, the one file to upload"
    )
    submit.add_argument("--package", default=None, help="folder of the package, e.g. student or solutions")
    submit.add_argument("--seed", type=_seed, default=0, help="of the random inputs (default 0)")
    submit.set_defaults(command=commands.submit, brief=False)

    grade = subparsers.add_parser(
        "grade", help="grade a submission: public, hidden and smoke tests, then a record"
    )
    grade.add_argument("submission", type=Path, help="a folder, a zip, a tar or a submission_log.json")
    grade.add_argument(
        "--out", type=Path, required=True, help="folder for submission_log.json, results.json and report.html"
    )
    grade.add_argument("--seed", type=_seed, default=0, help="of inputs and training (default 0)")
    grade.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where training runs"
    )
    grade.add_argument(
        "-q", "--only", action="append", default=[], metavar="Q", help="a question or task; shrinks max_score"
    )
    grade.add_argument(
        "--isolation",
        choices=("full", "none"),
        default="full",
        help="none: run the submission in the grader's own process; only for one that you trust as yourself",
    )
    grade.add_argument("--workers", type=_count, default=1, help="how many tests run at a time (default 1)")
    attempt = grade.add_mutually_exclusive_group()
    attempt.add_argument(
        "--attempt",
        type=_count,
        default=1,
        help="which submission of its student it is; hints depend on it (default 1)",
    )
    attempt.add_argument(
        "--metadata", type=Path, help="Gradescope's submission_metadata.json, which tells the attempt"
    )
    grade.add_argument("--no-smoke", action="store_true", help="leave training runs out; shrinks max_score")
    grade.set_defaults(command=commands.grade)

    report = subparsers.add_parser("report", help="render report.html from a record")
    report.add_argument("record", type=Path, help="a submission_log.json, of `submit` or of `grade`")
    report.add_argument("--out", type=Path, help="the page to write (default: report.html beside the record)")
    report.set_defaults(command=commands.report)

    doctor = subparsers.add_parser(
        "doctor", help="try every promise of isolation on this machine, for real, and say what holds"
    )
    doctor.add_argument("--json", action="store_true", help="print plain data instead of a table")
    doctor.set_defaults(command=commands.doctor)

    stubs = subparsers.add_parser("stubs", help="generate the student's package from the reference")
    stubs.add_argument(
        "--check", action="store_true", help="only say whether it is up to date, byte for byte"
    )
    stubs.set_defaults(command=commands.stubs)

    mutants = subparsers.add_parser(
        "mutants", help="try the tests on every known wrong and right answer, and say which slip through"
    )
    mutants.add_argument(
        "-q", "--only", action="append", default=[], metavar="Q", help="a question, task or entry; repeatable"
    )
    mutants.add_argument("--seed", type=_seed, default=0, help="of the random inputs (default 0)")
    mutants.add_argument("--workers", type=_count, default=1, help="how many tests run at a time (default 1)")
    result = mutants.add_mutually_exclusive_group()
    result.add_argument("--out", type=Path, help="folder for matrix.json and matrix.html")
    result.add_argument(
        "--random", action="store_true", help="try random changes of the reference instead of the bank"
    )
    mutants.set_defaults(command=commands.mutants)

    diagnosis = subparsers.add_parser(
        "diagnosis", help="make every known mistake on purpose, and count how often it is called by its name"
    )
    diagnosis.add_argument(
        "-q", "--only", action="append", default=[], metavar="Q", help="a question, task or entry; repeatable"
    )
    diagnosis.add_argument("--seed", type=_seed, default=0, help="of the random inputs (default 0)")
    diagnosis.add_argument(
        "--workers", type=_count, default=1, help="how many tests run at a time (default 1)"
    )
    diagnosis.add_argument(
        "--pairs", type=int, default=60, help="how many submissions with two mistakes (default 60)"
    )
    diagnosis.set_defaults(command=commands.diagnosis)
    return parser


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError("a seed lies between 0 and 2^32 - 1")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("one at least")
    return value
