"""Looks for secrets in whatever an attack gets hold of, and shouts them out by every channel if there are any."""

import re
from collections.abc import Iterable

# Secrets that no worker may hold; inputs of hidden tests reach one by right.
_SECRET = re.compile(rb"sesame-(?!input)[a-z]+-[0-9a-f]{12}")


def search(*things: object) -> list[str]:
    """The secrets in some bytes, texts or reprs."""
    found = []
    for thing in things:
        data = thing if isinstance(thing, bytes) else str(thing).encode(errors="replace")
        found += [secret.decode() for secret in _SECRET.findall(data)]
    return found


def read(paths: Iterable[str]) -> list[str]:
    """The secrets in files, and the names of folders that can be listed though they are none of ours."""
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
    """Nothing if there is nothing; else prints it all and raises it."""
    if found:
        print(found)
        raise RuntimeError(" ".join(found))
