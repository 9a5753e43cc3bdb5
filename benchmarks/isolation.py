"""The cost of isolation, as ratios and differences within one run: `python -m benchmarks.isolation [--rounds 3]`.

Three targets. Isolation adds at most 50 ms to a test (median, warm, one test at a time). With two tests at a time, the
unit suite takes at most 2.5 times as long as in one process. A full isolated grade, measured from the start of the
process, takes at most 2.5 times the sum of a bare import of its libraries and the tests' own seconds.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder.assignment.manifest import load
from autograder.assignment.settings import choose
from autograder.grading.grader import Grader
from benchmarks import commands
from solutions.given import json_rows

ROOT = Path(__file__).parents[1]
UNIT = ("public", "hidden")
BARE = "import torch, numpy, scipy.special, pytest, hypothesis, jsonschema, rich, transformers"


def unit_suite(rounds: int) -> dict[str, Any]:
    """Times the unit suite in one process, isolated, and isolated with two tests at a time, in turns."""
    manifest = load(ROOT / "assignment.toml")
    seconds: dict[str, list[float]] = {"in process": [], "isolated": [], "two at a time": []}
    added: list[float] = []
    with Grader(manifest, isolated=False) as trusting, Grader(manifest) as grader:
        grader.rehearse()
        for _ in range(rounds):
            tests = {}
            for name, by, workers in (
                ("in process", trusting, 1),
                ("isolated", grader, 1),
                ("two at a time", grader, 2),
            ):
                started = time.perf_counter()
                record = by.grade(ROOT / "solutions", choose(manifest, suites=UNIT, workers=workers))
                seconds[name].append(time.perf_counter() - started)
                assert record["score"] == record["max_score"], name
                tests[name] = {test["id"]: test["seconds"] for test in record["tests"]}
            added += [tests["isolated"][name] - own for name, own in tests["in process"].items()]
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "seconds": {name: [round(value, 2) for value in values] for name, values in seconds.items()},
        "added_ms": round(1000 * statistics.median(added), 1),
        "two_at_a_time": round(medians["two at a time"] / medians["in process"], 2),
        "one_at_a_time": round(medians["isolated"] / medians["in process"], 2),
    }


def whole_grade(rounds: int) -> dict[str, Any]:
    """Compares the time of the whole command with a bare import plus the tests' time in one process."""
    grade = [*commands.AUTOGRADER, "grade", "solutions", "--device", "cpu"]
    ratios, rows = [], []
    for _ in range(rounds):
        bare = commands.seconds([sys.executable, "-c", BARE])
        with tempfile.TemporaryDirectory() as out:
            commands.seconds([*grade, "--isolation", "none", "--out", out])
            record = json.loads((Path(out) / "submission_log.json").read_text())
        own = sum(test["seconds"] for test in record["tests"])
        with tempfile.TemporaryDirectory() as out:
            whole = commands.seconds([*grade, "--out", out])
        ratios.append(whole / (bare + own))
        rows.append({"bare_import": round(bare, 2), "tests": round(own, 2), "isolated": round(whole, 2)})
    return {"ratio": round(statistics.median(ratios), 2), "rounds": rows}


def measure(rounds: int) -> dict[str, Any]:
    """Measures all three numbers and prints them beside their targets."""
    unit, whole = unit_suite(rounds), whole_grade(max(1, rounds // 2))
    print(f"{'isolation adds to a test, median, in ms':48}{unit['added_ms']:8.1f}{50.0:8.1f}")
    print(f"{'two at a time / the same in one process':48}{unit['two_at_a_time']:8.2f}{2.5:8.1f}")
    print(f"{'full grade / (bare import + own seconds)':48}{whole['ratio']:8.2f}{2.5:8.1f}")
    return {"unit_suite": unit, "whole_grade": whole}


def main() -> None:
    parser = commands.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(json_rows.dumps(measure(arguments.rounds)), end="")


if __name__ == "__main__":
    main()
