"""Looks for secrets in everything that an attack can read, and prints them through every channel."""

import re
from collections.abc import Iterable

# Secrets that no worker must have. A worker does get the inputs of hidden tests.
_SECRET = re.compile(rb"sesame-(?!input)[a-z]+-[0-9a-f]{12}")


def search(*things: object) -> list[str]:
    """The secrets in bytes, texts or reprs."""
    found = []
    for thing in things:
        data = thing if isinstance(thing, bytes) else str(thing).encode(errors="replace")
        found += [secret.decode() for secret in _SECRET.findall(data)]
    return found


def read(paths: Iterable[str]) -> list[str]:
    """The secrets in files, and the names of other folders that can be listed."""
    import os

    found = []
    for path in paths:
        try:
            if os.path.isdir(path):
                found += [f"listed {path}: {os.listdir(path)}"]
            else:
                with open(path, "rb") as file:
                    found += [f"read {path}", *search(file.read(1 << 20))]
        except OSError:
            continue
    return found


def spill(found: list[str]) -> None:
    """Prints and raises all secrets; does nothing if there are none."""
    if found:
        print(found)
        raise RuntimeError(" ".join(found))
