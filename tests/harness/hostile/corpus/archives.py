"""Class 9: archives and folders with paths that lead outside, entries that are not files, or huge contents."""

import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.harness.hostile.corpus import packs
from tests.harness.hostile.entry import Entry, Pack
from tests.harness.hostile.homework import POINTS
from tests.harness.packing import folder, member, tarred, zipped

EVIL = packs.EVIL
NOTHING = dict.fromkeys(POINTS, "CRASHED")
OUTSIDE = ("/tmp/evil.py", "../evil.py", "pupil/../../evil.py", "..\\..\\evil.py", "C:\\evil.py", "//evil.py")
ODD = (
    "pupil/a\x1b[2J.py",
    "pupil/b\0.py",
    "pupil/" + "c" * 300 + ".py",
    ".",
    "pupil/MATHS.py",
    "pupil/mathſ.py",
)


def packed(id: str, tries: str, pack: Pack, note: str = "", ends: dict[str, str] | None = None) -> Entry:
    """An entry that is submitted as this archive or folder."""
    return Entry(id, 9, tries, {}, ends or {}, note, pack)


def a_zip(*more: tuple[zipfile.ZipInfo | str, bytes]) -> Pack:
    """A zip with the package and some more entries."""
    return lambda place, files: zipped(place / "hw.zip", files, *more)


def a_tar(*more: tuple[tarfile.TarInfo, bytes]) -> Pack:
    """A tar with some more entries and the package."""
    return lambda place, files: tarred(place / "hw.tar", files, *more)


def changed(change: Callable[[Path, Path], object]) -> Pack:
    """A folder with a changed package; the change knows the staff's folder."""

    def pack(place: Path, files: dict[str, bytes]) -> Path:
        root = folder(place / "submission", files)
        change(root / "pupil", place.parents[1] / "homework")
        return root

    return pack


def linked(package: Path, staff: Path) -> None:
    """Links to folders of staff, and to the solution of one task; and nested folders."""
    (package / "given").mkdir()
    for link, target in (
        ("checks", "checks"),
        ("given/more", "reference"),
        ("extra.py", "reference/maths.py"),
    ):
        (package / link).symlink_to(staff / target)
    (package / "words.py").unlink()
    (package / "words.py").symlink_to(staff / "reference/words.py")
    for depth in range(1, 100, 10):
        folder(package, {"deeper/" * depth + "deep.py": EVIL})


def piped(package: Path, staff: Path) -> None:
    """A pipe without a writer instead of a file."""
    (package / "words.py").unlink()
    os.mkfifo(package / "words.py")


ENTRIES = (
    packed(
        "zip-entries",
        "names that lead outside, are empty, or differ in case or Unicode form; links, and a file through a link",
        a_zip(
            *((packs.named(name), EVIL) for name in (*OUTSIDE, *ODD)),
            (packs.named("pupil/a.py", 0o120777), b"/etc/passwd"),
            (packs.named("pupil/up", 0o120777), b".."),
            ("pupil/up/evil.py", EVIL),
        ),
        "left out",
    ),
    packed(
        "tar-entries",
        "names that lead outside or are not text, links of both kinds, a file through a link, devices and pipes",
        a_tar(
            *(member(name, EVIL) for name in (*OUTSIDE, "pupil/x\udce9.py")),
            member("pupil/extra.py", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
            member("pupil/hard.py", type=tarfile.LNKTYPE, linkname="../../homework/reference/maths.py"),
            member("pupil/up", type=tarfile.SYMTYPE, linkname="../.."),
            member("pupil/up/evil.py", EVIL),
            member("pupil/memory.py", type=tarfile.CHRTYPE, devmajor=1, devminor=1),
            member("pupil/disk.py", type=tarfile.BLKTYPE, devmajor=8, devminor=0),
            member("pupil/pipe.py", type=tarfile.FIFOTYPE),
            member("pupil/suid.py", b"", mode=0o6777, uid=0, gid=0),
        ),
        "a link",
    ),
    packed("zip-bomb-ratio", "60 MB in 60 KB", packs.bomb, "larger than"),
    packed(
        "tar-bomb-ratio",
        "30 MB in 5 KB, before all other entries",
        packs.squeezed,
        "unpacks to more than",
        NOTHING,
    ),
    packed(
        "zip-bomb-count",
        "five thousand files",
        a_zip(*((f"pupil/more/f{number}.py", b"") for number in range(5_000))),
        "more than 2000 files",
    ),
    packed(
        "zip-bomb-overlap",
        "three hundred files that share their bytes",
        packs.overlapping,
        "shares its bytes",
    ),
    packed(
        "zip-twice",
        "each file twice, a malicious one first",
        packs.twice,
        "more than one file with the same name",
    ),
    packed("zip-cut-short", "half a zip", packs.cut, "hw.zip", NOTHING),
    packed("tar-garbage", "a gzip of garbage", packs.garbage, "hw.tar.gz", NOTHING),
    packed("zip-in-zip", "a zip in a zip", packs.nested, "an archive inside is not opened", NOTHING),
    packed(
        "zip-renamed",
        "another name for the package, below folders with unusual names",
        packs.renamed,
        "it is graded as pupil",
    ),
    packed("zip-two-roots", "a second package beside the first", packs.two_roots, "more than one folder"),
    packed(
        "folder-links",
        "links to folders of staff, and a hundred folders",
        changed(linked),
        "a link",
        {"words.shout": "CRASHED"},
    ),
    packed(
        "folder-pipe",
        "a pipe instead of a file",
        changed(piped),
        "not a regular file",
        {"words.shout": "CRASHED"},
    ),
    packed(
        "folder-device", "a device that never ends", lambda *_: Path("/dev/zero"), "device or pipe", NOTHING
    ),
)
