"""The staff's way to grade: takes in submissions one after another and runs each in isolation, or in trust if told."""

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from autograder.assignment.manifest import Manifest
from autograder.diagnosis.examiner import Examiner
from autograder.errors import InputError
from autograder.grading.grade import Progress, Render, Request, begin, grade
from autograder.isolation import promises
from autograder.isolation.attack_runner import AttackRunner
from autograder.isolation.isolated import Isolated, ZygoteConfig
from autograder.isolation.kernel.syscalls import supported
from autograder.platforms.gradescope import results as gradescope
from autograder.record.build import Record
from autograder.submission import stage as intake

NO_ISOLATION = (
    "grading needs Linux on x86_64 or aarch64, to keep submissions away from hidden tests and solutions. "
    "If you trust this submission as you trust yourself, say so: --isolation none"
)


@dataclass(frozen=True)
class Order:
    """What is to be graded of a submission, and how.

    Attributes:
        suites: names of the suites to run.
        only: questions or tasks to which it is limited; empty for all.
        seed: of the run.
        device: "cpu" or "cuda".
        workers: how many tests run at a time.
        attempt: which submission of its student it is, counted from 1.
        results: what the platform shows of the record.
    """

    suites: tuple[str, ...]
    only: tuple[str, ...] = ()
    seed: int = 0
    device: str = "cpu"
    workers: int = 1
    attempt: int = 1
    results: Render = gradescope.render


class Grader:
    """Grades submissions, one at a time. Use it in a `with` block, and make it before anything slow: it warms up.

    Args:
        manifest: the assignment.
        isolated: whether submissions run in processes of their own that can reach nothing. False trusts them.
        examine: whether tasks that failed are looked at again, for feedback and credit.

    Raises:
        InputError: there is no isolation on this system.
    """

    def __init__(self, manifest: Manifest, *, isolated: bool = True, examine: bool = True) -> None:
        if isolated and not supported():
            raise InputError(NO_ISOLATION)
        self._manifest = manifest
        self._folder = tempfile.TemporaryDirectory(prefix="autograder-")
        os.chmod(self._folder.name, 0o711)  # a worker's user goes through, and sees only what is staged
        self.staging = Path(os.path.realpath(self._folder.name)) / "staging"
        self.staging.mkdir()
        threads = int(manifest.limits["threads"])
        setting = ZygoteConfig(self.staging, manifest.package, ("torch", "numpy"), threads)
        self.isolated = Isolated(setting) if isolated else None
        self._promises: dict[str, str] | None = None
        has_bank = manifest.staff is not None and manifest.staff.misconceptions
        self._examine = Examiner(manifest).examine if has_bank and examine else None

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self.isolated is not None:
            self.isolated.stop()
        self._folder.cleanup()

    def rehearse(self) -> dict[str, str]:
        """Tries every promise that has to hold before a submission may run; for the record, by name.

        Raises:
            InputError: one does not hold; it is said which, and how it was broken.
        """
        if self.isolated is None:
            return {}
        if self._promises is None:
            if self.isolated.layers.missing:
                raise InputError(_refusal(list(self.isolated.layers.missing)))
            with AttackRunner(self.isolated, self.staging, secrets(self._manifest)) as court:
                broken = promises.try_all(court, promises.PROMISES)
            failed = [
                f"{p.sentence.rstrip('.')}: but a worker could {'; '.join(broken[p.name][:5])}"
                for p in promises.PROMISES
                if p.required and broken[p.name]
            ]
            if failed:
                raise InputError(_refusal(failed))
            self._promises = {name: "; ".join(done[:5]) or "holds" for name, done in broken.items()}
        return self._promises

    def device(self, wish: str) -> str:
        """Where training runs: "cpu", or "cuda" if a worker can really use it.

        Args:
            wish: "cpu", "cuda" or "auto".

        Raises:
            InputError: "cuda" is wished for and there is none, or none that a worker can use.
        """
        if wish == "cpu":
            return "cpu"
        import torch

        if not torch.cuda.is_available():
            if wish == "cuda":
                raise InputError("--device cuda: torch sees no GPU here; use --device cpu")
            return "cpu"
        if self.isolated is None:
            return "cuda"
        with AttackRunner(self.isolated, self.staging, []) as court:
            usable = court.attack("use_gpu", gpu=True)
        if not usable and wish == "cuda":
            raise InputError(
                "--device cuda: there is a GPU, but a locked-in worker cannot use it; use --device cpu"
            )
        return "cuda" if usable else "cpu"

    def grade(
        self, submission: Path, order: Order, out: Path | None, progress: Progress = lambda *_: None
    ) -> Record:
        """Grades one submission and returns its record; whatever it does, there is one.

        Args:
            submission: a folder, an archive or a lone log.
            order: what of it, and how.
            out: where the record is kept; None keeps none.
            progress: called after each test.

        Raises:
            InputError: the path is not there, `only` names nothing, or isolation does not hold here.
        """
        if not submission.exists():
            raise InputError(f"{submission} is not there: give the path of a submission")
        package = self.staging / self._manifest.package
        request = Request(
            self._manifest,
            package,
            order.suites,
            order.only,
            order.seed,
            order.device,
            out,
            order.results,
            isolated=self.isolated,
            workers=order.workers,
            attempt=order.attempt,
            examine=self._examine,
        )
        begin(request)
        promised = self.rehearse()
        for leftover in self.staging.iterdir():
            shutil.rmtree(leftover)
        staged = intake.stage(submission, self._manifest, self.staging)
        request = replace(request, sources=staged.digests, notes=staged.notes, promises=promised)
        return grade(request, progress)


def secrets(manifest: Manifest) -> list[Path]:
    """Files and folders of staff's, of each kind one or two: what a submission would read first."""
    folders = [manifest.root / suite.path for suite in manifest.suites] + [manifest.root]
    if manifest.staff is not None:
        folders.append(manifest.root / manifest.staff.reference)
    files = [manifest.path, manifest.root / ".git/HEAD"]
    files += [file for folder in folders for file in sorted(folder.glob("*.*"))[:2]]
    return [path for path in dict.fromkeys((*folders, *files)) if path.exists()]


def _refusal(reasons: list[str]) -> str:
    lines = "\n".join(f"  - {reason}" for reason in reasons)
    return (
        f"isolation does not hold on this machine, so nothing was graded:\n{lines}\n"
        "`autograder doctor` shows what is in force and what would help. "
        "If you trust this submission as you trust yourself: --isolation none"
    )
