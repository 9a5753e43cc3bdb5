"""Accuracy of the diagnosis with two wrong tasks, one of which calls the other: are the two mistakes separated?

A submission contains two entries of the bank and is graded for their two tasks. The diagnosis must name the mistake in
the called task, and for the calling task it must say which task to fix first.
"""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from multiprocessing import get_context

from autograder import scratch
from autograder.assignment.manifest import Manifest
from autograder.assignment.settings import choose as choose_settings
from autograder.diagnosis.examiner import Examiner
from autograder.grading.grade import grade
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.splice import make
from autograder.submission import staged


@dataclass(frozen=True)
class PairVerdict:
    """The diagnosis of two mistakes.

    Attributes:
        called: the entry of the called task.
        calling: the entry of the calling task.
        named: whether the diagnosis names the mistake of the called task.
        both_named: whether it names both mistakes.
        order_stated: whether the feedback says to fix the called task first; True as well if the wrong code does not
            call it.
    """

    called: Entry
    calling: Entry
    named: bool
    both_named: bool
    order_stated: bool


def choose(manifest: Manifest, bank: Sequence[Entry], number: int, seed: int) -> list[tuple[Entry, Entry]]:
    """Pairs of wrong entries, evenly distributed over all needs of the manifest."""
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
    """Grades a submission for each pair, in separate processes."""
    verdicts = []
    with ProcessPoolExecutor(workers, get_context("fork"), max_tasks_per_child=None) as pool:
        for verdict in pool.map(_judge, [manifest] * len(pairs), pairs, [seed] * len(pairs)):
            verdicts.append(verdict)
            progress(None, len(verdicts), len(pairs))
    return verdicts


def _judge(manifest: Manifest, pair: tuple[Entry, Entry], seed: int) -> PairVerdict:
    called, calling = pair
    suites = tuple(suite.name for suite in manifest.suites if not suite.training)
    with scratch.folder() as folder:
        package = make(manifest, pair, folder / manifest.package)
        settings = choose_settings(manifest, suites=suites, only=(called.task, calling.task), seed=seed)
        record = grade(settings, staged.read(package, manifest), examine=Examiner(manifest).examine)
    feedback = {task["id"]: task.get("feedback", {}) for task in record["tasks"]}
    first, second = (feedback[entry.task].get("misconception") == entry.id for entry in pair)
    upstream = feedback[calling.task].get("upstream", [])
    calls = manifest.tasks[called.task].name in calling.body
    return PairVerdict(called, calling, first, first and second, called.task in upstream or not calls)
