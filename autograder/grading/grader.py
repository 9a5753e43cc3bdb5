"""Grades submissions for staff, one after another, each in isolation, or in this process where that is requested."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from autograder import scratch
from autograder.assignment.manifest import Manifest
from autograder.assignment.settings import Settings
from autograder.diagnosis.examiner import Examiner
from autograder.errors import HarnessError, InputError
from autograder.grading.grade import Progress, grade
from autograder.grading.machine_speed import slowness
from autograder.isolation import promises
from autograder.isolation.attack_runner import AttackRunner
from autograder.isolation.isolated import Isolated, ZygoteConfig
from autograder.isolation.kernel.syscalls import supported
from autograder.record.build import Record
from autograder.record.keep import Keeper
from autograder.submission.stage import stage
from autograder.testing.time_budget import TimeBudget

NO_ISOLATION = (
    "grading needs Linux on x86_64 or aarch64, to keep submissions away from hidden tests and solutions. "
    "If you trust this submission as you trust yourself, say so: --isolation none"
)


class Grader:
    """Grades submissions, one at a time. Use it in a `with` block, and create it first: it warms up in the background.

    Args:
        manifest: the assignment.
        isolated: whether submissions run in sandboxed processes of their own. False trusts them.
        examine: whether failed tasks are examined, for feedback and credit.

    Raises:
        InputError: this system offers no isolation.
    """

    def __init__(self, manifest: Manifest, *, isolated: bool = True, examine: bool = True) -> None:
        if isolated and not supported():
            raise InputError(NO_ISOLATION)
        self._manifest = manifest
        self._promises: dict[str, str] | None = None
        has_bank = manifest.staff is not None and manifest.staff.misconceptions
        self._examine = Examiner(manifest).examine if has_bank and examine else None
        with ExitStack() as stack:
            self.staging = stack.enter_context(scratch.folder()) / "staging"
            self.staging.mkdir()
            threads = int(manifest.limits["threads"])
            setting = ZygoteConfig(self.staging, manifest.package, ("torch", "numpy"), threads)
            self.isolated = Isolated(setting) if isolated else None
            if self.isolated is not None:
                stack.callback(self.isolated.stop)
            self._stack = stack.pop_all()

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._stack.close()

    def rehearse(self) -> dict[str, str]:
        """Attacks every promise that must hold before a submission may run, and measures the machine's speed; once.

        Returns:
            The result of each attack, by the name of its promise.

        Raises:
            InputError: a promise does not hold, or could not be tested; the message names it and the attack.
        """
        if self.isolated is None:
            return {}
        if self._promises is None:
            if self.isolated.layers.missing:
                raise InputError(_refusal(list(self.isolated.layers.missing)))
            with AttackRunner(self.isolated, self.staging, secrets(self._manifest)) as runner:
                results = promises.try_all(runner, promises.PROMISES)
            failed = [
                _failed(promise, results[promise.name])
                for promise in promises.PROMISES
                if promise.required and not results[promise.name].holds
            ]
            if failed:
                raise InputError(_refusal(failed))
            self.isolated.slowness = slowness(self._manifest)
            self._promises = {name: result.describe() for name, result in results.items()}
        return self._promises

    def device(self, requested: str) -> str:
        """Where training runs: "cpu", or "cuda" if a worker can really use it.

        Args:
            requested: "cpu", "cuda" or "auto".

        Raises:
            InputError: "cuda" is requested, and there is no GPU, or a worker cannot use it.
        """
        if requested == "cpu":
            return "cpu"
        import torch

        if not torch.cuda.is_available():
            if requested == "cuda":
                raise InputError("--device cuda: torch sees no GPU here; use --device cpu")
            return "cpu"
        if self.isolated is None:
            return "cuda"
        with AttackRunner(self.isolated, self.staging, []) as runner:
            try:
                why = (
                    ""
                    if runner.twice(lambda: runner.attack("use_gpu", gpu=True))
                    else "it computed something else"
                )
            except HarnessError as error:
                why = str(error)
        if why and requested == "cuda":
            raise InputError(
                f"--device cuda: there is a GPU, but a sandboxed worker cannot use it ({why}); use --device cpu"
            )
        return "cpu" if why else "cuda"

    def grade(
        self,
        submission: Path,
        settings: Settings,
        *,
        keeper: Keeper | None = None,
        budget: TimeBudget | None = None,
        progress: Progress | None = None,
    ) -> Record:
        """Grades one submission and returns its record; whatever it does, there is one.

        Args:
            submission: a folder, an archive or a lone log.
            settings: what is graded, and how; its manifest is this grader's.
            keeper: keeps the record, from now on with these settings; None keeps it in memory only.
            budget: how long all of it may take; None for the manifest's limits, from the first test on.
            progress: called after each test.

        Raises:
            InputError: the path does not exist, or isolation does not hold here.
        """
        if not submission.exists():
            raise InputError(f"{submission} does not exist: give the path of a submission")
        keeper = keeper or Keeper(settings, isolated=self.isolated is not None)
        keeper.settings = settings
        keeper.conditions.isolation["promises"] = self.rehearse()
        for leftover in self.staging.iterdir():
            shutil.rmtree(leftover)
        return grade(
            settings,
            stage(submission, self._manifest, self.staging),
            keeper=keeper,
            isolated=self.isolated,
            examine=self._examine,
            budget=budget,
            progress=progress,
        )


def secrets(manifest: Manifest) -> list[Path]:
    """Staff's files and folders, one or two of each kind: what a submission would try to read first."""
    folders = [manifest.root / suite.path for suite in manifest.suites] + [manifest.root]
    if manifest.staff is not None:
        folders.append(manifest.root / manifest.staff.reference)
    files = [manifest.path, manifest.root / ".git/HEAD"]
    files += [file for folder in folders for file in sorted(folder.glob("*.*"))[:2]]
    return [path for path in dict.fromkeys((*folders, *files)) if path.exists()]


def _failed(promise: promises.Promise, result: promises.Result) -> str:
    what = f"a worker could {result.describe()}"
    if result.untested:
        what = f"this could not be tested: {result.untested}; try again when the machine is less busy"
    return f"{promise.sentence.rstrip('.')}: but {what}"


def _refusal(reasons: list[str]) -> str:
    lines = "\n".join(f"  - {reason}" for reason in reasons)
    return (
        f"isolation does not hold on this machine, so nothing was graded:\n{lines}\n"
        "`autograder doctor` shows what is in force and what would help. "
        "If you trust this submission as you trust yourself: --isolation none"
    )
