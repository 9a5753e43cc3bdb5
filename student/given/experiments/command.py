"""`make train`: the command line of the experiments.

Exit codes: 0 if every experiment was trained, 1 if one was not trained, 2 for a wrong call.
"""

import argparse
import ast
import multiprocessing
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from .artifact import RUNS
from .run import EXPERIMENTS, Results, train


def main() -> int:
    """Trains the requested experiments, several at a time."""
    arguments = _arguments()
    questions = arguments.question or list(EXPERIMENTS)
    started = time.monotonic()
    options = {
        "preset": arguments.preset,
        "seed": arguments.seed,
        "device": arguments.device,
        "restart": arguments.restart,
        **dict(arguments.set),
    }
    jobs = [(question, row, arguments.threads, options) for row, question in enumerate(questions)]
    workers = min(len(jobs), arguments.workers)
    if workers > 1:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            done = list(pool.map(_train, jobs))
    else:
        done = [_train(job) for job in jobs]
    print(f"{sum(done)} of {len(done)} trained in {time.monotonic() - started:.0f} s; plots and logs: {RUNS}")
    return 0 if all(done) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make train", description="Trains the networks of the homework.")
    parser.add_argument("question", nargs="*", help=f"one or more of {', '.join(EXPERIMENTS)} (default all)")
    parser.add_argument("--preset", default="quick", help="quick, full or paper (default quick)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random (default 0)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--restart", action="store_true", help="do not continue an interrupted run")
    parser.add_argument("--workers", type=int, default=2, help="experiments at a time (default 2)")
    parser.add_argument("--threads", type=int, default=1, help="torch threads of each one (default 1)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="NAME=VALUE",
        help="changes a setting of the preset, e.g. width=16; repeatable",
    )
    arguments = parser.parse_args()
    unknown = [question for question in arguments.question if question not in EXPERIMENTS]
    if unknown:
        parser.error(f"{', '.join(unknown)}: no such experiment; there are {', '.join(EXPERIMENTS)}")
    return arguments


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=VALUE")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


def _train(job: tuple[str, int, int, dict[str, Any]]) -> bool:
    """Trains one experiment and prints its results, or the reason why it was not trained."""
    import torch

    question, row, threads, options = job
    torch.set_num_threads(threads)
    started = time.monotonic()
    print(f"{question}: training, preset {options['preset']}", flush=True)
    try:
        results = train(question, shown=sys.stderr.isatty(), row=row, **options)
    except NotImplementedError as error:
        print(f"{question}: not trained: {error} is not filled in yet", flush=True)
        return False
    except FileNotFoundError as error:  # real data or a pretrained model; the message says how to get them
        print(f"{question}: not trained: {error}", flush=True)
        return False
    except ValueError as error:
        print(f"{question}: not trained: {error}", flush=True)
        traceback.print_exc()
        return False
    except Exception:  # the student's code can raise any error; the other experiments continue
        print(f"{question}: not trained, because of this error:\n{traceback.format_exc()}", flush=True)
        return False
    print(f"{question}: trained in {time.monotonic() - started:.0f} s\n{_told(results)}", flush=True)
    return True


def _told(results: Results) -> str:
    found = results.measured
    lines = [
        f"  {name:28} {value:.4g}" + (f" +- {found.errors[name]:.2g}" if name in found.errors else "")
        for name, value in found.metrics.items()
    ]
    lines += [f"  answers.toml: {key} = {value}" for key, value in results.answers.items()]
    size = results.artifact.stat().st_size / 1000
    return "\n".join([*lines, f"  weights: {results.artifact} ({size:.0f} kB, half precision)"])
