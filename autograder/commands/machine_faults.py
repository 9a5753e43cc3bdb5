"""What staff read when the machine failed the grader: a full disk, no memory, too many open files."""

import errno
import traceback
from pathlib import Path

_ADVICE = {
    errno.ENOSPC: "free space there",
    errno.EDQUOT: "free space there, or raise the quota",
    errno.EROFS: "use a place that can be written",
    errno.EACCES: "allow it for this user",
    errno.EPERM: "allow it for this user",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close other programs, or raise the system's limit of open files",
    errno.ENOMEM: "free memory, or use fewer --workers",
    errno.EAGAIN: "raise the limit of processes (ulimit -u), or use fewer --workers",
    errno.EIO: "check the disk",
}


def in_words(error: OSError | MemoryError) -> str:
    """One line: the file or the call, what the system said of it, and what to do."""
    if isinstance(error, MemoryError):
        said, advice = "out of memory", _ADVICE[errno.ENOMEM]
    else:
        said = error.strerror or " ".join(str(error).split()) or type(error).__name__
        advice = _ADVICE.get(error.errno or 0, "see to it")
    files = [
        str(name) for name in (getattr(error, "filename", None), getattr(error, "filename2", None)) if name
    ]
    what = " -> ".join(files) or "the machine"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" (in {Path(frames[-1].filename).name}: {frames[-1].line})" if frames else ""
    return f"{what}: {said}{where}; {advice}, then run this command again"
