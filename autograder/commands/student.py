"""A student's own commands: `test`, `submit` and `report`."""

import argparse
from pathlib import Path
from typing import Any

from autograder.assignment import manifest as manifests
from autograder.commands import DONE, NOT_PASSED, OUR_FAULT
from autograder.commands.options import add_only, add_seed
from autograder.commands.progress import Bar, show
from autograder.errors import InputError

REPORT = "report.html"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds them to the command line."""
    testing = commands.add_parser(
        "test", help="run the public tests on a package and say what is wrong and what to try"
    )
    testing.add_argument("--package", default=None, help="folder of the package, e.g. student or solutions")
    add_only(testing, "a question (q1d) or task")
    add_seed(testing)
    testing.add_argument("--brief", action="store_true", help="leave the table out")
    testing.set_defaults(command=test)

    submitting = commands.add_parser(
        "submit", help="run the public tests, then write submission_log.json, the one file to upload"
    )
    submitting.add_argument(
        "--package", default=None, help="folder of the package, e.g. student or solutions"
    )
    add_seed(submitting)
    submitting.set_defaults(command=submit, brief=False)

    reporting = commands.add_parser("report", help="render report.html from a record")
    reporting.add_argument("record", type=Path, help="a submission_log.json that `submit` or `grade` wrote")
    reporting.add_argument(
        "--out", type=Path, help="the page to write (default: report.html beside the record)"
    )
    reporting.set_defaults(command=report)


def test(arguments: argparse.Namespace) -> int:
    """`autograder test`."""
    from autograder.record.build import is_perfect

    manifest = manifests.load(manifests.find())
    record = _own_run(arguments, manifest, _package(arguments, manifest), tuple(arguments.only))
    if record["faults"]:
        return OUR_FAULT
    return DONE if is_perfect(record) else NOT_PASSED


def _package(arguments: argparse.Namespace, manifest: manifests.Manifest) -> Path:
    """The folder of the package that the arguments name."""
    package = Path(arguments.package) if arguments.package else manifest.root / manifest.package
    package = package if package.exists() else manifest.root / package
    if not package.is_dir():
        raise InputError(
            f"{arguments.package or package} is not a folder: give the folder of the package, e.g. --package student"
        )
    return package


def _own_run(
    arguments: argparse.Namespace, manifest: manifests.Manifest, package: Path, only: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Runs the public tests in this process, without training, and shows the result."""
    from autograder.assignment.settings import choose
    from autograder.grading.grade import grade
    from autograder.submission import staged

    suites = tuple(s.name for s in manifest.suites if s.visibility == "visible" and not s.training)
    settings = choose(manifest, suites=suites, only=only, seed=arguments.seed)
    with Bar() as bar:
        record = grade(settings, staged.read(package, manifest), progress=bar.advance)
    shown = package.relative_to(Path.cwd()) if package.is_relative_to(Path.cwd()) else package
    show(record, points=False, package=str(shown), table=not arguments.brief)
    return record


def submit(arguments: argparse.Namespace) -> int:
    """`autograder submit`."""
    from rich.console import Console

    from autograder.record import hand_in as submit
    from autograder.render import submission_summary

    manifest = manifests.load(manifests.find())
    package = _package(arguments, manifest)
    taken = submit.collect(package, manifest)  # before the tests, so that it is what they ran on
    record = _own_run(arguments, manifest, package)
    written = submit.write(record, taken, manifest)
    submission_summary.show(record, taken, written, manifest, Console(highlight=False))
    return DONE


def report(arguments: argparse.Namespace) -> int:
    """`autograder report`."""
    from autograder.record import read as stored
    from autograder.render import report

    record = stored.read(arguments.record)
    out = arguments.out or arguments.record.with_name(REPORT)
    if out.is_dir():
        raise InputError(f"--out {out} is a folder: give a file, e.g. {out / REPORT}")
    report.write(record, out)
    print(f"written: {out}")
    return DONE
