"""What the diagnosis costs: the same submissions graded with and without it, in one run.

`python -m benchmarks.diagnosis`. Targets: the diagnosis makes the grading of a failing submission at most 1.2 times as
long, and does not make the grading of a passing one longer.
"""

import random
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.assignment import manifest as manifests
from autograder.assignment.settings import choose
from autograder.grading.grader import Grader
from autograder.misconceptions import bank
from autograder.misconceptions.splice import make
from benchmarks import commands, result_files

ROOT = Path(__file__).parents[1]
MISTAKES = (0, 1, 5, 15)  # number of wrong tasks, of 58


def main(argv: Sequence[str] | None = None) -> None:
    parser = commands.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="include training runs, as in a full grade")
    arguments = parser.parse_args(argv)
    rows = measure(arguments.rounds, arguments.workers, smoke=arguments.smoke)
    about = {"rounds": arguments.rounds, "smoke": arguments.smoke}
    result_files.write("diagnosis", {**about, "rows": rows})


def measure(rounds: int, workers: int, *, smoke: bool) -> list[dict[str, float]]:
    """Medians over rounds, with and without the diagnosis in turns; prints them."""
    manifest = manifests.load(ROOT / manifests.MANIFEST_NAME)
    suites = tuple(suite.name for suite in manifest.suites if smoke or not suite.training)
    settings = choose(manifest, suites=suites, workers=workers)
    entries: dict[str, list[bank.Entry]] = {}
    for entry in bank.load(manifest).values():
        if entry.is_wrong:
            entries.setdefault(entry.task, []).append(entry)
    draw = random.Random("what a diagnosis costs")
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        graders = {
            name: stack.enter_context(Grader(manifest, examine=examine))
            for name, examine in (("without", False), ("with", True))
        }
        for number in MISTAKES:
            chosen = [draw.choice(entries[task]) for task in draw.sample(sorted(entries), number)]
            package = make(manifest, chosen, folder / str(number) / manifest.package)
            seconds: dict[str, list[float]] = {name: [] for name in graders}
            for _ in range(rounds):
                for name, grader in graders.items():
                    started = time.monotonic()
                    grader.grade(package, settings)
                    seconds[name].append(time.monotonic() - started)
            medians = {name: statistics.median(values) for name, values in seconds.items()}
            ratio = medians["with"] / medians["without"]
            print(
                f"{number:3} mistakes: {medians['without']:6.2f} s without, {medians['with']:6.2f} s with diagnosis, "
                f"ratio {ratio:.2f}"
            )
            rows.append({"mistakes": number, **medians, "ratio": ratio})
    return rows


if __name__ == "__main__":
    main()
