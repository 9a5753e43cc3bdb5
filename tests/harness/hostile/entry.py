"""One hostile submission: what it tries, its files, how they are submitted, and the required outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent

from tests.harness.hostile.homework import HONEST, POINTS
from tests.harness.packing import folder

Files = Mapping[str, str | bytes | None]
Pack = Callable[[Path, dict[str, bytes]], Path]
TARGET = "maths.double"  # most attacks are in this one task; all others are honest
CODE = tuple(task for task in POINTS if not task.startswith("answers."))

KIT = {
    f"{path.stem}.py": path.read_text()
    for path in sorted((Path(__file__).parent / "kit").glob("*.py"))
    if path.stem != "__init__"
}
PRELUDE = "import os, sys, time\nimport torch\nfrom . import aim, forge, loot\nfrom .given import table\n"


def as_folder(place: Path, files: dict[str, bytes]) -> Path:
    """Submits the files as a folder."""
    return folder(place / "submission", files)


@dataclass(frozen=True)
class Entry:
    """A submission that is honest except for `files`.

    Attributes:
        id: a few words, joined with hyphens.
        kind: its class in the list of attacks.
        tries: what it tries, in one line.
        files: by their path inside the package; None removes an honest file.
        ends: tasks without full marks: the outcome of each of their tests, or the worst outcome and the points.
        note: a text that one of the grader's notes must contain; "" if there must be no note.
        pack: writes the files into a new folder; their paths start with the package name.
        hangs: it is graded with a short total limit.
    """

    id: str
    kind: int
    tries: str
    files: Files = field(default_factory=dict)
    ends: Mapping[str, str | tuple[str, float]] = field(default_factory=dict)
    note: str = ""
    pack: Pack = as_folder
    hangs: bool = False

    def package(self, aim: str) -> dict[str, bytes]:
        """All files of the package, by their path in it; `aim` is what the attacker knows about the machine."""
        attacked = {**HONEST, **KIT, "aim.py": aim, **self.files}
        return {
            name: text.encode() if isinstance(text, str) else text
            for name, text in attacked.items()
            if text is not None
        }

    def hand_in(self, place: Path, aim: str) -> Path:
        """Writes it below `place` and returns the path to grade."""
        return self.pack(place, {f"pupil/{name}": data for name, data in self.package(aim).items()})

    def expected(self) -> dict[str, tuple[str, float]]:
        """The required outcome and points of every task."""
        ends = {task: end if isinstance(end, tuple) else (end, 0.0) for task, end in self.ends.items()}
        return {task: ends.get(task, ("PASSED", points)) for task, points in POINTS.items()}


def double(body: str, top: str = "") -> dict[str, str]:
    """`maths.double` with this body, after the code `top` of its module."""
    return task("maths", "double(x)", body, top)


def task(name: str, signature: str, body: str, top: str = "") -> dict[str, str]:
    """The file of another task, in the same way: `task("words", "shout(text)", ...)`."""
    code = indent(dedent(body).strip("\n"), "    ")
    return {f"{name}.py": f"{PRELUDE}{dedent(top)}\n\ndef {signature}:\n{code}\n"}


def shout(body: str, top: str = "") -> dict[str, str]:
    """`words.shout`."""
    return task("words", "shout(text)", body, top)


def squares(body: str, top: str = "") -> dict[str, str]:
    """`loss.squares`."""
    return task("loss", "squares(x, y)", body, top)


def noise(body: str, top: str = "") -> dict[str, str]:
    """`draws.noise`."""
    return task("draws", "noise(shape, generator)", body, top)


def in_each_test(one: str, two: str, hidden: str, hidden_two: str, top: str = "") -> dict[str, str]:
    """`maths.double` with one body for each of its tests: with one and two calls, public and hidden."""
    choice = "which = 2 * (x.dtype is torch.float64) + (x.numel() > 1)\n"
    for number, body in enumerate((one, two, hidden, hidden_two)):
        choice += f"if which == {number}:\n{indent(dedent(body).strip(chr(10)), '    ')}\n"
    return double(choice, top)
