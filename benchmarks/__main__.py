"""`make bench`: all measurements of speed, as ratios within one run.

The commands take turns in each round, each in a fresh process. Each median is divided by the median of a bare
`import torch`. A slow or busy machine slows the numerator and the denominator by the same factor.
"""

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import commands, diagnosis, isolation, otter, speed
from solutions.given import json_rows

BASE = "import torch"
SOLUTIONS = ["test", "--package", "solutions"]
COMMANDS = {
    BASE: ([sys.executable, "-c", "import torch"], None),
    "public tests of one question (q1d)": ([*commands.AUTOGRADER, *SOLUTIONS, "-q", "q1d"], 2.0),
    "public tests of question 4 (q4a, q4b, q4c)": ([*commands.AUTOGRADER, *SOLUTIONS, "-q", "q4"], 2.0),
    "whole public suite on solutions/": ([*commands.AUTOGRADER, *SOLUTIONS], 6.0),
    "untouched stubs, whole public suite": ([*commands.AUTOGRADER, "test", "--package", "student"], None),
    "full grade without smoke runs": (
        [*commands.AUTOGRADER, "grade", "solutions", "--device", "cpu", "--no-smoke"],
        None,
    ),
    "full grade with smoke runs": ([*commands.AUTOGRADER, "grade", "solutions", "--device", "cpu"], None),
}


def seconds(command: list[str]) -> float:
    """Wall time of a command in a fresh process; the output of a grade goes to a folder that is deleted afterwards."""
    with tempfile.TemporaryDirectory() as out:
        to = ["--out", out] if "grade" in command else []
        return commands.seconds([*command, *to], allowed=(0, 1))


def main() -> None:
    parser = commands.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-grades", action="store_true", help="leave out the rows that run a full grade")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    arguments = parser.parse_args()
    timed = {n: c for n, c in COMMANDS.items() if not (arguments.no_grades and "grade" in c[0])}
    times: dict[str, list[float]] = {name: [] for name in timed}
    for number in range(arguments.rounds):
        for name, (command, _) in timed.items():
            print(
                f"round {number + 1} of {arguments.rounds}: {name}".ljust(78),
                end="\r",
                file=sys.stderr,
                flush=True,
            )
            times[name].append(seconds(command))
    base = statistics.median(times[BASE])
    print(f"{'':48}{'ratio':>8}{'target':>8}{'median s':>10}{'least':>8}{'most':>8}".ljust(90))
    rows: dict[str, object] = {}
    for name, (_, target) in timed.items():
        median = statistics.median(times[name])
        rows[name] = {
            "ratio": round(median / base, 2),
            "target": target,
            "seconds": [round(t, 2) for t in times[name]],
        }
        limit = f"{target:.1f}" if target else "-"
        print(
            f"{name:48}{median / base:8.2f}{limit:>8}{median:10.2f}{min(times[name]):8.2f}{max(times[name]):8.2f}"
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
