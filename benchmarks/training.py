"""What `make train PRESET=quick` reaches with the reference, seed by seed, and how long it takes.

    python -m benchmarks.training [--seeds 5] [--workers 2] [q1 q2 q3 q4]

Prints each metric over the seeds, writes benchmarks/results/training.json, and exits with 1 if a seed misses a target.
The weights are measured in half precision, as students submit them: on the validation data of the claimed metrics, and
on fresh data, as the grader draws it.
"""

import multiprocessing
import statistics
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import commands, result_files

FRESH = 1_000_003  # added to the seed, for data that no seed of training draws
# What every seed must reach: (question, metric, at least or at most, bound).
TARGETS = (
    ("q1", "bits_per_pixel", "most", 0.46),
    ("q1", "agreement", "least", 0.70),
    ("q2", "agreement", "least", 0.70),
    ("q3", "mac_ratio", "least", 1.8),
    ("q4", "utility_gain", "least", 0.8),
    ("q4", "rouge_gain", "least", 0.12),
)


def one(job: tuple[str, int]) -> dict[str, Any]:
    import torch

    from solutions.given.experiments import artifact
    from solutions.given.training.loop import QUIET

    question, seed = job
    torch.set_num_threads(1)
    experiment = import_module(f"solutions.given.experiments.{question}")
    settings = experiment.PRESETS["quick"]
    started, cpu = time.monotonic(), time.process_time()
    trained = experiment.train(settings, seed, "cpu", QUIET)
    trained_in = time.process_time() - cpu
    with TemporaryDirectory() as folder:
        weights = artifact.save(experiment.ARTIFACT, trained.weights, Path(folder))
        size = (Path(folder) / f"{experiment.ARTIFACT}.safetensors").stat().st_size
    cpu = time.process_time()
    claimed = experiment.measure(weights, asdict(settings)).metrics
    measured_in = time.process_time() - cpu
    fresh = experiment.measure(weights, asdict(settings), FRESH + seed).metrics
    return {
        "question": question,
        "seed": seed,
        "cpu_seconds": round(trained_in, 1),
        "cpu_seconds_to_measure": round(measured_in, 1),
        "seconds": round(time.monotonic() - started, 1),
        "bytes": size,
        "metrics": claimed,
        "fresh": fresh,
    }


def main() -> int:
    parser = commands.parser(__doc__)
    parser.add_argument("question", nargs="*", default=["q1", "q2", "q3", "q4"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    jobs = [(question, seed) for seed in range(arguments.seeds) for question in arguments.question]
    rows = []
    with multiprocessing.get_context("spawn").Pool(arguments.workers) as pool:
        for row in pool.imap_unordered(one, jobs):
            rows.append(row)
            print(f"{row['question']} seed {row['seed']}: {row['cpu_seconds']} CPU s", flush=True)
    rows.sort(key=lambda row: (row["question"], row["seed"]))
    for question in arguments.question:
        mine = [row for row in rows if row["question"] == question]
        for name in mine[0]["metrics"]:
            for where in ("metrics", "fresh"):
                values = [row[where][name] for row in mine]
                print(
                    f"{question} {name:24} {where:8} least {min(values):.4g}  mean {statistics.fmean(values):.4g}"
                    f"  most {max(values):.4g}"
                )
    missed = [
        f"{question} seed {row['seed']}: {name} is {row['metrics'][name]:.4g}, expected at {which} {bound}"
        for question, name, which, bound in TARGETS
        for row in rows
        if row["question"] == question
        and (row["metrics"][name] < bound if which == "least" else row["metrics"][name] > bound)
    ]
    result_files.write("training", rows)
    print(*missed or ["every seed reaches every target"], sep="\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
