"""Grades submissions with our command and through Otter: are the scores of each question equal, and how slow is Otter?

    python -m benchmarks.otter [--count 30] [--smoke] [-q q1] [--seed 0]

The submissions are the reference, untouched stubs, one that is about half right, and copies of the reference with one
known mistake each, from all questions in turn. Both ways leave training runs out unless --smoke is given. Finished
pairs are kept in build/otter/, in a folder named after the digest of the zip, and are not graded again. Exits with 1
unless all scores are equal.
"""

import hashlib
import json
import math
import random
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograder import atomic
from autograder.assignment.manifest import Manifest, load
from autograder.assignment.scope import select
from autograder.assignment.settings import choose
from autograder.misconceptions import bank, splice
from autograder.platforms.otter import pack as otter
from autograder.record import hand_in as submit
from autograder.record.build import NAME, Conditions, build
from benchmarks import commands, result_files
from tests.harness import half_right

ROOT = Path(__file__).parents[1]
COUNT, TARGET = 30, 6.0  # submissions, seconds
Maker = Callable[[Path], object]


def main() -> int:
    parser = commands.parser(__doc__)
    parser.add_argument(
        "--count", type=int, default=COUNT, help="number of submissions, at least 3 (default 30)"
    )
    parser.add_argument("--smoke", action="store_true", help="include training runs, as in a full grade")
    parser.add_argument("-q", "--only", action="append", default=[], metavar="Q", help="a question or task")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of both grades and of the choice of mistakes"
    )
    arguments = parser.parse_args()
    manifest = load(ROOT / "assignment.toml")
    options = _options(arguments.seed, arguments.smoke)
    only = tuple(arguments.only)
    with TemporaryDirectory() as folder:
        new = Path(folder, "otter.zip")
        otter.build(manifest, new, only, options)
        kept = ROOT / "build/otter" / hashlib.sha256(new.read_bytes()).hexdigest()[:12]
        kept.mkdir(parents=True, exist_ok=True)
        shutil.move(new, kept / "otter.zip")
    grade = [*options, *(word for name in only for word in ("--only", name))]
    made = list(submissions(manifest, arguments.count, arguments.seed, only))
    rows = []
    for number, (name, make) in enumerate(made):
        place = kept / f"{number:02} {name}"
        rows.append({"submission": name, **_pair(manifest, make, place, kept / "otter.zip", grade, number)})
        print(_progress(rows[-1], number + 1, len(made)), flush=True)
    equal = [row["ours"] == row["otter"] for row in rows]
    adds = statistics.median(row["otter_seconds"] - row["our_seconds"] for row in rows)
    _show(rows, smoke=arguments.smoke)
    print(
        f"otter adds {adds:.1f} s to the same grade, median of {len(rows)}; the target is at most {TARGET:g} s"
    )
    figures = {"count": len(rows), "smoke": arguments.smoke, "seed": arguments.seed, "only": only}
    figures |= {"equal": sum(equal), "adds_seconds": round(adds, 2), "rows": rows}
    if not only and len(rows) >= COUNT:  # an incomplete run is not a result
        result_files.write("otter", figures)
    print(f"parity {sum(equal)}/{len(equal)}")
    return 0 if all(equal) else 1


def measure(rounds: int) -> dict[str, Any]:
    """Measures in turns what Otter adds to the grade of one log; prints it beside its target."""
    manifest = load(ROOT / "assignment.toml")
    options = _options(0, smoke=False)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        otter.build(manifest, place / "otter.zip", grade=options)
        pairs = [
            _pair(manifest, _reference(manifest), place / str(number), place / "otter.zip", options, number)
            for number in range(rounds)
        ]
    adds = [round(pair["otter_seconds"] - pair["our_seconds"], 2) for pair in pairs]
    print(f"{'otter adds to the same grade, median, in s':48}{statistics.median(adds):8.2f}{TARGET:8.1f}")
    return {"adds_seconds": adds, "target": TARGET}


# -- the submissions -----------------------------------------------------------------------------------------


def submissions(
    manifest: Manifest, count: int, seed: int, only: tuple[str, ...] = ()
) -> Iterator[tuple[str, Maker]]:
    """Name and maker of each submission; a maker writes the package into an empty folder."""
    yield "reference", _reference(manifest)
    yield "stubs", lambda target: shutil.copytree(manifest.root / manifest.package, target, ignore=_CACHES)
    yield "half right", lambda target: half_right.make(1, target)
    scope = select(manifest, only, manifest.suites)
    entries: dict[str, list[bank.Entry]] = {}
    for entry in bank.load(manifest).values():
        if entry.is_wrong and entry.task in scope:
            entries.setdefault(manifest.tasks[entry.task].question, []).append(entry)
    draw = random.Random(f"parity with otter {seed}")
    for mine in entries.values():
        draw.shuffle(mine)
    for number in range(count - 3):
        turn, question = divmod(number, len(entries))
        mine = list(entries.values())[question]
        yield mine[turn].id, lambda target, entry=mine[turn]: _mistaken(manifest, entry, target)


_CACHES = shutil.ignore_patterns("__pycache__")


def _reference(manifest: Manifest) -> Maker:
    assert manifest.staff is not None
    source = manifest.root / manifest.staff.reference
    return lambda target: shutil.copytree(source, target, ignore=_CACHES)


def _mistaken(manifest: Manifest, entry: bank.Entry, target: Path) -> None:
    assert manifest.staff is not None
    splice.make(manifest, [entry], target)
    shutil.copytree(manifest.root / manifest.staff.reference / "artifacts", target / "artifacts")


def _log(manifest: Manifest, make: Maker, place: Path) -> Path:
    """A log as `autograder submit` writes it, without a run of the public tests, which the grade does not use."""
    package = place / manifest.package
    make(package)
    taken = submit.collect(package, manifest)
    settings = choose(manifest, suites=())
    own = build(settings, Conditions(), None, [], complete=False, faults=[], seconds=0.0)
    return submit.write(own, taken, replace(manifest, path=place / manifest.path.name)).log


# -- both ways -----------------------------------------------------------------------------------------------


def _options(seed: int, smoke: bool) -> list[str]:
    return ["--seed", str(seed), "--device", "cpu", *([] if smoke else ["--no-smoke"])]


def _pair(
    manifest: Manifest, make: Maker, place: Path, zip: Path, grade: Sequence[str], number: int
) -> dict[str, Any]:
    """Points by question and seconds of both ways, measured or read from disk; Otter runs first every second time."""
    kept = place / "pair.json"
    if kept.exists():
        found: dict[str, Any] = json.loads(kept.read_text())
        return found
    shutil.rmtree(place, ignore_errors=True)
    (place / "otter").mkdir(parents=True)
    log = _log(manifest, make, place)
    ours = [*commands.AUTOGRADER, "grade", str(log), "--out", str(place / "ours"), *grade]
    otter_run = [sys.executable, "-m", "otter", "run", str(log), "--no-logo"]
    theirs = [*otter_run, "-a", str(zip), "-o", str(place / "otter")]
    seconds = {
        name: commands.seconds(command)
        for name, command in [("our", ours), ("otter", theirs)][:: 1 - number % 2 * 2]
    }
    data = json.loads((place / "ours" / NAME).read_text())
    results = json.loads((place / "otter/results.json").read_text())
    asked = {task["question"] for task in data["tasks"]}
    pair = {
        "ours": {row["id"]: row["points"] for row in data["questions"] if row["id"] in asked},
        "otter": {test["name"]: test["score"] for test in results["tests"]},
        **{f"{name}_seconds": round(value, 2) for name, value in seconds.items()},
    }
    atomic.write_text(kept, json.dumps(pair) + "\n")
    return pair


# -- the output ----------------------------------------------------------------------------------------------


def _progress(row: dict[str, Any], number: int, count: int) -> str:
    verdict = "equal" if row["ours"] == row["otter"] else "DIFFERENT"
    seconds = f"{row['our_seconds']:.1f} s ours, {row['otter_seconds']:.1f} s Otter"
    return f"{number:2} of {count}: {row['submission']}: {verdict}, {seconds}"


def _show(rows: Sequence[dict[str, Any]], *, smoke: bool) -> None:
    """One line per submission: the points of each question, ours/Otter's."""
    questions = list(rows[0]["ours"])
    print(f"\npoints, ours/Otter's, {'with' if smoke else 'without'} training runs")
    print(f"{'submission':44}" + "".join(f"{name:>12}" for name in questions))
    for row in rows:
        cells = [f"{row['ours'][name]:g}/{row['otter'].get(name, math.nan):g}" for name in questions]
        verdict = "equal" if row["ours"] == row["otter"] else "DIFFERENT"
        print(f"{row['submission'][:43]:44}" + "".join(f"{cell:>12}" for cell in cells) + f"  {verdict}")


if __name__ == "__main__":
    sys.exit(main())
