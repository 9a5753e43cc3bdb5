"""Commands around a grade: `grade`, `gradescope`, `manual` and `doctor`."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.assignment import manifest as manifests
from autograder.commands import DONE, NOT_PASSED, OUR_FAULT
from autograder.commands.options import add_clock, add_only, add_seed, add_workers, count
from autograder.commands.progress import Bar, show
from autograder.commands.student import REPORT
from autograder.errors import InputError

if TYPE_CHECKING:
    from autograder.record.build import Record
    from autograder.record.keep import Keeper


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds them to the command line."""
    grading = commands.add_parser(
        "grade", help="grade a submission: public, hidden and smoke tests, then a record"
    )
    grading.add_argument("submission", type=Path, help="a folder, a zip, a tar or a submission_log.json")
    grading.add_argument(
        "--out", type=Path, required=True, help="folder for submission_log.json, results.json and report.html"
    )
    add_seed(grading, "of inputs and training")
    grading.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where training runs"
    )
    add_only(grading, "a question or task; lowers max_score")
    grading.add_argument(
        "--isolation",
        choices=("full", "none"),
        default="full",
        help="none: run the submission in the grader's own process; only if you trust it as you trust yourself",
    )
    add_workers(grading)
    attempt = grading.add_mutually_exclusive_group()
    attempt.add_argument(
        "--attempt",
        type=count,
        default=1,
        help="the number of this submission among its student's; hints depend on it (default 1)",
    )
    attempt.add_argument(
        "--metadata", type=Path, help="Gradescope's submission_metadata.json, which says which attempt it is"
    )
    add_clock(grading, None, "ten times the manifest's total")
    grading.add_argument("--no-smoke", action="store_true", help="leave training runs out; lowers max_score")
    grading.set_defaults(command=grade)

    boxed = commands.add_parser(
        "gradescope",
        help="grade the upload in Gradescope's container; always writes a valid results.json",
    )
    boxed.add_argument(
        "--box",
        type=Path,
        default=Path("/autograder"),
        help="the folder that Gradescope uses (default: /autograder)",
    )
    add_only(boxed, "a question or task")
    add_clock(boxed, 540.0, "540, a minute less than Gradescope's own limit")
    boxed.add_argument(
        "--self-test",
        action="store_true",
        help="grade the reference in a temporary folder; exits with 1 unless it gets all points",
    )
    boxed.set_defaults(command=gradescope)

    laying_out = commands.add_parser(
        "manual",
        help="collect what is graded by hand from many records: a table, and a page for each question",
    )
    laying_out.add_argument("logs", type=Path, nargs="+", metavar="LOG", help="a submission_log.json")
    laying_out.add_argument("--out", type=Path, required=True, help="folder for manual.csv and the pages")
    laying_out.set_defaults(command=manual)

    examining = commands.add_parser(
        "doctor", help="attack every promise of isolation on this machine, and say which ones hold"
    )
    examining.add_argument("--json", action="store_true", help="print plain data instead of a table")
    examining.set_defaults(command=doctor)


def grade(arguments: argparse.Namespace) -> int:
    """`autograder grade`."""
    from autograder.assignment.settings import choose
    from autograder.platforms.gradescope import results
    from autograder.record.build import NAME
    from autograder.record.keep import RESULTS, Keeper
    from autograder.record.out_folder import held

    out, isolated = arguments.out, arguments.isolation != "none"
    manifest = manifests.load(manifests.find())
    if arguments.submission.absolute() in (out.absolute() / NAME, out.absolute() / RESULTS):
        raise InputError(f"{arguments.submission} would be overwritten: give another folder than --out {out}")
    settings = choose(
        manifest,
        suites=tuple(s.name for s in manifest.suites if not (arguments.no_smoke and s.training)),
        only=arguments.only,
        seed=arguments.seed,
        device=arguments.device,
        workers=arguments.workers,
        attempt=arguments.attempt,
    )
    with held(out):
        (out / REPORT).unlink(missing_ok=True)  # one of an earlier grade is not of the record that comes now
        with Keeper(settings, out=out, render=results.render, isolated=isolated) as keeper:
            record = _graded(arguments, keeper, isolated=isolated)
        from autograder.render import report

        show(record, points=True, package="")
        report.write(record, out / REPORT)
    print("written: " + ", ".join(str(out / name) for name in (NAME, RESULTS, REPORT)))
    return OUR_FAULT if record["faults"] else DONE


def _graded(arguments: argparse.Namespace, keeper: "Keeper", *, isolated: bool) -> "Record":
    """Grades the submission, and shows how far it is."""
    from autograder.grading.load import load
    from autograder.platforms.gradescope import metadata
    from autograder.testing.time_budget import TimeBudget

    settings = keeper.settings
    if arguments.metadata:
        settings = replace(
            settings, attempt=metadata.read(arguments.metadata, settings.manifest.hand_in).attempt
        )
    with load()(settings.manifest, isolated=isolated) as grader:
        settings = replace(settings, device=grader.device(settings.device))
        trust = "" if isolated else " without isolation, as requested: it is trusted"
        print(f"grading {arguments.submission} on {settings.device}{trust}")
        with Bar() as bar:
            budget = TimeBudget(settings.manifest, started=arguments.started, clock=arguments.clock)
            return grader.grade(
                arguments.submission.absolute(),
                settings,
                keeper=keeper,
                budget=budget,
                progress=bar.advance,
            )


def gradescope(arguments: argparse.Namespace) -> int:
    """`autograder gradescope`: exits with 0, since a failed grader says so in its results."""
    from autograder.platforms.gradescope.grade_upload import GradescopeFolders, grade_upload, self_test
    from autograder.record.out_folder import held
    from autograder.testing.time_budget import TimeBudget

    manifest, only = manifests.load(manifests.find()), tuple(arguments.only)
    if arguments.self_test:
        points, possible = self_test(manifest, only)
        print(f"self-test: the reference gets {points:g} of {possible:g} points")
        return DONE if points == possible else NOT_PASSED
    box = GradescopeFolders(arguments.box.absolute())
    with held(box.results):
        results = grade_upload(
            box, manifest, only, TimeBudget(manifest, started=arguments.started, clock=arguments.clock)
        )
    print(f"written: {box.results / 'results.json'}; score {results['score']:g}")
    return DONE


def manual(arguments: argparse.Namespace) -> int:
    """`autograder manual`."""
    from autograder.record.out_folder import held
    from autograder.render import manual

    manifest = manifests.load(manifests.find())
    with held(arguments.out):
        for path in manual.export(arguments.logs, manifest, arguments.out):
            print(f"written: {path}")
    return DONE


def doctor(arguments: argparse.Namespace) -> int:
    """`autograder doctor`."""
    from rich.console import Console

    from autograder.grading import doctor

    manifest = manifests.load(manifests.find())
    findings = doctor.examine(manifest)
    if arguments.json:
        print(json.dumps(doctor.as_dict(findings), indent=1))
    else:
        doctor.show(findings, Console(highlight=False))
    return DONE if findings.holds else NOT_PASSED
