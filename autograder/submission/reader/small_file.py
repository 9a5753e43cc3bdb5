"""Reads one small text file of a submission, and no more of it than is due."""

from pathlib import Path


def read_text(path: Path, kb: int, advice: str = "") -> str:
    """The text of a plain file, without its byte order mark.

    Args:
        path: of the file.
        kb: the most that is taken.
        advice: what to do about a larger one.

    Raises:
        OSError: it is missing, no plain file, or larger.
        UnicodeDecodeError: it is not UTF-8.
    """
    if path.exists() and not path.is_file():
        raise OSError(0, "it is no plain file")
    with path.open("rb") as file:
        data = file.read(kb * 1024 + 1)
    if len(data) > kb * 1024:
        raise OSError(0, f"it has more than {kb} KB{advice}")
    return data.decode("utf-8-sig")
