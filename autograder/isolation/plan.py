"""The data that grader and zygote exchange: the paths, the limits of a worker, and the layers in force."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Plan:
    """The arguments of a zygote. They are on its command line, so nothing here may be secret.

    Attributes:
        staging: the folder of the packages that workers may mount.
        package: the name under which a worker mounts one.
        visible: what else a worker may read: Python and its libraries.
        scratch: an empty folder. Each worker gets a folder of its own in it, to write to.
        imports: modules that are imported before the first fork.
        threads: torch threads of a worker, set after the fork.
        grader: process id of the grader. The zygote and all workers end when the grader ends.
        control: descriptor on which the zygote receives requests.
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
    """What one worker may use. The grader limits the wall-clock time; `cpu_seconds` is a second limit behind it.

    Attributes:
        cpu_seconds: processor time of all threads together.
        memory_mb: memory beyond what the worker starts with. Not enforced if a GPU is used: its driver maps far more.
        file_mb: size of one file. All files in the scratch folder may have four times this size.
        open_files: number of open descriptors.
        threads: number of threads at a time; enforced if the worker has a user of its own.
    """

    cpu_seconds: int = 60
    memory_mb: int = 1024
    file_mb: int = 16
    open_files: int = 128
    threads: int = 64

    @property
    def scratch_mb(self) -> int:
        """The size of all files in the scratch folder together."""
        return 4 * self.file_mb

    def describe(self) -> dict[str, str]:
        """Each limit as a text for students."""
        return {
            "memory": f"{self.memory_mb} MB",
            "file size": f"{self.file_mb} MB a file, {self.scratch_mb} MB in all",
            "open files": str(self.open_files),
            "processes": f"{self.threads} threads, and no further process",
        }


MAX_SCRATCH_FILES = 2_000


@dataclass(frozen=True)
class Layers:
    """The layers that isolate a worker on this machine, as the zygote found them.

    Attributes:
        namespaces: those of "user", "mount", "pid", "network" and "ipc" that the worker does not share.
        private_root: whether a worker sees only the files that the plan names as visible.
        landlock: version of Landlock, 0 if there is none.
        seccomp: whether the worker's system calls are filtered.
        user: the first of the user ids that workers get. None: workers run as the grader's own user.
        read_capability: the bit of the one capability that a worker keeps, or 0. A worker needs it if Python is in a
            folder that the worker's user must not enter. Landlock or a mount restricts what it can reach by it.
        missing: what is required and cannot be reached here, in words.
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
        """Whether a worker may write to its scratch folder: only if some layer restricts it to that folder."""
        return self.private_root or self.landlock > 0

    def describe(self) -> list[str]:
        """Each layer in one or two words, for the record."""
        named = [f"{name} namespace" for name in self.namespaces]
        named += ["private root"] if self.private_root else []
        named += [f"Landlock {self.landlock}"] if self.landlock else []
        named += ["seccomp"] if self.seccomp else []
        named += ["user of its own"] if self.user is not None else []
        return [*named, "resource limits"]


def to_json(value: Plan | WorkerLimits | Layers) -> dict[str, Any]:
    """The fields as plain data."""
    return asdict(value)


def plan_from(data: dict[str, Any]) -> Plan:
    """The plan that `to_json` turned into `data`."""
    return Plan(**{**data, "visible": tuple(data["visible"]), "imports": tuple(data["imports"])})


def layers_from(data: dict[str, Any]) -> Layers:
    """The layers that `to_json` turned into `data`."""
    return Layers(**{**data, "namespaces": tuple(data["namespaces"]), "missing": tuple(data["missing"])})


def limits_from(data: dict[str, Any]) -> WorkerLimits:
    """The limits that `to_json` turned into `data`."""
    return WorkerLimits(**data)
