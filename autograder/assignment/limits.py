"""What a submission may contain: the `[intake]` table of the manifest, with its defaults."""

from dataclasses import dataclass

MB = 1_000_000


@dataclass(frozen=True)
class IntakeLimits:
    """Which files are read from a submission, and how much of them.

    Attributes:
        accept: patterns of the files that are graded, inside the package; `**` stands for any number of folders.
        file_mb: the largest size of one file, in millions of bytes.
        total_mb: the largest size of all files together.
        entries: how many files are read at most.
        ratio: the largest ratio of the unpacked size of an archive to its own size.
        log_mb: the largest size of a `submission_log.json`.
    """

    accept: tuple[str, ...] = ("**/*.py", "answers.toml")
    file_mb: float = 1
    total_mb: float = 20
    entries: int = 2000
    ratio: float = 100
    log_mb: float = 64
