"""`python -m tests.harness.hostile`: runs the complete corpus, and reports for each entry whether it was contained."""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from autograder.errors import InputError
from tests.harness.hostile.corpus import ENTRIES
from tests.harness.hostile.part import some


def main() -> int:
    """Returns 0 if nothing escaped, 1 if something did, 2 for a bad call or a machine without isolation."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.hostile", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="an entry; repeatable")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep every record in this folder")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="graders at a time")
    asked = parser.parse_args()
    unknown = set(asked.only) - {entry.id for entry in ENTRIES}
    if unknown:
        parser.error(f"no entry is called {', '.join(sorted(unknown))}")
    chosen = [entry.id for entry in ENTRIES if not asked.only or entry.id in asked.only]
    grade = partial(some, keep=asked.keep.resolve() if asked.keep else None)
    jobs = min(asked.jobs, len(chosen))
    try:
        if jobs == 1:
            told = grade(chosen)
        else:
            with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
                parts = [chosen[first::jobs] for first in range(jobs)]
                told = [one for part in pool.map(grade, parts) for one in part]
    except InputError as error:
        print(f"hostile: {error}", file=sys.stderr)
        return 2
    # An honest submission that loses a point counts as escaped; one with full marks does not count.
    escaped = sum(not contained for _, contained in told)
    contained = sum(contained for kind, contained in told if kind)
    print(f"hostile: {contained} contained, {escaped} escaped")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
