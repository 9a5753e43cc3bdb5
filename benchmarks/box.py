"""Runs a command in a box like Gradescope's default one, and measures the time and memory of its process tree.

    python -m benchmarks.box [--python PYTHON] [--cpu 0.5] [--memory-mb 768] [-- COMMAND ...]

Without a command, it runs a full grade of the reference. `--python` names the interpreter of an environment with
CPU-only torch and without torchvision, like the environment of a box without a GPU. A control group (v1 or v2; needs
root) limits the CPU. With `--memory-mb` the box has no more memory than that, and a command that needs more is killed.

Two values of memory are measured, each as the peak over samples: the tree's proportional set size, and what the control
group counts without files that were read, which the kernel drops when memory is short. A box kills by the second one;
the first one also counts the files of torch.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks import commands

ROOT = Path(__file__).parents[1]
CGROUP = Path("/sys/fs/cgroup")
PERIOD = 100_000  # microseconds


@dataclass(frozen=True)
class Box:
    """A control group for one command."""

    cpu: Path
    memory: Path
    is_v1: bool

    @classmethod
    def make(cls, cpus: float, memory_mb: int | None) -> "Box":
        """A group that may use `cpus` CPUs and, if given, `memory_mb` of memory."""
        name = f"box-{time.monotonic_ns()}"
        if (CGROUP / "cgroup.controllers").exists():
            folder = CGROUP / name
            folder.mkdir()
            (folder / "cpu.max").write_text(f"{int(cpus * PERIOD)} {PERIOD}")
            if memory_mb:
                (folder / "memory.max").write_text(f"{memory_mb}M")
            return cls(folder, folder, is_v1=False)
        box = cls(CGROUP / "cpu" / name, CGROUP / "memory" / name, is_v1=True)
        box.cpu.mkdir()
        box.memory.mkdir()
        (box.cpu / "cpu.cfs_period_us").write_text(str(PERIOD))
        (box.cpu / "cpu.cfs_quota_us").write_text(str(int(cpus * PERIOD)))
        if memory_mb:
            (box.memory / "memory.limit_in_bytes").write_text(f"{memory_mb}M")
        return box

    def enter(self, pid: int) -> None:
        """Puts a process, and all processes that it will start, into the box."""
        for folder in {self.cpu, self.memory}:
            (folder / "cgroup.procs").write_text(str(pid))

    def kept_mb(self) -> float:
        """Memory of the processes in the box that the kernel cannot take back by dropping files, in MB."""
        stat = dict(line.split() for line in (self.memory / "memory.stat").read_text().splitlines())
        usage = (self.memory / ("memory.usage_in_bytes" if self.is_v1 else "memory.current")).read_text()
        files = [f"{'total_' if self.is_v1 else ''}{kind}_file" for kind in ("active", "inactive")]
        return (int(usage) - sum(int(stat[name]) for name in files)) / 1e6

    def close(self) -> None:
        """Removes the empty box."""
        for folder in {self.cpu, self.memory}:
            folder.rmdir()


def tree_pss(pid: int) -> float:
    """Proportional set size of a process and its descendants, in MB."""
    total = 0
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in family:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # it ended after it was listed
            continue
    return total / 1e6


def start(command: list[str], box: Box | None, **options: Any) -> "subprocess.Popen[str]":
    """Starts a command in a box, if there is one, in which it is from its first instruction.

    Args:
        command: the command with its arguments.
        box: where it runs.
        options: of `subprocess.Popen`.
    """
    # The command waits for a line before it starts.
    waiting = [
        sys.executable,
        "-c",
        "import os, sys; sys.stdin.readline(); os.execvp(sys.argv[1], sys.argv[1:])",
    ]
    process = subprocess.Popen(
        [*waiting, *command], **{"cwd": ROOT, **options}, stdin=subprocess.PIPE, text=True
    )
    if box is not None:
        box.enter(process.pid)
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.close()
    return process


def run(command: list[str], cpus: float, memory_mb: int | None) -> dict[str, float]:
    """Runs a command in a box; returns seconds of wall time, two peaks of memory in MB, and the exit code."""
    box = Box.make(cpus, memory_mb)
    started = time.monotonic()
    process = start(command, box)
    peak = kept = 0.0
    while process.poll() is None:
        peak = max(peak, tree_pss(process.pid))
        kept = max(kept, box.kept_mb())
        time.sleep(0.1)
    seconds = time.monotonic() - started
    box.close()
    return {
        "seconds": round(seconds, 1),
        "peak_pss_mb": round(peak),
        "peak_kept_mb": round(kept),
        "exit_code": process.returncode,
    }


def main() -> None:
    parser = commands.parser(__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--cpu", type=float, default=0.5)
    parser.add_argument("--memory-mb", type=int, help="memory limit of the box; default: no limit")
    parser.add_argument("command", nargs="*")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as out:
        grade = [arguments.python, "-m", "autograder", "grade", "solutions", "--out", out]
        figures = run(arguments.command or grade, arguments.cpu, arguments.memory_mb)
        log = Path(out) / "submission_log.json"
        if log.exists():
            record = json.loads(log.read_text())
            figures |= {"score": record["score"], "max_score": record["max_score"]}
            print(
                {"torch": record["environment"]["torch"], "torchvision": record["environment"]["torchvision"]}
            )
    print(json.dumps({"cpus": arguments.cpu, **figures}))


if __name__ == "__main__":
    main()
