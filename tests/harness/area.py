"""A tiny package of solutions, and the stubs that belong to it."""

from pathlib import Path

TASKS = {"area.square": "q1a", "area.Shape": "q1b"}

AREA = '''"""Areas."""

# BEGIN SOLUTION q1a
import math

# END SOLUTION
from . import given

TEXT = """
# BEGIN SOLUTION q1a
"""


def square(side: float) -> float:
    """The area of a square: "# BEGIN SOLUTION q9" in a string is text."""
    if side < 0:
        raise ValueError("side must not be negative")
    # BEGIN SOLUTION q1a
    # HINT: how many sides
    # HINT: does it have?
    # a comment that gives all away

    def helper(value: float) -> float:
        return math.pow(value, 2.0)

    return helper(side)
    # END SOLUTION


class Shape(given.Base):
    """A shape."""

    def area(self) -> float:
        """Its area."""
        # BEGIN SOLUTION q1b
        return self.width * self.height
        # END SOLUTION

    def name(self) -> str:
        """Its name."""
        return "shape"

    async def edge(self) -> float:
        # BEGIN SOLUTION q1b
        return 2 * (self.width + self.height)
        # END SOLUTION
'''

AREA_STUB = '''"""Areas."""

from . import given

TEXT = """
# BEGIN SOLUTION q1a
"""


def square(side: float) -> float:
    """The area of a square: "# BEGIN SOLUTION q9" in a string is text."""
    if side < 0:
        raise ValueError("side must not be negative")
    # TODO(q1a): your code here.
    # HINT: how many sides
    # HINT: does it have?
    raise NotImplementedError("TODO(q1a): area.square")


class Shape(given.Base):
    """A shape."""

    def area(self) -> float:
        """Its area."""
        # TODO(q1b): your code here.
        raise NotImplementedError("TODO(q1b): area.Shape")

    def name(self) -> str:
        """Its name."""
        return "shape"

    async def edge(self) -> float:
        # TODO(q1b): your code here.
        raise NotImplementedError("TODO(q1b): area.Shape")
'''

ANSWERS = """# The answers.
title = "# BEGIN SOLUTION q9"  # a comment
text = '''
# BEGIN SOLUTION q9
'''

[q1]
# BEGIN SOLUTION q1c
# HINT: look at the range.
choice = "sigmoid"
# END SOLUTION

[q5]
# BEGIN SOLUTION q5
hours = 3.5
"with whom" = [
    "nobody",
]
# END SOLUTION
kept = true
"""

ANSWERS_STUB = """# The answers.
title = "# BEGIN SOLUTION q9"  # a comment
text = '''
# BEGIN SOLUTION q9
'''

[q1]
# HINT: look at the range.
choice = ""  # TODO(q1c)

[q5]
hours = ""  # TODO(q5)
"with whom" = ""  # TODO(q5)
kept = true
"""


def package(folder: Path) -> Path:
    """Writes the complete package, including files that generation must leave out."""
    for name, content in {
        "__init__.py": b'"""A package."""\n',
        "area.py": AREA.encode(),
        "answers.toml": ANSWERS.encode(),
        "given/base.py": b"class Base:\n    width = height = 1.0\n",
        "given/data.npz": bytes(range(256)),
        "artifacts/weights.safetensors": b"weights",
        "given/artifacts/kept.bin": b"\r\n\x00",
        "__pycache__/area.cpython-311.pyc": b"cache",
        "stale.pyc": b"cache",
        ".DS_Store": b"junk",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def only(tmp_path: Path, text: str | bytes, name: str = "area.py") -> Path:
    """A package of one file."""
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
