"""Commands that build what others get: `stubs`, `handout`, `notebooks`, `release`, `gradescope-zip` and `otter`."""

import argparse
from pathlib import Path

from autograder.assignment import manifest as manifests
from autograder.commands import DONE, NOT_PASSED
from autograder.commands.options import add_only, add_seed, add_workers
from autograder.errors import InputError


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds them to the command line."""
    cutting = commands.add_parser("stubs", help="generate the student's package from the reference")
    cutting.add_argument(
        "--check", action="store_true", help="only check whether it is up to date, byte for byte"
    )
    cutting.set_defaults(command=stubs)

    writing = commands.add_parser(
        "handout", help="build the handout, the answer form and the written solutions"
    )
    writing.add_argument(
        "--out", type=Path, default=Path("dist/handout"), help="folder for them (default: dist/handout)"
    )
    writing.set_defaults(command=handout)

    noting = commands.add_parser(
        "notebooks", help="build the notebooks, and the checks that Otter runs in them"
    )
    noting.add_argument(
        "--out", type=Path, default=Path("dist/notebooks"), help="folder for them (default: dist/notebooks)"
    )
    noting.set_defaults(command=notebooks)

    releasing = commands.add_parser("release", help="write the bundle for students, as a folder and as a zip")
    releasing.add_argument("--out", type=Path, default=Path("dist"), help="folder for both (default: dist)")
    releasing.set_defaults(command=release)

    packing = commands.add_parser("gradescope-zip", help="write the zip with which Gradescope grades")
    packing.add_argument("--out", type=Path, default=Path("dist"), help="folder for it (default: dist)")
    add_only(packing, "a question that is submitted separately")
    packing.set_defaults(command=gradescope_zip)

    packing = commands.add_parser(
        "otter", help="build the zip with which Otter grades, with `otter generate`"
    )
    packing.add_argument("--out", type=Path, help="the zip to write (default: dist/ID-otter.zip)")
    packing.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where training runs"
    )
    packing.add_argument("--no-smoke", action="store_true", help="leave training runs out")
    add_only(packing, "a question or task")
    add_seed(packing, "of inputs and training")
    add_workers(packing)
    packing.set_defaults(command=otter)


def stubs(arguments: argparse.Namespace) -> int:
    """`autograder stubs`."""
    from autograder.release import stubs

    manifest = manifests.load(manifests.find())
    if manifest.staff is None:
        raise InputError("only staff can make stubs: this manifest has no [staff] table")
    source, target = manifest.root / manifest.staff.reference, manifest.root / manifest.package
    if not arguments.check:
        stubs.write(source, target, manifest.code_tasks())
        print(f"written: {target}")
        return DONE
    differences = stubs.differences(source, target, manifest.code_tasks())
    for difference in differences:
        print(difference)
    print(
        f"{target.name}/ differs from what `make stubs` makes"
        if differences
        else f"{target.name}/ is up to date"
    )
    return NOT_PASSED if differences else DONE


def handout(arguments: argparse.Namespace) -> int:
    """`autograder handout`."""
    from autograder.release import handout

    for path in handout.write(manifests.load(manifests.find()), arguments.out):
        print(f"written: {path}")
    return DONE


def notebooks(arguments: argparse.Namespace) -> int:
    """`autograder notebooks`."""
    from autograder.release import notebooks

    files = notebooks.build(manifests.load(manifests.find()), arguments.out)
    print(f"written: {len(files)} files in {arguments.out}")
    return DONE


def release(arguments: argparse.Namespace) -> int:
    """`autograder release`."""
    from autograder.release import bundle, handout, notebooks
    from autograder.render.file_size import file_size

    manifest = manifests.load(manifests.find())
    extra = {f"notebooks/{name}": text.encode() for name, text in notebooks.contents(manifest).items()}
    if manifest.staff and manifest.staff.handout:
        written = handout.build(manifest)
        extra |= {f"handout/{name}": data for name, data in written.items() if name != handout.SOLUTIONS}
    handed = bundle.build(manifest, arguments.out, extra)
    print(
        f"searched for {handed.searched} token sequences, names, strings and numbers that only staff may have: "
        "none was found"
    )
    print(f"written: {handed.folder}/ ({handed.files} files), ready to push as a template repository")
    print(f"written: {handed.zip} ({file_size(handed.zip.stat().st_size)}, SHA-256 {handed.sha256})")
    return DONE


def gradescope_zip(arguments: argparse.Namespace) -> int:
    """`autograder gradescope-zip`."""
    from autograder.platforms.gradescope import pack
    from autograder.render.file_size import file_size

    packed = pack.build(manifests.load(manifests.find()), arguments.out, tuple(arguments.only))
    written = file_size(packed.zip.stat().st_size)
    print(f"written: {packed.zip} ({written}, {packed.files} files, {packed.points:g} points)")
    print("upload it under Configure Autograder, with Debian 12, Ubuntu 24.04 or 22.04 as the base image")
    return DONE


def otter(arguments: argparse.Namespace) -> int:
    """`autograder otter`."""
    from autograder.platforms.otter import pack
    from autograder.record.build import NAME
    from autograder.render.file_size import file_size

    manifest = manifests.load(manifests.find())
    out = arguments.out or manifest.root / "dist" / f"{manifest.id}-otter.zip"
    grade = ["--seed", str(arguments.seed), "--device", arguments.device, "--workers", str(arguments.workers)]
    grade += ["--no-smoke"] if arguments.no_smoke else []
    pack.build(manifest, out, tuple(arguments.only), grade)
    print(
        f"written: {out} ({file_size(out.stat().st_size)}); grade with: otter run {NAME} -a {out} -o FOLDER"
    )
    return DONE
