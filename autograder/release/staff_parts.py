"""Cuts the staff's parts out of a plain-text file: from a line `# BEGIN STAFF` to a line `# END STAFF`."""

from pathlib import Path

from autograder.release.markers import StubError, read_text

_BEGIN, _END = "# BEGIN STAFF", "# END STAFF"


def without_staff_parts(path: Path) -> str:
    """The text of a file (Makefile, TOML, Python) as students get it.

    Raises:
        StubError: a marker is nested, stray, unclosed or misspelt.
    """
    kept: list[str] = []
    opened = 0
    for number, line in enumerate(read_text(path).splitlines(keepends=True), 1):
        mark = line.strip()
        if mark == _BEGIN:
            if opened:
                raise StubError(path, number, f"nested: the staff's part of line {opened} is still open")
            opened = number
        elif mark == _END:
            if not opened:
                raise StubError(path, number, f"stray `{_END}`: no part is open")
            opened = 0
        elif mark.upper().replace(" ", "").startswith(("#BEGINSTAFF", "#ENDSTAFF")):
            raise StubError(path, number, f"misspelt marker `{mark}`; write `{_BEGIN}` or `{_END}`")
        elif not opened:
            kept.append(line)
    if opened:
        raise StubError(path, opened, f"unclosed part: `{_END}` is missing")
    return "".join(kept)
