"""Grades the same submissions under load, quotas and stops: does the record depend on the machine?

    python -m benchmarks.steady [--submission NAME] [--condition NAME] [--seeds N] [--only Q] [--no-smoke] [--out DIR]

Seven submissions for each seed, see `steady_submissions`; the conditions are in `steady_conditions`. Each record is
compared with that of the same submission in the condition "alone". A test may be HARNESS in an incomplete record: it
"said so". Any other difference is a false outcome. Exits with 1 if there is one, or if a condition was not reached.

With --out the records stay in DIR, and the same command continues there: a grade that has ended is not made again.
All of it takes many hours; `--only q1d --no-smoke` shows in minutes that it works. Quotas need root.
"""

import argparse
import json
import shutil
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograder import atomic
from autograder.assignment.manifest import Manifest, load
from autograder.record.build import NAME
from benchmarks import commands, process_tree
from benchmarks.record_comparison import Verdict, compare, read
from benchmarks.steady_conditions import ALONE, CONDITIONS, NotMadeError, run
from benchmarks.steady_submissions import SUBMISSIONS, make

ENDED = "ended.json"  # beside a record: the grade has ended, with which code and after how many seconds


@dataclass(frozen=True)
class Grade:
    """What one grade left."""

    record: dict[str, Any] | None
    code: int
    seconds: float
    problem: str = ""  # why the condition was not reached


def main() -> int:
    parser = commands.parser(__doc__)
    parser.add_argument("--submission", action="append", choices=SUBMISSIONS, help="repeatable")
    parser.add_argument("--condition", action="append", choices=CONDITIONS, help="repeatable")
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds (default 1)")
    parser.add_argument("-q", "--only", action="append", default=[], metavar="Q", help="a question or task")
    parser.add_argument("--no-smoke", action="store_true", help="leave training runs out")
    parser.add_argument(
        "--out", type=Path, help="folder where records stay, and from which the command continues"
    )
    arguments = parser.parse_args()
    process_tree.adopt_orphans()
    with TemporaryDirectory() as temporary:
        return measure(arguments, (arguments.out or Path(temporary)).absolute())


def measure(arguments: argparse.Namespace, out: Path) -> int:
    """Makes every grade, prints a line for each and the table; returns the exit code."""
    bench = Bench(load(commands.ROOT / "assignment.toml"), tuple(arguments.only), not arguments.no_smoke, out)
    bench.keep_options()
    rows: dict[tuple[str, str], list[tuple[Grade, Verdict]]] = {}
    for seed in range(arguments.seeds):
        for submission in arguments.submission or SUBMISSIONS:
            alone = bench.grade(submission, seed, ALONE)
            if alone.record is None or alone.code or not alone.record["complete"] or alone.record["faults"]:
                raise SystemExit(f"{submission}, seed {seed}: the grade alone already fails; {alone.problem}")
            for name in arguments.condition or CONDITIONS:
                if name == ALONE:
                    continue
                graded = bench.grade(submission, seed, name, middle=alone.seconds / 2)
                verdict = compare(alone.record, graded.record, graded.code)
                verdict = Verdict(graded.problem) if graded.problem else verdict
                rows.setdefault((name, submission), []).append((graded, verdict))
                print(f"{name}, {submission}, seed {seed}: {verdict}, {graded.seconds:.1f} s", flush=True)
    _show(rows)
    return 1 if any(verdict.false for row in rows.values() for _, verdict in row) else 0


@dataclass(frozen=True)
class Bench:
    """Grades with one set of options, and the folder where their records are kept."""

    manifest: Manifest
    only: tuple[str, ...]
    smoke: bool
    out: Path

    def keep_options(self) -> None:
        """Makes sure that the folder holds grades with these options only: others would not be comparable."""
        self.out.mkdir(parents=True, exist_ok=True)
        kept = self.out / "options.json"
        text = json.dumps({"only": self.only, "smoke": self.smoke}) + "\n"
        if kept.exists() and kept.read_text() != text:
            raise SystemExit(f"{self.out} holds grades with {kept.read_text().strip()}; give another folder")
        atomic.write_text(kept, text)

    def grade(self, submission: str, seed: int, name: str, middle: float = 0.0) -> Grade:
        """One grade, made or read from the folder; `middle` is the time of its stop, in seconds."""
        place = self.out / submission / str(seed) / name
        ended = place / ENDED
        if not ended.exists():
            place.mkdir(parents=True, exist_ok=True)
            (place / NAME).unlink(missing_ok=True)
            command = [*commands.AUTOGRADER, "grade", str(self._made(submission, seed)), "--out", str(place)]
            command += ["--seed", str(seed), "--device", "cpu", *([] if self.smoke else ["--no-smoke"])]
            command += [word for task in self.only for word in ("--only", task)]
            now = time.strftime("%H:%M:%S")
            print(f"{now} {name}, {submission}, seed {seed} ...", file=sys.stderr, flush=True)
            try:
                code, seconds = run(command, CONDITIONS[name], middle, place / "printed.txt")
            except NotMadeError as error:  # not kept: the next call makes it again
                return Grade(None, 0, 0.0, str(error))
            atomic.write_text(ended, json.dumps({"code": code, "seconds": round(seconds, 1)}) + "\n")
        return Grade(read(place / NAME), **json.loads(ended.read_text()))

    def _made(self, submission: str, seed: int) -> Path:
        """The package of a submission, made where it is not there yet."""
        folder = self.out / submission / str(seed) / "submission"
        if not folder.exists():
            part = folder.with_name("part")  # what an interruption leaves is not taken for a submission
            shutil.rmtree(part, ignore_errors=True)
            make(submission, seed, self.manifest, self.only, part)
            part.rename(folder)
        return folder / self.manifest.package


def _show(rows: dict[tuple[str, str], list[tuple[Grade, Verdict]]]) -> None:
    print(
        f"\n{'condition':14}{'submission':14}{'grades':>7}{'equal':>7}{'said so':>9}{'FALSE':>7}{'seconds':>9}"
    )
    for (condition, submission), row in rows.items():
        false = [verdict for _, verdict in row if verdict.false]
        told = [verdict for _, verdict in row if verdict.told and not verdict.false]
        said = f"{len(told)} ({sum(verdict.said for verdict in told)})"
        seconds = statistics.median(graded.seconds for graded, _ in row)
        equal = len(row) - len(false) - len(told)
        print(
            f"{condition:14}{submission:14}{len(row):7}{equal:7}{said:>9}{len(false):7}{seconds:9.1f}"
            + (f"  {false[0].false}" if false else "")
        )
    print("said so: grades, and in brackets the tests that they say they could not run")


if __name__ == "__main__":
    sys.exit(main())
