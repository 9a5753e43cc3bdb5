"""How far apart right and wrong solutions are in a smoke run; its threshold is set from this spread.

    python -m benchmarks.smoke_spread [coin_flip|gaussian|early_exit|rlhf] [--seeds 5]

Trains the right solution and every wrong one of a subject with the budget of its smoke run, once for each seed,
measures the weights, prints a table and writes benchmarks/results/smoke_<subject>.json. The default is all subjects.

Each subject is a module benchmarks/broken/<subject>.py with exactly these names:

    BUDGET: dict[str, Any]                     what hw.budget("runs.<subject>") gives; keyword arguments of train
    BROKEN: dict[str, Callable[[], ContextManager[object]]]
                                               at least three; while the context is open, `solutions` is wrong, e.g.
                                               lambda: mock.patch.object(binary, "posterior", wrong_posterior)
    train(seed: int) -> weights                the given training loop with BUDGET; returns the input of `measure`
    measure(weights, seed: int) -> dict[str, float]
                                               what the smoke test measures, on data drawn from `seed`

Training runs inside the context and measurement outside it, so that the right solution always measures. A wrong variant
that raises an exception counts as detected, and the exception's name is recorded. One torch thread is used.
"""

import contextlib
import importlib
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks import commands, result_files

SUBJECTS = ("coin_flip", "gaussian", "early_exit", "rlhf")
RIGHT = "right"

Run = dict[
    str, Any
]  # {"seed": 0, "cpu_seconds": 2.5, "metrics": {...}} or {"seed": 0, "raised": "ValueError"}


def one_run(subject: Any, variant: Callable[[], contextlib.AbstractContextManager[object]], seed: int) -> Run:
    """Train one variant once and measure it."""
    start = time.process_time()
    try:
        with variant():
            weights = subject.train(seed)
    except Exception as error:  # a wrong variant may fail in any way; the record says how
        return {"seed": seed, "raised": type(error).__name__}
    seconds = time.process_time() - start
    metrics = {name: float(value) for name, value in subject.measure(weights, seed).items()}
    return {"seed": seed, "cpu_seconds": round(seconds, 2), "metrics": metrics}


def summarise(runs: list[Run]) -> dict[str, dict[str, float]]:
    """The lowest, mean and highest value of each metric over the seeds, and the standard deviation."""
    measured = [run["metrics"] for run in runs if "metrics" in run]
    summary = {}
    for name in measured[0] if measured else []:
        values = [metrics[name] for metrics in measured]
        deviation = statistics.stdev(values) if len(values) > 1 else 0.0
        summary[name] = {
            "min": min(values),
            "mean": statistics.fmean(values),
            "max": max(values),
            "std": deviation,
        }
    return summary


def print_rows(name: str, runs: list[Run]) -> None:
    """One line per metric, or one line for a variant that raised with every seed."""
    raised = sorted({run["raised"] for run in runs if "raised" in run})
    seconds = [run["cpu_seconds"] for run in runs if "cpu_seconds" in run]
    for metric, spread in summarise(runs).items():
        figures = "  ".join(f"{key} {value:9.4f}" for key, value in spread.items())
        print(f"{name:<28} {metric:<20} {figures}  cpu {max(seconds):6.2f} s  {' '.join(raised)}", flush=True)
    if not seconds:
        print(f"{name:<28} raised {' '.join(raised)}", flush=True)


def spread_of(name: str, seeds: int) -> None:
    """Run, print and write one subject."""
    subject = importlib.import_module(f"benchmarks.broken.{name}")
    variants = {RIGHT: contextlib.nullcontext, **subject.BROKEN}
    runs = {}
    print(f"== {name}: budget {subject.BUDGET}, {seeds} seeds", flush=True)
    for label, variant in variants.items():
        runs[label] = [one_run(subject, variant, seed) for seed in range(seeds)]
        print_rows(label, runs[label])
    record = {
        "subject": name,
        "budget": subject.BUDGET,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "spread": {label: summarise(of_label) for label, of_label in runs.items()},
        "runs": runs,
    }
    result_files.write(f"smoke_{name}", record)


def main() -> None:
    """Read the command line and run the requested subjects."""
    parser = commands.parser(__doc__)
    parser.add_argument("subject", nargs="*", choices=[*SUBJECTS, []], help="default: all four")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name in arguments.subject or SUBJECTS:
        spread_of(name, arguments.seeds)


if __name__ == "__main__":
    main()
