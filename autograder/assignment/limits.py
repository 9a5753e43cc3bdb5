"""What a submission may hold: the `[intake]` table of the manifest, with its defaults."""

from dataclasses import dataclass

MB = 1_000_000


@dataclass(frozen=True)
class IntakeLimits:
    """What is taken from a submission, and how much of it.

    Attributes:
        accept: patterns of the files that are graded, inside the package; `**` is any number of folders.
        file_mb: size of one file, in millions of bytes.
        total_mb: of all files that are read.
        entries: how many files are read.
        ratio: how many times its own size an archive may unpack to.
        log_mb: size of a `submission_log.json`.
    """

    accept: tuple[str, ...] = ("**/*.py", "answers.toml")
    file_mb: float = 1
    total_mb: float = 20
    entries: int = 2000
    ratio: float = 100
    log_mb: float = 64
