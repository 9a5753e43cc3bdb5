"""How good the diagnosis is where two tasks are wrong and one calls the other: is each mistake told from the other?

A submission gets two entries of the bank, and is graded for their two tasks. Of the task that is called, the mistake
has to be named; of the one that calls it, it has to be said what to mend first.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.diagnosis.examiner import Examiner
from autograder.grading.grade import Request, grade
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.splice import make


@dataclass(frozen=True)
class PairVerdict:
    """What was said of two mistakes, the one in the task that is called first.

    Attributes:
        called: the entry of the task that is called.
        calling: the entry of the task that calls it.
        named: whether the first was called by its name.
        both_named: whether the second was as well.
        order_stated: whether it was said that the first is to be mended first, where the second calls it at all.
    """

    called: Entry
    calling: Entry
    named: bool
    both_named: bool
    order_stated: bool


def choose(manifest: Manifest, bank: Sequence[Entry], number: int, seed: int) -> list[tuple[Entry, Entry]]:
    """Pairs of wrong entries, evenly over all needs of the manifest."""
    wrong: dict[str, list[Entry]] = {}
    for entry in bank:
        if entry.is_wrong:
            wrong.setdefault(entry.task, []).append(entry)
    needs = [(need, task.id) for task in manifest.tasks.values() for need in task.needs]
    edges = [(need, task) for need, task in needs if need in wrong and task in wrong]
    draw = random.Random(f"pairs {seed}")
    pairs = ((draw.choice(wrong[a]), draw.choice(wrong[b])) for _ in count() for a, b in edges)
    return list(islice(pairs, number)) if edges else []


def measure_pairs(
    manifest: Manifest,
    pairs: Sequence[tuple[Entry, Entry]],
    *,
    seed: int,
    workers: int,
    progress: Callable[[object, int, int], None] = lambda *_: None,
) -> list[PairVerdict]:
    """Grades a submission for each pair, in processes of their own."""
    verdicts = []
    with ProcessPoolExecutor(workers, get_context("fork"), max_tasks_per_child=None) as pool:
        for verdict in pool.map(_judge, [manifest] * len(pairs), pairs, [seed] * len(pairs)):
            verdicts.append(verdict)
            progress(None, len(verdicts), len(pairs))
    return verdicts


def _judge(manifest: Manifest, pair: tuple[Entry, Entry], seed: int) -> PairVerdict:
    called, calling = pair
    suites = tuple(suite.name for suite in manifest.suites if not suite.training)
    with tempfile.TemporaryDirectory(prefix="pair-") as folder:
        package = make(manifest, pair, Path(folder) / manifest.package)
        only = (called.task, calling.task)
        request = Request(manifest, package, suites, only, seed, examine=Examiner(manifest).examine)
        record = grade(request)
    feedback = {task["id"]: task.get("feedback", {}) for task in record["tasks"]}
    first, second = (feedback[entry.task].get("misconception") == entry.id for entry in pair)
    upstream = feedback[calling.task].get("upstream", [])
    calls = manifest.tasks[called.task].name in calling.body
    return PairVerdict(called, calling, first, first and second, called.task in upstream or not calls)
