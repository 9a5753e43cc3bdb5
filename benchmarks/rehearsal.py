"""Rehearses Gradescope: sets up its zip and grades in a fresh Debian, as root, with half a CPU and 768 MB.

    python -m benchmarks.rehearsal [--wheels DIR] [--only NAME ...] [--memory-mb 768] [--again]

Builds the zip, makes `/autograder` in a root from debootstrap, and runs `setup.sh` there (with a network, as in
Gradescope's build). Then it runs `run_autograder` without a network on the reference, untouched stubs, a half-done
homework, a hostile one, a log alone, and an empty upload. It checks each result against the schema and against the
expected score; if that is not known in advance, against this machine's own grade. Exits with 1 if a result differs.

`--wheels` is a folder of CPU-only torch wheels, for a machine that cannot reach the index that has them. The
kernel, cgroups and init are those of this machine; Ubuntu is not rehearsed.
"""

import argparse
import json
import shutil
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from autograder import schemas
from autograder.assignment import manifest as manifests
from autograder.platforms.gradescope import pack as gradescope
from benchmarks import box, commands, fresh_root, result_files, uploads

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build/rehearsal"
# A box kills by what its control group cannot give back, not by the proportional set size.
LIMITS = {"zip_mb": 2.0, "seconds": 300.0, "peak_kept_mb": 700.0}


def main() -> int:
    parser = commands.parser(__doc__)
    parser.add_argument("--wheels", type=Path, help="folder of CPU-only torch wheels")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=uploads.UPLOADS,
        help="grade only this upload; repeatable",
    )
    parser.add_argument("--cpu", type=float, default=0.5, help="CPUs of the box (default 0.5)")
    parser.add_argument("--memory-mb", type=int, default=768, help="memory of the box (default 768)")
    parser.add_argument("--again", action="store_true", help="use the root that was set up before")
    arguments = parser.parse_args()
    manifest = manifests.load(ROOT / "assignment.toml")
    packed = gradescope.build(manifest, ROOT / "dist")
    found: dict[str, Any] = {"zip_mb": round(packed.zip.stat().st_size / 1e6, 3), "uploads": {}}
    try:
        root = fresh_root.make(WORK / "root", arguments.wheels, again=arguments.again)
    except fresh_root.Unfit as error:
        print(f"rehearsal: {error}", file=sys.stderr)
        return 2
    if not arguments.again:
        found["setup_seconds"] = set_up(root, packed.zip)
    for name in arguments.only or uploads.UPLOADS:
        row = graded(root, name, arguments)
        found["uploads"][name] = row
        print(f"{name:10} {json.dumps(row)}", flush=True)
    wrong = [f"{name}: {text}" for name, row in found["uploads"].items() for text in row["wrong"]]
    wrong += [] if found["zip_mb"] <= LIMITS["zip_mb"] else [f"the size of the zip is {found['zip_mb']} MB"]
    print(json.dumps({key: value for key, value in found.items() if key != "uploads"}))
    print("\n".join(wrong) or "rehearsed: every result is valid and has the expected score")
    if not arguments.only and not arguments.again:
        result_files.write("rehearsal", found)
    return 1 if wrong else 0


def set_up(root: fresh_root.Root, archive: Path) -> float:
    """Makes `/autograder` as Gradescope does and runs `setup.sh`; returns the seconds that `setup.sh` took.

    Raises:
        SystemExit: `setup.sh` failed.
    """
    source = root.folder / "autograder/source"
    source.mkdir(parents=True)
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            target = Path(packed.extract(info, source))
            target.chmod(info.external_attr >> 16 & 0o777)
    shutil.copy(source / "run_autograder", root.folder / "autograder/run_autograder")
    print("setup.sh", flush=True)
    started = time.monotonic()
    command = root.command(["bash", "/autograder/source/setup.sh"], network=True)
    figures = box.run(command, cpus=2.0, memory_mb=None)
    if figures["exit_code"]:
        raise SystemExit(f"setup.sh failed with {figures['exit_code']}")
    return round(time.monotonic() - started, 1)


def graded(root: fresh_root.Root, name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Grades one upload in the box, and says what is wrong with the result."""
    place = root.folder / "autograder"
    for folder in ("submission", "results"):
        shutil.rmtree(place / folder, ignore_errors=True)
        (place / folder).mkdir()
    upload = uploads.UPLOADS[name]
    upload.make(place / "submission")
    (place / "submission_metadata.json").write_text(json.dumps(uploads.METADATA))
    command = root.command(["/autograder/run_autograder"], network=False)
    row: dict[str, Any] = box.run(command, arguments.cpu, arguments.memory_mb)
    results = json.loads((place / "results/results.json").read_text())
    wrong = [message for _, message in schemas.mistakes(results, "gradescope")]
    expected = upload.expected(place / "submission")
    row |= {"score": results["score"], "expected": expected, "tests": len(results["tests"])}
    if abs(results["score"] - expected) > 1e-6:
        wrong.append(f"the score is {results['score']}, expected {expected}: {results['output'][:500]}")
    if row["exit_code"]:
        wrong.append(f"run_autograder ended with {row['exit_code']}")
    wrong += [
        f"{key} is {row[key]}, above the limit of {LIMITS[key]}"
        for key in ("seconds", "peak_kept_mb")
        if row[key] > LIMITS[key]
    ]
    return {**row, "wrong": wrong}


if __name__ == "__main__":
    sys.exit(main())
