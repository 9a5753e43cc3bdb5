"""Zips that are the same, byte for byte, wherever and whenever they are made of the same files."""

import os
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path


def pack(files: Mapping[str, bytes], path: Path, *, executable: Collection[str] = ()) -> None:
    """Writes a zip atomically: sorted, dated 1980, plain files of mode 644, or 755 where `executable` names them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(files):
                info = zipfile.ZipInfo(name)
                info.create_system = 3  # as Unix writes it, wherever this runs
                info.external_attr = (0o100755 if name in executable else 0o100644) << 16
                archive.writestr(info, files[name], zipfile.ZIP_DEFLATED, 9)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
