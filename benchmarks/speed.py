"""Speed of the samplers, of inference with early exit and of the losses of PPO, as ratios within one run.

    python -m benchmarks.speed [--rounds 15] [SUBJECT ...]

Prints every ratio beside its target, writes benchmarks/results/speed.json, and exits with 1 if a target is missed.
"""

import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from benchmarks import commands, result_files, speed_early_exit, speed_ppo, speed_samplers
from benchmarks.turns import Row, quiet

SUBJECTS = {
    "samplers": speed_samplers.measure,
    "early_exit": speed_early_exit.measure,
    "ppo": speed_ppo.measure,
}


def measure(rounds: int, subjects: Sequence[str] = tuple(SUBJECTS)) -> list[Row]:
    """Measures all rows of the subjects and prints them beside their targets."""
    print(f"{'':58}{'ratio':>8}{'target':>11}{'':>8}{'quartiles':>16}{'wall':>8}")
    rows = []
    with quiet():
        for subject in subjects:
            for row in SUBJECTS[subject](rounds):
                print(_line(row), flush=True)
                rows.append(row)
    return rows


def record(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows for JSON, rounded to four decimals."""
    return [_rounded({**asdict(row), "holds": row.holds}) for row in rows]


def main(argv: Sequence[str] | None = None) -> int:
    parser = commands.parser(__doc__)
    parser.add_argument("subject", nargs="*", choices=[*SUBJECTS, []], help="default: all three")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args(argv)
    rows = measure(arguments.rounds, arguments.subject or tuple(SUBJECTS))
    about = {"torch": torch.__version__, "machine": platform.machine(), "rounds": arguments.rounds}
    result_files.write("speed", {**about, "rows": record(rows)})
    return 0 if all(row.holds for row in rows) else 1


def _line(row: Row) -> str:
    target = "-" if row.target is None else f"{'>=' if row.at_least else '<='} {row.target:.2f}"
    verdict = "" if row.target is None else "holds" if row.holds else "MISSED"
    spread = f"{row.quartiles[0]:.3f}..{row.quartiles[1]:.3f}"
    wall = "" if row.wall is None else f"{row.wall:.3f}"
    return f"{row.name:58}{row.ratio:8.3f}{target:>11}{verdict:>8}{spread:>16}{wall:>8}"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
