"""Commands that measure the tests and the feedback: `mutants` and `diagnosis`."""

import argparse
from pathlib import Path

from autograder.assignment import manifest as manifests
from autograder.commands import DONE, NOT_PASSED
from autograder.commands.options import add_only, add_seed, add_workers
from autograder.commands.progress import Bar


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds them to the command line."""
    killing = commands.add_parser(
        "mutants",
        help="run the tests on every known wrong and right answer, and list those that are judged wrongly",
    )
    add_only(killing, "a question, task or entry")
    add_seed(killing)
    add_workers(killing)
    result = killing.add_mutually_exclusive_group()
    result.add_argument("--out", type=Path, help="folder for matrix.json and matrix.html")
    result.add_argument(
        "--random", action="store_true", help="use random changes of the reference instead of the bank"
    )
    result.add_argument(
        "--kinds", action="store_true", help="use the same kinds of changes of every task instead of the bank"
    )
    killing.set_defaults(command=mutants)

    naming = commands.add_parser(
        "diagnosis", help="make every known mistake on purpose, and count how often the diagnosis names it"
    )
    add_only(naming, "a question, task or entry")
    add_seed(naming)
    add_workers(naming)
    naming.add_argument(
        "--pairs", type=int, default=60, help="how many submissions with two mistakes to grade (default 60)"
    )
    naming.set_defaults(command=diagnosis)


def mutants(arguments: argparse.Namespace) -> int:
    """`autograder mutants`."""
    from rich.console import Console

    from autograder.misconceptions import bank
    from autograder.proving import difference, matrix, matrix_report

    if arguments.random or arguments.kinds:
        return _machine_made(arguments)
    manifest = manifests.load(manifests.find())
    entries = bank.select(manifest, list(bank.load(manifest).values()), tuple(arguments.only))
    with Bar() as bar:
        trials = matrix.try_all(
            manifest,
            entries,
            seed=arguments.seed,
            workers=arguments.workers,
            look=difference.finder(manifest),
            progress=bar.advance,
        )
    found = matrix_report.MatrixReport(manifest, trials, arguments.seed)
    found.show(Console(highlight=False))
    if arguments.out is not None:
        found.write(arguments.out)
    return DONE if found.holds else NOT_PASSED


def _machine_made(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from autograder.misconceptions import bank
    from autograder.proving import equivalent_mutants, kind_mutants, matrix, mutation

    manifest = manifests.load(manifests.find())
    make, file = (
        (kind_mutants.mutants, equivalent_mutants.KINDS)
        if arguments.kinds
        else (mutation.mutants, equivalent_mutants.FILE)
    )
    listed = equivalent_mutants.load(manifest, file)
    entries = bank.select(manifest, make(manifest), tuple(arguments.only))
    with Bar() as bar:
        trials = matrix.try_all(
            manifest, entries, seed=arguments.seed, workers=arguments.workers, progress=bar.advance
        )
    found = equivalent_mutants.MutationReport(manifest, trials, listed)
    found.show(Console(highlight=False))
    return DONE if found.holds else NOT_PASSED


def diagnosis(arguments: argparse.Namespace) -> int:
    """`autograder diagnosis`."""
    from rich.console import Console

    from autograder.misconceptions import bank
    from autograder.proving import diagnosis_accuracy, diagnosis_accuracy_of_pairs

    manifest = manifests.load(manifests.find())
    entries = list(bank.load(manifest).values())
    chosen = bank.select(manifest, entries, tuple(arguments.only))
    with Bar() as bar:
        verdicts, redrawn = diagnosis_accuracy.measure(
            manifest,
            entries,
            chosen,
            seed=arguments.seed,
            workers=arguments.workers,
            progress=bar.advance,
        )
    two = diagnosis_accuracy_of_pairs.choose(manifest, chosen, arguments.pairs, arguments.seed)
    with Bar() as bar:
        both = diagnosis_accuracy_of_pairs.measure_pairs(
            manifest, two, seed=arguments.seed, workers=arguments.workers, progress=bar.advance
        )
    holds = diagnosis_accuracy.show(Console(highlight=False), verdicts, redrawn, both)
    return DONE if holds else NOT_PASSED
