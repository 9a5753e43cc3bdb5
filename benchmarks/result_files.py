"""The result files: `benchmarks/results/NAME.json`, with one row per line."""

from pathlib import Path
from typing import Any

from solutions.given import json_rows

FOLDER = Path(__file__).with_name("results")


def write(name: str, results: Any) -> None:
    """Writes the results of a benchmark, and prints the path of the file."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json_rows.dumps(results), encoding="utf-8")
    print(f"written: benchmarks/results/{name}.json")
