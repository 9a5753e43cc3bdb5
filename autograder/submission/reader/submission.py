"""Detects the kind of a submission by its content, and reads it."""

import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.assignment.limits import MB, IntakeLimits
from autograder.submission.reader import folder, log, machine, names, tarred, zipped
from autograder.submission.reader.extract import Event, File, Log, Remark, Skipped, extract

MAGIC = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z archive",
    b"Rar!": "Rar archive",
}
HANDED_IN = "hand in the package's folder, a .zip or .tar of it, or submission_log.json"


def job(request: dict[str, Any]) -> Iterator[tuple[Any, bytes]]:
    """The events of `read`, each as its kind, name and reason, with a file's bytes."""
    limits = IntakeLimits(**request["limits"])
    for event in read(Path(request["path"]), limits, request["assignment"]):
        match event:
            case File():
                yield ("file", event.name, ""), event.data
            case Skipped():
                yield ("skipped", event.name[:400], event.why), b""
            case Remark():
                yield ("remark", "", event.text), b""


def read(path: Path, limits: IntakeLimits, assignment: str) -> Iterator[Event]:
    """The content of a folder, an archive or a log as events. Raises no exception, whatever the content is."""
    name = names.shown(path.name)
    try:
        kind = kind_of(path)
        if kind == "folder" and (lone := _lone_container(path)) is not None:
            path, name = lone, names.shown(lone.name)
            kind = kind_of(path)
        if kind == "log" and path.stat().st_size > limits.log_mb * MB:
            yield Remark(f"{name} has more than {limits.log_mb:g} MB, the limit for a log: {log.ADVICE}")
            return
        data = path.read_bytes() if kind == "log" else b""
    except OSError as error:
        machine.check(error)
        yield Remark(f"{name} cannot be read ({error.strerror}): {HANDED_IN}")
        return
    match kind:
        case "folder":
            events = extract(name, folder.entries(path), limits)
        case "zip":
            events = extract(name, zipped.entries(path, limits.ratio), limits)
        case "tar" | "gzip" | "bzip2" | "xz":
            events = extract(name, tarred.entries(path, kind, limits.ratio), limits)
        case "log":
            events = iter([Log(name, data)])
        case "":
            events = iter([Remark(f"{name} is not a file that can be read: {HANDED_IN}")])
        case _:
            events = iter([Remark(f"{name} is a {kind}, which cannot be read here: {HANDED_IN}")])
    for event in events:
        if not isinstance(event, Log):
            yield event
            continue
        name = names.shown(event.name)
        for inner in extract(name, log.entries(name, event.data, assignment), limits):
            yield Skipped(inner.name) if isinstance(inner, Log) else inner


def _lone_container(path: Path) -> Path | None:
    """The only file of a folder, if it is an archive or a log: Gradescope unpacks zips only."""
    lone = folder.lone_file(path)
    if lone is None:
        return None
    kind = kind_of(lone)
    return lone if kind and (kind != "log" or lone.suffix == ".json") else None


def kind_of(path: Path) -> str:
    """The kind of a path, by its content; "" if it is unknown."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        return "folder"
    if not stat.S_ISREG(status.st_mode):
        return "device or pipe"
    with folder.open_plain(path) as file:
        start = file.read(tarfile.BLOCKSIZE)
    for magic, kind in MAGIC.items():
        if start.startswith(magic):
            return kind
    if len(start) == tarfile.BLOCKSIZE and _is_tar(start):
        return "tar"
    if path.suffix == ".json" or start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "log"
    return "zip" if zipfile.is_zipfile(path) else ""  # a zip with other bytes before it


def _is_tar(block: bytes) -> bool:
    if not any(block):
        return True  # an empty tar
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True
