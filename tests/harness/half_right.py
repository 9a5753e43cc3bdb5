"""Half-right submissions of homework 12, made from the reference: about half of the blocks are wrong."""

import random
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^(?P<indent> +)# BEGIN SOLUTION (?P<question>\w+)\n(?P<body>.*?)^ +# END SOLUTION\n",
    re.MULTILINE | re.DOTALL,
)
WRONG = (
    'raise NotImplementedError("TODO({question}): not yet")',
    "return None",
    "raise ValueError('half done')",
    "return undefined_name",
    "return next((value for value in locals().values() if hasattr(value, 'shape')), 0.0)",
    "return [0.0]",
    "return {{}}",
)
OPERATORS = (
    (" + ", " - "),
    (" * ", " / "),
    (" - ", " + "),
    ("1 - ", "1 + "),
    ("dim=-1", "dim=0"),
    ("True", "False"),
)


def make(number: int, target: Path) -> None:
    """Copies the reference to `target` and changes about half of its blocks. The same number gives the same changes."""
    shutil.copytree(
        ROOT / "solutions",
        target,
        ignore=shutil.ignore_patterns("__pycache__", "artifacts"),
        dirs_exist_ok=True,
    )
    draw = random.Random(f"half right {number}")
    for path in sorted(target.rglob("*.py")):
        text = path.read_text()
        path.write_text(BLOCK.sub(lambda found: _changed(found, draw), text))


def _changed(found: re.Match[str], draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.5:
        return found[0]
    if kind < 0.8:
        wrong = draw.choice(
            [pair for pair in OPERATORS if pair[0] in found["body"]] or [("return ", "return -")]
        )
        return found[0].replace(*wrong, 1)
    return f"{found['indent']}{draw.choice(WRONG).format(question=found['question'])}\n"
