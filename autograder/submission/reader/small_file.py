"""Reads one small text file of a submission, up to a limit."""

from pathlib import Path


def read_text(path: Path, kb: int, advice: str = "") -> str:
    """The text of a regular file, without its byte order mark.

    Args:
        path: of the file.
        kb: the largest size.
        advice: what to do about a larger file.

    Raises:
        OSError: it is missing, is not a regular file, or is larger.
        UnicodeDecodeError: it is not UTF-8.
    """
    if path.exists() and not path.is_file():
        raise OSError(0, "it is not a regular file")
    with path.open("rb") as file:
        data = file.read(kb * 1024 + 1)
    if len(data) > kb * 1024:
        raise OSError(0, f"it has more than {kb} KB{advice}")
    return data.decode("utf-8-sig")
