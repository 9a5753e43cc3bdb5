"""A tiny homework with a reference, a bank of mistakes and a policy of feedback: to grade, or to examine a task of."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

from autograder.assignment.settings import choose
from autograder.diagnosis.examiner import Examiner
from autograder.diagnosis.task_calls import TaskCalls
from autograder.errors import Stopped
from autograder.grading.grade import grade
from autograder.outcomes import Finding
from autograder.platforms.gradescope import results as gradescope
from autograder.record.build import Record
from autograder.record.keep import Keeper
from autograder.submission import staged
from autograder.testing.homework import Homework
from autograder.transport.in_process import InProcess
from autograder.transport.session import Session, Transport
from tests.harness.mini import Mini, unread

MANIFEST = """
[assignment]
id = "banked"
title = "A tiny homework with a bank"
package = "pupil"
points = 22

[limits]
total = 60
threads = 1
seconds = 5
memory_mb = 512

[feedback]
hints_from_attempt = 1
upstream_credit = 0.8

[[suites]]
name = "public"
path = "checks/public"
visibility = "visible"

[[suites]]
name = "hidden"
path = "checks/hidden"
visibility = "outcome"

[[questions]]
id = "q1"
title = "Multiples"
tasks = [
    { id = "maths.double", points = 4 },
    { id = "maths.quadruple", points = 5, needs = ["maths.double"] },
    { id = "maths.octuple", points = 3, needs = ["maths.quadruple", "maths.double"] },
]

[[questions]]
id = "q2"
title = "Coins and layers"
tasks = [
    { id = "maths.flip", points = 3 },
    { id = "maths.Scale", points = 3 },
    { id = "maths.scaled", points = 2, needs = ["maths.Scale"] },
]

[[questions]]
id = "q3"
title = "Odds and ends"
tasks = [{ id = "maths.power", points = 1 }, { id = "maths.summary", points = 1 }]

[staff]
reference = "model"
misconceptions = "mistakes"
"""

CODE = '''
"""Numbers."""

import torch
from . import maths


def double(x):
    # BEGIN SOLUTION q1
    return 2 * x
    # END SOLUTION


def quadruple(x):
    # BEGIN SOLUTION q1
    return maths.double(maths.double(x))
    # END SOLUTION


def octuple(x):
    # BEGIN SOLUTION q1
    return maths.double(maths.quadruple(x))
    # END SOLUTION


def flip(x, p, generator):
    if not torch.all((0 <= p) & (p <= 1)):
        raise ValueError("p is a probability")
    # BEGIN SOLUTION q2
    return torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)
    # END SOLUTION


class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(1.0 + torch.arange(size))

    def forward(self, x):
        # BEGIN SOLUTION q2
        return self.weight * x
        # END SOLUTION


def scaled(model, x):
    # BEGIN SOLUTION q2
    return model(x) + 1
    # END SOLUTION


def power(x, n, verbose=False):
    # BEGIN SOLUTION q3
    return x**n
    # END SOLUTION


def summary(x):
    # BEGIN SOLUTION q3
    return {"count": x.numel(), "ends": [float(x[0]), float(x[-1])]}
    # END SOLUTION
'''

TESTS = """
import pytest, torch
from tests.support.compare import assert_close

@pytest.mark.task("maths.double")
def test_double(hw):
    "Two times three is six."
    assert_close(hw("maths.double")(torch.tensor([3.0, 1.0])), torch.tensor([6.0, 2.0]), hint="Add it to itself.")

@pytest.mark.task("maths.double")
def test_double_of_none(hw):
    "Two times zero is zero."
    assert_close(hw("maths.double")(torch.zeros(2)), torch.zeros(2))

@pytest.mark.task("maths.quadruple")
def test_quadruple(hw):
    "Four times three is twelve."
    assert_close(hw("maths.quadruple")(torch.tensor([3.0, 1.0])), torch.tensor([12.0, 4.0]))

@pytest.mark.task("maths.octuple")
def test_octuple(hw):
    "Eight times three is twenty-four."
    assert_close(hw("maths.octuple")(torch.tensor([3.0, 1.0])), torch.tensor([24.0, 8.0]))

@pytest.mark.task("maths.flip")
def test_flip(hw):
    "Each row has a probability of its own."
    x, p = torch.ones(3, 1000), torch.tensor([0.0, 0.25, 1.0])
    mean = hw("maths.flip")(x, p, hw.generator()).mean(1)
    assert_close(mean, torch.tensor([1.0, 0.5, -1.0]), atol=0.2)

@pytest.mark.task("maths.Scale")
def test_scale(hw):
    "Each column has a weight of its own."
    assert_close(hw.module("maths.Scale", 2)(torch.tensor([[3.0, 5.0]])), torch.tensor([[3.0, 10.0]]))

@pytest.mark.task("maths.scaled")
def test_scaled(hw):
    "One more than the scaled value."
    model = hw.module("maths.Scale", 2)
    assert_close(hw("maths.scaled")(model, torch.tensor([[3.0, 5.0]])), torch.tensor([[4.0, 11.0]]))

@pytest.mark.task("maths.power")
def test_power(hw):
    "Two to the third is eight."
    assert_close(hw("maths.power")(torch.tensor([2.0, 3.0]), 3), torch.tensor([8.0, 27.0]))

@pytest.mark.task("maths.summary")
def test_summary(hw):
    "How many, and the first and the last of them."
    assert hw("maths.summary")(torch.tensor([5.0, 6.0, 7.0])) == {"count": 3, "ends": [5.0, 7.0]}
"""

HIDDEN = """
import pytest, torch
from tests.support.compare import assert_close

@pytest.mark.task("maths.double")
def test_secret_double(hw):
    "A secret title."
    assert_close(hw("maths.double")(torch.tensor([3.25])), torch.tensor([6.5]), hint="What is x + x?")
"""

BANK = """
from autograder.misconceptions.writing import hint, right, wrong

TASK = "maths.double"

@wrong("triples by a sum", sometimes="constant factor")
@hint("How many are two?")
def double_sums_thrice(x):
    return x + x + x

@wrong("triples", often="constant factor")
@hint("Count the summands.")
def double_triples(x):
    return 3 * x

@wrong("adds one", often="values")
@hint("What is twice nothing?")
def double_adds_one(x):
    return 2 * x + 1

@right("adds it to itself")
def double_by_sum(x):
    return x + x

TASK = "maths.quadruple"

@wrong("doubles once", often="constant factor")
@hint("How often is it doubled?")
def quadruple_doubles_once(x):
    return maths.double(x)

TASK = "maths.octuple"

@wrong("squares", often="values")
@hint("What is eight times one?")
def octuple_squares(x):
    return x * x

TASK = "maths.flip"

@wrong("flips half as often", often="distribution")
@hint("Is a fair coin tossed besides?")
def flip_half_as_often(x, p, generator):
    return torch.where(torch.rand(x.shape, generator=generator) < p[:, None] / 2, -x, x)

@wrong("flips whole rows", often="distribution")
@hint("Who shares a coin?")
def flip_whole_rows(x, p, generator):
    return torch.where(torch.rand(len(x), 1, generator=generator) < p[:, None], -x, x)

TASK = "maths.Scale"

@wrong("divides", often="values")
@hint("Which way?")
def scale_divides(self, x):
    return x / self.weight
"""

DOUBLE, QUADRUPLE, OCTUPLE = "maths.double", "maths.quadruple", "maths.octuple"
FLIP, SCALE, SCALED = "maths.flip", "maths.Scale", "maths.scaled"
POWER, SUMMARY = "maths.power", "maths.summary"
BODIES = {
    DOUBLE: "return 2 * x",
    QUADRUPLE: "return maths.double(maths.double(x))",
    OCTUPLE: "return maths.double(maths.quadruple(x))",
    FLIP: "return torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)",
    SCALE: "return self.weight * x",
    SCALED: "return model(x) + 1",
    POWER: "return x**n",
    SUMMARY: 'return {"count": x.numel(), "ends": [float(x[0]), float(x[-1])]}',
}
TRIPLES, ADDS_ONE = "return 3 * x", "return 2 * x + 1"


def code(bodies: dict[str, str]) -> str:
    """The reference with other bodies of one line or several for some tasks."""
    text = CODE
    for task, body in bodies.items():
        indent = " " * (8 if task == SCALE else 4)
        text = text.replace(BODIES[task], body.replace("\n", "\n" + indent))
    return text


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


class Examination:
    """One task of a submission that was asked by a function, and what the examiner makes of the answers.

    Args:
        mini: whose submission, as it stands.
        task: id of the task.
        ask: plays the task's test.
        stand_ins: functions that answer for other tasks.
        transport: how the submission is reached; None for in this process.
        seconds: for all calls of a session.
    """

    def __init__(
        self,
        mini: Banked,
        task: str,
        ask: Callable[[Homework], object],
        stand_ins: Mapping[str, Callable[..., Any]] | None = None,
        *,
        transport: Transport | None = None,
        seconds: float = 5,
    ) -> None:
        manifest = mini.loaded()
        self._manifest = manifest
        self._transport = transport or InProcess(mini.root / "pupil", "pupil")
        self._seconds = seconds
        self._stand_ins = stand_ins or {}
        session = self._open()
        with suppress(Exception, Stopped):  # like a test, which may end with anything
            ask(Homework(session, unread(manifest), choose(manifest), 1))
        session.close()
        self.case = TaskCalls(manifest, manifest.tasks[task], [session])

    def _open(self) -> Session:
        return self._transport.open(1, self._seconds, self._stand_ins, memory_mb=512, gpu=False)

    def finding(self, withheld: str = "") -> Finding | None:
        """What is found, with the whole bank or without one entry."""
        return Examiner(self._manifest).conclude(self.case, self._open, withheld)

    @property
    def name(self) -> str:
        """The known mistake that is named, or ""."""
        finding = self.finding()
        return finding.misconception if finding else ""
