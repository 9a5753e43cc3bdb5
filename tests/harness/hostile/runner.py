"""Grades every entry with one grader, and checks the effects from outside."""

import gc
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from autograder.assignment.settings import choose
from autograder.grading.grader import Grader
from autograder.platforms.gradescope import results
from autograder.record.keep import Keeper
from tests.harness.hostile import homework
from tests.harness.hostile.entry import Entry, as_folder
from tests.harness.hostile.findings import look
from tests.harness.hostile.grader_modules import grader_modules
from tests.harness.hostile.tokens import Tokens
from tests.harness.hostile.watch import MARK, Watch

CLOSED = ("homework", "submissions", "others", "temporary")
SUITES = ("public", "hidden")
HONEST_EVERY = 25
HANG_SECONDS = 8  # total limit for entries that hang everywhere
ENVIRONMENT = "AUTOGRADER_SECRET"


@dataclass(frozen=True)
class Finding:
    """The result of one grade: `escaped` lists everything that must not happen."""

    entry: Entry
    escaped: tuple[str, ...]


class Environment:
    """The environment of the attacks: a homework with secrets and traps, and a running grader.

    Args:
        isolated: False lets an attack through, to check that this is noticed.
        total: seconds of a complete grade.
        keep: the folder for records; None deletes them.
    """

    def __init__(self, *, isolated: bool = True, total: float = 60, keep: Path | None = None) -> None:
        self.tokens = Tokens()
        self._isolated = isolated
        self._total = total
        self._keep = keep
        self._stack = ExitStack()

    def __enter__(self) -> "Environment":
        with ExitStack() as stack:
            self.root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hostile-")))
            self.root.chmod(0o711)
            self._plant(stack)
            stack.callback(self._after_all)
            manifest = homework.build(self.root / "homework", self.tokens, self._total)
            self._manifest = manifest
            self.grader = stack.enter_context(Grader(manifest, isolated=self._isolated))
            self.grader.rehearse()
            self.watch = stack.enter_context(
                Watch(self.root / "canaries", [self.root / name for name in CLOSED], self.grader.staging)
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._stack.close()

    def _plant(self, stack: ExitStack) -> None:
        """Puts secrets into the environment, an open file, memory and other people's work."""
        for name in ("canaries", "submissions", "others", "out", "temporary"):
            (self.root / name).mkdir()
        for name in ("temporary", "canaries"):
            (self.root / name).chmod(0o711)
        os.environ[ENVIRONMENT] = self.tokens.new("environment")
        stack.callback(os.environ.pop, ENVIRONMENT)
        old, tempfile.tempdir = tempfile.tempdir, str(self.root / "temporary")
        stack.callback(setattr, tempfile, "tempdir", old)
        other = self.root / "others/submission_log.json"
        other.write_text(self.tokens.new("neighbour") + self.tokens.new("record"))
        (self.root / "others/open").write_text(self.tokens.new("descriptor"))
        inherited = os.open(self.root / "others/open", os.O_RDWR)
        stack.callback(os.close, inherited)
        os.set_inheritable(inherited, True)
        self.memory = [self.tokens.new("memory") * 1000 for _ in range(100)]

    def _after_all(self) -> None:
        """Checks what is left after the grader has ended."""
        self.left = tuple(
            f"left behind by the grader: {path}" for path in (self.root / "temporary").iterdir()
        )

    def aim(self) -> str:
        """Everything that an attacker could know about the machine, as a module."""
        watch, isolated = self.watch, self.grader.isolated
        staff = sorted(str(path) for path in (self.root / "homework").rglob("*") if path.suffix)
        known = {
            "MARK": MARK,
            "STAFF": [*staff, *map(str, sorted((self.root / "others").iterdir()))],
            "FOLDERS": [str(path) for path in sorted(self.root.iterdir())]
            + [
                str(self.root),
                str(self.grader.staging),
                *("/tmp", "/var/tmp", "/dev/shm", "/", "/root", "/proc"),
            ],
            "HOMEWORK": str(self.root / "homework"),
            "OUT": str(self.root / "out"),
            "CANARIES": [str(canary) for canary in watch.canaries],
            "PIDS": [os.getpid(), os.getppid(), *([isolated.pid] if isolated else [])],
            "VICTIM": watch.victim.pid,
            "PORT": watch.port,
            "SOCKET": watch.path,
            "ABSTRACT": watch.name,
            "GRADER_MODULES": grader_modules(),
        }
        return "".join(f"{name} = {value!r}\n" for name, value in known.items())

    def attack(self, entry: Entry, workers: int = 1) -> Finding:
        """Grades one submission."""
        place = self.root / "submissions" / entry.id
        place.mkdir(exist_ok=True)
        submission = entry.hand_in(place, self.aim())
        out = (self._keep or self.root / "out") / entry.id
        self.watch.before()
        try:
            settings = choose(self._manifest, suites=SUITES, workers=workers)
            keeper = Keeper(settings, out=out, render=results.render)
            record = self.grader.grade(submission, settings, keeper=keeper)
        except Exception as error:
            return Finding(entry, (f"the grader itself raised {type(error).__name__}: {error}",))
        wrong = [*self.watch.after(), *self._staged(entry), *look(entry, record, out, self.tokens)]
        charged = sum(test["charged"] for test in record["tests"])
        longest = max(task.seconds for task in self._manifest.tasks.values())
        if charged > self._total + longest:  # one test may run when the total is reached
            wrong.append(f"was charged {charged:.1f} s of its own time; the total is {self._total} s")
        return Finding(entry, tuple(wrong))

    def _staged(self, entry: Entry) -> Iterator[str]:
        """Files of the staged package that differ from the submitted or given ones."""
        expected = entry.package(self.aim()) | {name: text.encode() for name, text in homework.GIVEN.items()}
        package = self.grader.staging / "pupil"
        for path in sorted(package.rglob("*")):
            name = path.relative_to(package).as_posix()
            # An archive can contain more than the files of the entry.
            new = entry.pack is as_folder and name not in expected
            if path.is_file() and (new or expected.get(name, path.read_bytes()) != path.read_bytes()):
                yield f"new or changed in the staged package: {name}"


def run(entries: Iterable[Entry], tell: Callable[[Finding], None], keep: Path | None = None) -> list[Finding]:
    """Grades all entries, and the honest submission before, between and after them."""
    honest = Entry("honest", 0, "nothing: it is right, and gets full marks next to all others")
    findings = []

    def note(finding: Finding) -> None:
        findings.append(finding)
        tell(finding)

    entries = list(entries)
    with Environment(keep=keep) as field:
        note(field.attack(honest))
        gc.collect()
        gc.freeze()  # pytest collects several times in a grade
        for count, entry in enumerate([entry for entry in entries if not entry.hangs], start=1):
            note(field.attack(entry))
            if count % HONEST_EVERY == 0:
                note(field.attack(honest, workers=2))
        note(field.attack(honest))
    note(Finding(Entry("afterwards", 0, "to be there when the grader is gone"), field.left))
    hanging = [entry for entry in entries if entry.hangs]
    if hanging:
        with Environment(total=HANG_SECONDS, keep=keep) as field:
            for entry in [honest, *hanging, honest]:
                note(field.attack(entry))
    return findings
