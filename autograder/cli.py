"""The command line: `autograder test`, `grade`, `doctor`, `stubs` and `mutants`.

Exit codes: 0 done (for `grade`, whatever the score), 1 `test` found anything but PASSED, `doctor` a broken promise
that is due, `stubs --check` a difference or `mutants` a survivor, 2 a bad call or input, 3 our own fault.
"""

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from autograder import manifest as manifests
from autograder.errors import InputError

DONE, NOT_PASSED, BAD_CALL, OUR_FAULT = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.command(arguments)
        return code
    except InputError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return BAD_CALL
    except Exception:
        traceback.print_exc()
        print("autograder: this is a fault of the grader's own, not of the submission", file=sys.stderr)
        return OUR_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description="Tests and grades a homework package.",
        epilog="Exit codes: 0 done, 1 something did not pass, 2 a bad call or input, 3 a fault of the grader's own.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    test = commands.add_parser(
        "test", help="run the public tests on a package and say what is wrong and what to try"
    )
    test.add_argument("--package", default=None, help="folder of the package, e.g. student or solutions")
    test.add_argument(
        "-q", "--only", action="append", default=[], metavar="Q", help="a question (q1d) or task; repeatable"
    )
    test.add_argument("--seed", type=_seed, default=0, help="of the random inputs (default 0)")
    test.set_defaults(command=_test)

    grade = commands.add_parser(
        "grade", help="grade a submission: public, hidden and smoke tests, then a record"
    )
    grade.add_argument("submission", type=Path, help="a folder, a zip, a tar or a submission_log.json")
    grade.add_argument(
        "--out", type=Path, required=True, help="folder for submission_log.json and results.json"
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
    grade.set_defaults(command=_grade)

    doctor = commands.add_parser(
        "doctor", help="try every promise of isolation on this machine, for real, and say what holds"
    )
    doctor.add_argument("--json", action="store_true", help="print plain data instead of a table")
    doctor.set_defaults(command=_doctor)

    stubs = commands.add_parser("stubs", help="generate the student's package from the reference")
    stubs.add_argument(
        "--check", action="store_true", help="only say whether it is up to date, byte for byte"
    )
    stubs.set_defaults(command=_stubs)

    mutants = commands.add_parser(
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
    mutants.set_defaults(command=_mutants)

    diagnosis = commands.add_parser(
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
    diagnosis.set_defaults(command=_diagnosis)
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


def _test(arguments: argparse.Namespace) -> int:
    from autograder.grading import Request, grade
    from autograder.record import is_perfect

    manifest = manifests.load(manifests.find())
    package = Path(arguments.package) if arguments.package else manifest.root / manifest.package
    package = package if package.exists() else manifest.root / package
    if not package.is_dir():
        raise InputError(
            f"{arguments.package or package} is no folder: give the package's, e.g. --package student"
        )
    suites = tuple(s.name for s in manifest.suites if s.visibility == "visible" and not s.training)
    request = Request(manifest, package, suites, tuple(arguments.only), arguments.seed)
    with _Bar() as bar:
        record = grade(request, bar.advance)
    shown = package.relative_to(Path.cwd()) if package.is_relative_to(Path.cwd()) else package
    _show(record, points=False, package=str(shown))
    if record["faults"]:
        return OUR_FAULT
    return DONE if is_perfect(record) else NOT_PASSED


def _grade(arguments: argparse.Namespace) -> int:
    from autograder.attempts import attempt_in
    from autograder.grader import Grader, Order

    manifest = manifests.load(manifests.find())
    if arguments.out.exists() and not arguments.out.is_dir():
        raise InputError(f"--out {arguments.out} is a file: give a folder")
    suites = tuple(s.name for s in manifest.suites if not (arguments.no_smoke and s.training))
    isolated = arguments.isolation != "none"
    with Grader(manifest, isolated=isolated) as grader:
        device = grader.device(arguments.device)
        attempt = attempt_in(arguments.metadata) if arguments.metadata else arguments.attempt
        only = tuple(arguments.only)
        order = Order(suites, only, arguments.seed, device, arguments.workers, attempt)
        trust = "" if isolated else " without isolation, as told: it is trusted"
        print(f"grading {arguments.submission} on {device}{trust}")
        with _Bar() as bar:
            record = grader.grade(arguments.submission.absolute(), order, arguments.out, bar.advance)
    _show(record, points=True, package="")
    print(f"written: {arguments.out / 'submission_log.json'} and {arguments.out / 'results.json'}")
    return OUR_FAULT if record["faults"] else DONE


def _doctor(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from autograder import doctor

    manifest = manifests.load(manifests.find())
    findings = doctor.examine(manifest)
    if arguments.json:
        print(json.dumps(doctor.as_dict(findings), indent=1))
    else:
        doctor.show(findings, Console(highlight=False))
    return DONE if findings.holds else NOT_PASSED


def _stubs(arguments: argparse.Namespace) -> int:
    from autograder.release import stubs

    manifest = manifests.load(manifests.find())
    if manifest.staff is None:
        raise InputError("stubs are made by staff: this manifest has no [staff] table")
    source, target = manifest.root / manifest.staff.reference, manifest.root / manifest.package
    if not arguments.check:
        stubs.write(source, target, manifest.code_tasks())
        print(f"written: {target}")
        return DONE
    differences = stubs.differences(source, target, manifest.code_tasks())
    for difference in differences:
        print(difference)
    print(
        f"{target.name}/ differs from what `make stubs` makes"
        if differences
        else f"{target.name}/ is up to date"
    )
    return NOT_PASSED if differences else DONE


def _mutants(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from autograder.misconceptions import bank, difference, matrix, report

    if arguments.random:
        return _random_mutants(arguments)
    manifest = manifests.load(manifests.find())
    entries = bank.select(manifest, list(bank.load(manifest).values()), tuple(arguments.only))
    with _Bar() as bar:
        trials = matrix.try_all(
            manifest,
            entries,
            seed=arguments.seed,
            workers=arguments.workers,
            look=difference.looking(manifest),
            progress=bar.advance,
        )
    found = report.Report(manifest, trials, arguments.seed)
    found.show(Console(highlight=False))
    if arguments.out is not None:
        found.write(arguments.out)
    return DONE if found.holds else NOT_PASSED


def _random_mutants(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from autograder.misconceptions import bank, equivalent, matrix, mutation

    manifest = manifests.load(manifests.find())
    listed = equivalent.load(manifest)
    entries = bank.select(manifest, mutation.mutants(manifest), tuple(arguments.only))
    with _Bar() as bar:
        trials = matrix.try_all(
            manifest, entries, seed=arguments.seed, workers=arguments.workers, progress=bar.advance
        )
    found = equivalent.Random(manifest, trials, listed)
    found.show(Console(highlight=False))
    return DONE if found.holds else NOT_PASSED


def _diagnosis(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from autograder.diagnosis import measure, pairs
    from autograder.misconceptions import bank

    manifest = manifests.load(manifests.find())
    entries = list(bank.load(manifest).values())
    chosen = bank.select(manifest, entries, tuple(arguments.only))
    with _Bar() as bar:
        verdicts, redrawn = measure.measure(
            manifest,
            entries,
            chosen,
            seed=arguments.seed,
            workers=arguments.workers,
            progress=bar.advance,
        )
    two = pairs.choose(manifest, chosen, arguments.pairs, arguments.seed)
    with _Bar() as bar:
        both = pairs.measure_pairs(
            manifest, two, seed=arguments.seed, workers=arguments.workers, progress=bar.advance
        )
    holds = measure.show(Console(highlight=False), verdicts, redrawn, both)
    return DONE if holds else NOT_PASSED


def _show(record: dict[str, object], *, points: bool, package: str) -> None:
    from rich.console import Console

    from autograder.render import terminal

    terminal.show(record, Console(highlight=False), points=points, package=package)


class _Bar:
    """Progress on standard error, where that is a terminal."""

    def __enter__(self) -> "_Bar":
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._row = self._progress.add_task("collecting the tests", total=None)
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, result: object, done: int, total: int) -> None:
        """One more test has ended."""
        self._progress.update(self._row, completed=done, total=total, description=getattr(result, "task", ""))
