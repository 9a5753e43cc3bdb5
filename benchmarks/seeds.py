"""Grades the reference on many seeds: each grade must have full marks.

    python -m benchmarks.seeds [--count 20] [--first 100] [--workers 2] [--no-smoke]

Prints the score of each seed and the tests that did not pass, writes benchmarks/results/seeds.json, and exits with 1
unless all seeds have full marks. It also prints the lowest and the highest value that each training run measured. They
show how far the reference is from the thresholds.
"""

import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any

from autograder.assignment.manifest import load
from autograder.assignment.settings import choose
from autograder.grading.grade import grade
from autograder.submission import staged
from benchmarks import commands, result_files

ROOT = Path(__file__).parents[1]


def one(job: tuple[int, bool]) -> dict[str, Any]:
    """The score of one seed, the tests that failed, and what the training runs measured, if they run."""
    seed, smoke = job
    manifest = load(ROOT / "assignment.toml")
    suites = tuple(suite.name for suite in manifest.suites if smoke or not suite.training)
    started = time.monotonic()
    record = grade(
        choose(manifest, suites=suites, seed=seed), staged.read(ROOT / manifest.staff.reference, manifest)
    )
    failed = [f"{test['id']}: {test['rationale']}" for test in record["tests"] if test["outcome"] != "PASSED"]
    measured = {row["run"]: row["measured"] for row in record["training"]}
    full = record["score"] == record["max_score"] and not failed and not record["faults"]
    return {
        "seed": seed,
        "score": record["score"],
        "max_score": record["max_score"],
        "full": full,
        "failed": failed + record["faults"],
        "measured": measured,
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> int:
    parser = commands.parser(__doc__)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--first", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-smoke", action="store_true", help="leave training runs out")
    arguments = parser.parse_args()
    jobs = [
        (seed, not arguments.no_smoke) for seed in range(arguments.first, arguments.first + arguments.count)
    ]
    rows = []
    with multiprocessing.get_context("spawn").Pool(arguments.workers) as pool:
        for row in pool.imap_unordered(one, jobs):
            rows.append(row)
            print(
                f"seed {row['seed']}: {row['score']:g} of {row['max_score']:g} in {row['seconds']} s",
                flush=True,
            )
            print(*(f"  {failure}" for failure in row["failed"]), sep="\n", end="\n" if row["failed"] else "")
    rows.sort(key=lambda row: row["seed"])
    figures: dict[str, list[float]] = {}
    for row in rows:
        for run, measured in row["measured"].items():
            for name, value in measured.items():
                figures.setdefault(f"{run} {name}", []).append(value)
    for name, values in figures.items():
        print(f"{name}: {min(values):.4g} to {max(values):.4g}")
    result_files.write("seeds", rows)
    full = sum(row["full"] for row in rows)
    print(f"full marks on {full} of {len(rows)} seeds")
    return 0 if full == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
