"""What each command of the command line does: reads its arguments, calls the room whose job it is, shows what came out.

Imports stand inside the functions: `autograder --help` and a mistyped flag should not wait for torch.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from autograder import manifest as manifests
from autograder.errors import InputError

DONE, NOT_PASSED, BAD_CALL, OUR_FAULT, INTERRUPTED = 0, 1, 2, 3, 130
REPORT = "report.html"


def test(arguments: argparse.Namespace) -> int:
    """`autograder test`."""
    from autograder.record import is_perfect

    manifest = manifests.load(manifests.find())
    record = _own_run(arguments, manifest, _package(arguments, manifest), tuple(arguments.only))
    if record["faults"]:
        return OUR_FAULT
    return DONE if is_perfect(record) else NOT_PASSED


def _package(arguments: argparse.Namespace, manifest: manifests.Manifest) -> Path:
    """The package's folder that is meant."""
    package = Path(arguments.package) if arguments.package else manifest.root / manifest.package
    package = package if package.exists() else manifest.root / package
    if not package.is_dir():
        raise InputError(
            f"{arguments.package or package} is no folder: give the package's, e.g. --package student"
        )
    return package


def _own_run(
    arguments: argparse.Namespace, manifest: manifests.Manifest, package: Path, only: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Runs the public tests in this process, without training, and shows what came out."""
    from autograder.grading import Request, grade

    suites = tuple(s.name for s in manifest.suites if s.visibility == "visible" and not s.training)
    with _Bar() as bar:
        record = grade(Request(manifest, package, suites, only, arguments.seed), bar.advance)
    shown = package.relative_to(Path.cwd()) if package.is_relative_to(Path.cwd()) else package
    _show(record, points=False, package=str(shown), table=not arguments.brief)
    return record


def submit(arguments: argparse.Namespace) -> int:
    """`autograder submit`."""
    from rich.console import Console

    from autograder import submit
    from autograder.render import contents

    manifest = manifests.load(manifests.find())
    package = _package(arguments, manifest)
    taken = submit.take(package, manifest)  # before the tests, so that it is what they ran on
    record = _own_run(arguments, manifest, package)
    written = submit.write(record, taken, manifest)
    contents.show(record, taken, written, manifest, Console(highlight=False))
    return DONE


def grade(arguments: argparse.Namespace) -> int:
    """`autograder grade`."""
    from autograder.attempts import attempt_in
    from autograder.grader import Grader, Order
    from autograder.record import NAME
    from autograder.render import report

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
        (arguments.out / REPORT).unlink(missing_ok=True)  # one of an earlier grade is not of this record
        print(f"grading {arguments.submission} on {device}{trust}")
        with _Bar() as bar:
            record = grader.grade(arguments.submission.absolute(), order, arguments.out, bar.advance)
    _show(record, points=True, package="")
    report.write(record, arguments.out / REPORT)
    print("written: " + ", ".join(str(arguments.out / name) for name in (NAME, "results.json", REPORT)))
    return OUR_FAULT if record["faults"] else DONE


def report(arguments: argparse.Namespace) -> int:
    """`autograder report`."""
    from autograder import stored
    from autograder.render import report

    record = stored.read(arguments.record)
    out = arguments.out or arguments.record.with_name(REPORT)
    if out.is_dir():
        raise InputError(f"--out {out} is a folder: give a file, e.g. {out / REPORT}")
    report.write(record, out)
    print(f"written: {out}")
    return DONE


def doctor(arguments: argparse.Namespace) -> int:
    """`autograder doctor`."""
    from rich.console import Console

    from autograder import doctor

    manifest = manifests.load(manifests.find())
    findings = doctor.examine(manifest)
    if arguments.json:
        print(json.dumps(doctor.as_dict(findings), indent=1))
    else:
        doctor.show(findings, Console(highlight=False))
    return DONE if findings.holds else NOT_PASSED


def stubs(arguments: argparse.Namespace) -> int:
    """`autograder stubs`."""
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


def mutants(arguments: argparse.Namespace) -> int:
    """`autograder mutants`."""
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


def diagnosis(arguments: argparse.Namespace) -> int:
    """`autograder diagnosis`."""
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


def _show(record: dict[str, object], *, points: bool, package: str, table: bool = True) -> None:
    from rich.console import Console

    from autograder.render import terminal

    terminal.show(record, Console(highlight=False), points=points, package=package, table=table)


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
