"""What grader and zygote tell each other: where things are, what a worker may use up, and what is in force."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Plan:
    """What a zygote is started with. It stands on a command line, so nothing in it may be secret.

    Attributes:
        staging: the folder of the packages that workers may mount.
        package: the name under which a worker mounts one.
        visible: what a worker may read besides: Python and its libraries.
        scratch: an empty folder in which each worker gets one of its own to write to.
        imports: what is imported before the first fork.
        threads: torch threads of a worker, set after the fork.
        grader: process id of the grader, with which everything ends.
        control: descriptor on which the zygote listens.
    """

    staging: str
    package: str
    visible: tuple[str, ...]
    scratch: str
    imports: tuple[str, ...]
    threads: int
    grader: int
    control: int


@dataclass(frozen=True)
class WorkerLimits:
    """What one worker may use up. Time on the clock is the grader's to watch; `cpu_seconds` stand behind it.

    Attributes:
        cpu_seconds: of processor time, over all threads.
        memory_mb: of memory, beyond what it starts with. Not enforced where a GPU is used: its driver maps far more.
        file_mb: of one file; four times that for its whole scratch folder.
        open_files: descriptors.
        threads: at once, where the worker has a user of its own.
    """

    cpu_seconds: int = 60
    memory_mb: int = 1024
    file_mb: int = 16
    open_files: int = 128
    threads: int = 64

    @property
    def scratch_mb(self) -> int:
        """Of all files in the scratch folder together."""
        return 4 * self.file_mb

    def describe(self) -> dict[str, str]:
        """The most of each, as a student may read it."""
        return {
            "memory": f"{self.memory_mb} MB",
            "file size": f"{self.file_mb} MB a file, {self.scratch_mb} MB in all",
            "open files": str(self.open_files),
            "processes": f"{self.threads} threads, and no further process",
        }


MAX_SCRATCH_FILES = 2_000


@dataclass(frozen=True)
class Layers:
    """What stands between a worker and the rest of the machine, as the zygote found it here.

    Attributes:
        namespaces: of "user", "mount", "pid", "network" and "ipc", those that are the worker's own.
        private_root: only what the plan names as visible exists for it.
        landlock: version of Landlock's rules, 0 where there is none.
        seccomp: its system calls are filtered.
        user: the first of the user ids that workers get, or None: they run as the grader's own user.
        read_capability: the one capability that it keeps, if any, as a bit: to pass folders that its user may not enter
            where Python lies in one. What it reads and writes by that, Landlock or a mount bounds.
    """

    namespaces: tuple[str, ...] = ()
    private_root: bool = False
    landlock: int = 0
    seccomp: bool = False
    user: int | None = None
    read_capability: int = 0
    missing: tuple[str, ...] = field(default=())

    @property
    def can_write(self) -> bool:
        """Whether a worker may write to its scratch folder: only where something keeps it to that folder."""
        return self.private_root or self.landlock > 0

    def describe(self) -> list[str]:
        """Each layer in a word or two, for the record."""
        named = [f"{name} namespace" for name in self.namespaces]
        named += ["private root"] if self.private_root else []
        named += [f"Landlock {self.landlock}"] if self.landlock else []
        named += ["seccomp"] if self.seccomp else []
        named += ["user of its own"] if self.user is not None else []
        return [*named, "resource limits"]


def to_json(value: Plan | WorkerLimits | Layers) -> dict[str, Any]:
    """As plain data."""
    return asdict(value)


def plan_from(data: dict[str, Any]) -> Plan:
    """A plan from what `to_json` made of it."""
    return Plan(**{**data, "visible": tuple(data["visible"]), "imports": tuple(data["imports"])})


def layers_from(data: dict[str, Any]) -> Layers:
    """Layers from what `to_json` made of them."""
    return Layers(**{**data, "namespaces": tuple(data["namespaces"]), "missing": tuple(data["missing"])})


def limits_from(data: dict[str, Any]) -> WorkerLimits:
    """Limits from what `to_json` made of them."""
    return WorkerLimits(**data)
