"""Archives of a submission that no honest tool creates."""

import os
import warnings
import zipfile
from pathlib import Path

from tests.harness.packing import member, tarred, zipped

EVIL = b"import os\nos._exit(0)\n"
MB = 1_000_000
OVERLAPPING = ("compress_type", "compress_size", "file_size", "CRC", "header_offset", "flag_bits")


def named(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    """An entry of a zip with a name that the library itself would fix."""
    info = zipfile.ZipInfo("x")
    info.filename, info.create_system, info.external_attr = name, 3, mode << 16
    return info


def bomb(place: Path, files: dict[str, bytes]) -> Path:
    """A zip with the package and 60 MB of zeros, in 60 KB."""
    path = zipped(place / "hw.zip", files)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("pupil/large.py", "w") as entry,
    ):
        for _ in range(60):
            entry.write(bytes(MB))
    return path


def squeezed(place: Path, files: dict[str, bytes]) -> Path:
    """A tar.xz that unpacks to thousands of times its size before the package."""
    return tarred(place / "hw.tar.xz", files, member("pupil/large.bin", bytes(30 * MB)), mode="w:xz")


def overlapping(place: Path, files: dict[str, bytes]) -> Path:
    """A zip whose directory lists the same packed bytes three hundred times."""
    path = zipped(place / "hw.zip", files, ("pupil/many.py", bytes(900_000)))
    with zipfile.ZipFile(path, "a") as archive:
        one = archive.getinfo("pupil/many.py")
        for number in range(300):
            other = named(f"pupil/many{number}.py")
            for field in OVERLAPPING:
                setattr(other, field, getattr(one, field))
            archive.filelist.append(other)
        archive._didModify = True  # type: ignore[attr-defined]
    return path


def twice(place: Path, files: dict[str, bytes]) -> Path:
    """A zip in which every file occurs twice: a malicious one first."""
    with warnings.catch_warnings(action="ignore"):
        return zipped(place / "hw.zip", dict.fromkeys(files, EVIL), *files.items())


def cut(place: Path, files: dict[str, bytes]) -> Path:
    """A zip without its second half."""
    path = zipped(place / "hw.zip", files)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def garbage(place: Path, files: dict[str, bytes]) -> Path:
    """A file with the start of a gzip and then garbage."""
    (place / "hw.tar.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + os.urandom(5_000))
    return place / "hw.tar.gz"


def nested(place: Path, files: dict[str, bytes]) -> Path:
    """The package in a zip, in a zip."""
    inner = zipped(place / "inner.zip", files).read_bytes()
    return zipped(place / "hw.zip", {"inner.zip": inner})


def renamed(place: Path, files: dict[str, bytes]) -> Path:
    """The package under another name, below folders with unusual names."""
    odd = "Übung 12 (final)/$(touch x)/my hw/"
    return zipped(place / "hw.zip", {name.replace("pupil/", odd, 1): data for name, data in files.items()})


def two_roots(place: Path, files: dict[str, bytes]) -> Path:
    """The package, and a second one with fewer files, which are malicious."""
    return zipped(place / "hw.zip", {**files, "other/maths.py": EVIL, "other/words.py": EVIL})
