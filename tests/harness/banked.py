"""A tiny homework with a reference, a bank of mistakes and a policy of feedback: to grade, or to examine a task of."""

import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

from autograder.assignment.settings import choose
from autograder.diagnosis.examiner import Examiner
from autograder.grading.grade import grade
from autograder.platforms.gradescope import results as gradescope
from autograder.record.build import Record
from autograder.record.keep import Keeper
from autograder.submission import staged
from autograder.transport.in_process import InProcess
from autograder.transport.session import Session
from tests.harness.bank_homework import CODE, HIDDEN, MANIFEST, TESTS
from tests.harness.bank_texts import BANK, code
from tests.harness.mini import Mini


class Banked(Mini):
    """The homework in `root`, its submission right."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        for name in [name for name in sys.modules if name.split(".")[0] in ("model", "mistakes")]:
            del sys.modules[name]  # of an earlier homework
        self.manifest(MANIFEST)
        self.public(TESTS)
        self.hidden(HIDDEN)
        for package, file, text in (("model", "maths.py", CODE), ("mistakes", "q1.py", BANK)):
            (root / package).mkdir()
            (root / package / "__init__.py").write_text("")
            (root / package / file).write_text(dedent(text))
        self.submit({})
        sys.path.insert(0, str(root))

    def submit(self, bodies: dict[str, str]) -> None:
        """The submission is right but for these bodies."""
        self.code(code(bodies))

    def opened(self, seconds: float = 5) -> Session:
        """A session with the submission as it stands, in this process."""
        package = self.root / "pupil"
        return InProcess(package, "pupil").open(1, seconds, {}, memory_mb=512, gpu=False)

    def graded(
        self,
        *,
        package: Path | None = None,
        only: tuple[str, ...] = (),
        attempt: int = 1,
        workers: int = 1,
        **how: Any,
    ) -> Record:
        """The record of a grade of the submission as it is: with feedback, in this process, unless `how` differs."""
        manifest = self.loaded()
        settings = choose(manifest, only=only, attempt=attempt, workers=workers)
        keeper = Keeper(settings, out=self.out, render=gradescope.render)
        submission = staged.read(package or self.root / "pupil", manifest)
        return grade(settings, submission, keeper=keeper, **{"examine": Examiner(manifest).examine, **how})

    def graded_with(self, bodies: dict[str, str], **how: Any) -> Record:
        """The record of a grade of a submission with these bodies."""
        self.submit(bodies)
        return self.graded(**how)


def feedback(record: Record) -> dict[str, dict]:
    """What is told of each task, where anything is."""
    return {task["id"]: task["feedback"] for task in record["tasks"] if "feedback" in task}
