"""Class 12: accidents. A broken file loses its task, with a reason; the other tasks are not affected."""

import os
from pathlib import Path

from tests.harness.hostile.entry import Entry, Files
from tests.harness.hostile.homework import HONEST, POINTS
from tests.harness.packing import folder

LOSS, DRAWS, WORDS, CALLS = (HONEST[f"{name}.py"] for name in ("loss", "draws", "words", "calls"))
FOUR = ("loss.squares", "draws.noise", "words.shout", "calls.twice")


def fine(id: str, tries: str, files: Files, note: str = "") -> Entry:
    """An unusual but right entry."""
    return Entry(id, 12, tries, files, note=note)


def broken(id: str, tries: str, loss: object, draws: object, words: object, calls: object) -> Entry:
    """An entry with four broken files."""
    files: Files = {"loss.py": loss, "draws.py": draws, "words.py": words, "calls.py": calls}  # type: ignore[dict-item]
    return Entry(id, 12, tries, files, dict.fromkeys(FOUR, "CRASHED"))


def empty(place: Path, files: dict[str, bytes]) -> Path:
    """An empty folder."""
    return folder(place / "submission", {".gitkeep": b""})


ENTRIES = (
    broken(
        "accident-syntax",
        "a missing colon, a print statement of Python 2, tabs mixed with spaces, a merge conflict",
        "def squares(x, y)\n    return ((x - y) ** 2).mean()\n",
        DRAWS.replace("    return", "    print shape\n    return"),
        "def shout(text):\n\tif text:\n        return text.upper() + '!'\n",
        f"<<<<<<< HEAD\n{CALLS}=======\n{CALLS}>>>>>>> theirs\n",
    ),
    broken(
        "accident-encoding",
        "UTF-16, Latin 1, NUL, and a notebook with the name of a source file",
        LOSS.encode("utf-16"),
        "name = 'Übung'\n".encode("latin-1") + DRAWS.encode(),
        b"\0" * 100 + WORDS.encode(),
        '{"cells": [], "nbformat": 4}',
    ),
    broken(
        "accident-names",
        "an import of a missing module, other names for an argument and a function, a circular import",
        "import no_such_thing\n" + LOSS,
        DRAWS.replace("(shape, generator=", "(size, generator="),
        WORDS.replace("shout", "cry"),
        "from .calls import twice as once\n" + CALLS,
    ),
    broken(
        "accident-files",
        "a missing file, two empty files, and one that returns nothing it could return",
        None,
        "",
        b"\xef\xbb\xbf",
        "# calls\n",
    ),
    broken(
        "accident-left-in",
        "input(), a breakpoint, exit(), and a notebook command",
        LOSS.replace("return", "input('Go on?')\n    return"),
        DRAWS.replace("return", "breakpoint()\n    return"),
        WORDS + "exit()\n",
        "%matplotlib inline\n" + CALLS,
    ),
    Entry(
        "accident-todo",
        12,
        "an unfinished task, a blank answer, a function without a return, an endless loop at import",
        {
            "words.py": 'def shout(text):\n    raise NotImplementedError("TODO(q2): words.shout")\n',
            "answers.toml": 'colour = ""\n',
            "loss.py": LOSS.replace("return", "result ="),
            "draws.py": DRAWS + "while True:\n    pass\n",
        },
        {"words.shout": "TODO", "answers.colour": "TODO", "loss.squares": "FAILED", "draws.noise": "TIMEOUT"},
    ),
    Entry(
        "accident-empty",
        12,
        "an empty folder",
        {},
        dict.fromkeys(POINTS, "CRASHED"),
        "no package found",
        empty,
    ),
    fine(
        "accident-harmless",
        "line ends of Windows and old Macs, byte order marks, a megabyte of output, modules called random and torch",
        {
            "loss.py": (LOSS + "if __name__ == '__main__':\n    while True:\n        pass\n").replace(
                "\n", "\r\n"
            ),
            "draws.py": DRAWS.replace("\n", "\r"),
            "words.py": "\ufeff" + WORDS.replace("return", "print('x' * 1_000_000)\n    return"),
            "answers.toml": '\ufeffcolour = "blue"\r\n',
            **dict.fromkeys(("random.py", "types.py", "torch.py"), "x = 1\n"),
        },
    ),
    fine(
        "accident-notebook",
        "a notebook with 50 MB of output, and leftover files of tools",
        {
            "work.ipynb": '{"cells": [{"outputs": ["' + "x" * 50_000_000 + '"]}], "nbformat": 4}',
            "__pycache__/maths.cpython-311.pyc": os.urandom(100),
            ".DS_Store": b"\0\0\0\1",
            "._maths.py": b"\0",
            ".ipynb_checkpoints/maths-checkpoint.py": "1 / 0\n",
        },
        "left out",
    ),
)
