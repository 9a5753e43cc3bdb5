"""`make bench`: every figure of speed, as ratios in one run.

Rounds of all commands are interleaved, each in a fresh process, and the medians are divided by that of a bare
`import torch`, so that a slow or busy machine slows numerator and denominator alike.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import diagnosis, isolation, otter, speed
from solutions.given import json_rows

ROOT = Path(__file__).parents[1]
BASE = "import torch"
AUTOGRADER = [sys.executable, "-m", "autograder"]
SOLUTIONS = ["test", "--package", "solutions"]
COMMANDS = {
    BASE: ([sys.executable, "-c", "import torch"], None),
    "public tests of one question (q1d)": ([*AUTOGRADER, *SOLUTIONS, "-q", "q1d"], 2.0),
    "public tests of question 4 (q4a, q4b, q4c)": ([*AUTOGRADER, *SOLUTIONS, "-q", "q4"], 2.0),
    "whole public suite on solutions/": ([*AUTOGRADER, *SOLUTIONS], 6.0),
    "untouched stubs, whole public suite": ([*AUTOGRADER, "test", "--package", "student"], None),
    "full grade without smoke runs": (
        [*AUTOGRADER, "grade", "solutions", "--device", "cpu", "--no-smoke"],
        None,
    ),
    "full grade with smoke runs": ([*AUTOGRADER, "grade", "solutions", "--device", "cpu"], None),
}


def seconds(command: list[str]) -> float:
    """Wall time of a command in a fresh process."""
    with tempfile.TemporaryDirectory() as out:
        if "grade" in command:
            command = [*command, "--out", out]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed, as ratios to a bare `import torch`.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-grades", action="store_true", help="leave out the rows that grade")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    arguments = parser.parse_args()
    commands = {n: c for n, c in COMMANDS.items() if not (arguments.no_grades and "grade" in c[0])}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(arguments.rounds):
        for name, (command, _) in commands.items():
            print(
                f"round {number + 1} of {arguments.rounds}: {name}".ljust(78),
                end="\r",
                file=sys.stderr,
                flush=True,
            )
            times[name].append(seconds(command))
    base = statistics.median(times[BASE])
    print(f"{'':48}{'ratio':>8}{'end':>8}{'median s':>10}{'least':>8}{'most':>8}".ljust(90))
    rows: dict[str, object] = {}
    for name, (_, end) in commands.items():
        median = statistics.median(times[name])
        rows[name] = {
            "ratio": round(median / base, 2),
            "end": end,
            "seconds": [round(t, 2) for t in times[name]],
        }
        due = f"{end:.1f}" if end else "-"
        print(
            f"{name:48}{median / base:8.2f}{due:>8}{median:10.2f}{min(times[name]):8.2f}{max(times[name]):8.2f}"
        )
    if not arguments.no_grades:
        rows["isolation"] = isolation.measure(arguments.rounds)
        rows["diagnosis"] = diagnosis.measure(arguments.rounds, workers=1, smoke=True)
        rows["otter"] = otter.measure(max(3, arguments.rounds // 2))
    fast = speed.measure(3 * arguments.rounds)
    rows["speed"] = speed.record(fast)
    if arguments.json:
        arguments.json.write_text(json_rows.dumps(rows), encoding="utf-8")
    if not all(row.holds for row in fast):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
