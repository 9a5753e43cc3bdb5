"""Strikes a grade of a tiny homework, once in each run, and looks at what it says and leaves.

    python -m benchmarks.faults [--kind KIND] [--fault FAULT] [--runs N] [--seed S] [--when W]

For each kind of process of a grade (see `process_tree`): N runs in which it is killed at a random moment, and for each
system call that it makes N runs in which one such call fails, spread over all of them. Every second one is among the
last tenth, where fewer are from imports. FAULT is "kill", a system call, or one with its error: write:ENOSPC. W fixes
the call, or the second of the kill, and repeats one run.

A grade must end with 0 and the record of an undisturbed grade; or with 2, 3 or a signal, and a record that says
`complete: false`, or equal points and the fault; or before there is a record. Anything else is FALSE. Two seconds after
its end no process and no temporary file may be left, unless the grader itself was killed: then files may.
Exits with 1 if something is FALSE or left, with 2 where strace cannot be used.

Needs Linux, root and strace. A run takes as long as importing torch three times; 100 of a kind take an hour or so.
"""

import argparse
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from signal import Signals
from tempfile import TemporaryDirectory
from typing import Any

from autograder.record.build import NAME
from benchmarks import commands, process_tree
from benchmarks.fault_injection import COUNT, KILL, Outcome, Strike, counts, run, usable
from benchmarks.record_comparison import Verdict, compare, read
from tests.harness.mini import CODE, Mini

TRACED = ("grader", "reader", "guard", "zygote", "tests")  # a worker's own system calls are the submission's
ERRORS = {
    "openat": ("EMFILE", "ENOMEM", "EIO"),
    "read": ("EIO", "ENOMEM"),
    "write": ("ENOSPC", "EIO"),
    "close": ("EIO",),
    "fsync": ("EIO", "ENOSPC"),
    "mmap": ("ENOMEM",),
    "rename": ("ENOSPC", "EIO"),
    "mkdir": ("ENOSPC", "EPERM"),
    "unlink": ("EIO",),
    "rmdir": ("EIO",),
    "getdents64": ("EIO",),
    "clone": ("EAGAIN", "ENOMEM"),
    "clone3": ("EAGAIN", "ENOMEM"),
    "fork": ("EAGAIN", "ENOMEM"),
    "vfork": ("EAGAIN", "ENOMEM"),
    "execve": ("ENOMEM",),
    "pipe2": ("EMFILE",),
    "socketpair": ("EMFILE", "ENOMEM"),
    "sendto": ("ENOMEM",),
    "sendmsg": ("ENOMEM", "EPERM"),
    "recvfrom": ("ENOMEM",),
    "recvmsg": ("ENOMEM", "EMFILE"),
    "poll": ("ENOMEM",),
    "pidfd_open": ("EMFILE",),
    "unshare": ("ENOMEM", "EPERM"),
    "setns": ("ENOMEM", "EPERM"),
    "prctl": ("EPERM",),
}
CODES = {2, 3, *(-number for number in Signals)}
# The tests take some seconds: otherwise nearly every moment of a grade would be within its imports.
SLEEPY = CODE.replace("    return 2 * x", "    import time; time.sleep(0.8)\n    return 2 * x")
KILLS, CALLS = 100, 4  # runs of each


def main() -> int:
    parser = commands.parser(__doc__)
    parser.add_argument("--kind", action="append", choices=process_tree.KINDS, help="repeatable")
    parser.add_argument("--fault", action="append", help="repeatable")
    parser.add_argument("--runs", type=int, help="runs of each (default: 100 kills, 4 of each fault)")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (default 0)")
    parser.add_argument(
        "--when", type=float, help="strike at this call or second, once; with --kind and --fault"
    )
    arguments = parser.parse_args()
    if shutil.which("strace") is None and arguments.fault != [KILL]:
        return _unusable("strace is not installed; --fault kill needs none")
    if not sys.platform.startswith("linux"):
        return _unusable("this needs Linux")
    if arguments.fault != [KILL] and (why := usable()):
        return _unusable(why)
    process_tree.adopt_orphans()
    with TemporaryDirectory(prefix="faults-") as folder:
        Path(folder).chmod(0o711)  # a worker's user passes through
        mini = Mini(Path(folder) / "mini")
        mini.code(SLEEPY)
        return measure(arguments, mini.root)


def _unusable(why: str) -> int:
    print(f"faults: {why}", file=sys.stderr)
    return 2


def measure(arguments: argparse.Namespace, root: Path) -> int:
    """Makes every run, prints a line for each and the table; returns the exit code."""
    undisturbed = run(root, None, 600.0)
    alone = read(root / "out" / NAME)
    if (
        alone is None
        or undisturbed.code
        or not alone["complete"]
        or undisturbed.files
        or undisturbed.processes
    ):
        raise SystemExit(
            f"the undisturbed grade already fails: {undisturbed}\n{(root / 'printed.txt').read_text()}"
        )
    limit = 120.0 + 4 * undisturbed.seconds
    lives = {kind: last - first for kind, (first, last) in undisturbed.lives.items()}
    rows: dict[tuple[str, str], Row] = {}
    for strike in _strikes(arguments, lives, root, limit):
        row = rows.setdefault((strike.kind, strike.fault), Row())
        outcome = run(root, strike, limit)
        if not outcome.struck and strike.kind in outcome.lives:  # the load of the machine has changed
            first, last = outcome.lives[strike.kind]
            lives[strike.kind] = last - first
        words = row.add(strike, outcome, _judged(alone, read(root / "out" / NAME), outcome))
        print(
            f"{strike.kind} {strike.fault} at {strike.when:.6g}: {words}, {outcome.seconds:.1f} s", flush=True
        )
    _show(rows)
    return 1 if any(row.counts["FALSE"] or row.counts["leftovers"] for row in rows.values()) else 0


def _strikes(
    arguments: argparse.Namespace, lives: dict[str, float], root: Path, limit: float
) -> Iterator[Strike]:
    """What is to be done, one run after another; `lives` are the seconds that a process of each kind is seen."""
    draw = random.Random(arguments.seed)
    wanted = arguments.fault or [KILL, *ERRORS]
    for kind in arguments.kind or process_tree.KINDS:
        if arguments.when is not None:
            yield from (Strike(kind, fault, arguments.when) for fault in wanted)
            continue
        if KILL in wanted:
            for _ in range(arguments.runs or KILLS):
                yield Strike(kind, KILL, draw.random() * lives[kind])
        if kind not in (arguments.kind or TRACED) or wanted == [KILL]:
            continue
        for call, count in sorted(counts(run(root, Strike(kind, COUNT, 0), limit).trace).items()):
            for fault in (f"{call}:{error}" for error in ERRORS.get(call, ())):
                if call in wanted or fault in wanted:
                    numbers = _spread(count, arguments.runs or CALLS, draw)
                    yield from (Strike(kind, fault, number) for number in numbers)


def _spread(count: int, runs: int, draw: random.Random) -> list[int]:
    """Numbers of calls, from 1 to `count`: one from each of `runs` equal parts, every second in the last tenth."""
    parts = [(part + draw.random()) / runs for part in range(runs)]
    return [1 + int(count * (0.9 + part / 10 if number % 2 else part)) for number, part in enumerate(parts)]


def _judged(alone: dict[str, Any], record: dict[str, Any] | None, outcome: Outcome) -> Verdict:
    if outcome.code is None:
        return Verdict(f"it had not ended after {outcome.seconds:.0f} s")
    if record is None and outcome.code:
        return Verdict(told=True)  # whoever looks for the record sees that there is none
    return compare(alone, record, outcome.code, CODES)


class Row:
    """The runs with one fault of one kind of process."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.example = ""

    def add(self, strike: Strike, outcome: Outcome, verdict: Verdict) -> str:
        """Counts a run; returns what came of it, in words."""
        words = "FALSE" if verdict.false else "said so" if verdict.told else "equal"
        self.counts[words if outcome.struck or verdict.false else "not struck"] += 1
        # Nobody can tidy up after a SIGKILL of the grader; the next start may.
        excused = strike.kind == "grader" and strike.fault == KILL
        left = [*outcome.processes, *(() if excused else outcome.files)]
        self.counts["leftovers"] += bool(left)
        details = [verdict.false, f"left: {', '.join(left)}" if left else ""]
        text = "; ".join(filter(None, details))
        if text and not self.example:
            again = f"--kind {strike.kind} --fault {strike.fault} --when {strike.when:.6g}"
            self.example = f"{text}\n    python -m benchmarks.faults {again}"
        struck = "" if outcome.struck else "not struck, "
        return f"{struck}{words}" + (f" ({text})" if text else "")


COLUMNS = ("equal", "said so", "FALSE", "leftovers", "not struck")


def _show(rows: dict[tuple[str, str], Row]) -> None:
    print(f"\n{'process':10}{'fault':22}{'runs':>6}" + "".join(f"{name:>12}" for name in COLUMNS))
    for (kind, fault), row in rows.items():
        runs = row.counts.total() - row.counts["leftovers"]
        print(f"{kind:10}{fault:22}{runs:6}" + "".join(f"{row.counts[name]:12}" for name in COLUMNS))
    for (kind, fault), row in rows.items():
        if row.example:
            print(f"{kind} {fault}: {row.example}")


if __name__ == "__main__":
    sys.exit(main())
