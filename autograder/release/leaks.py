"""Searches what is to be handed out for anything that only staff may know.

What counts as staff's: blocks of the reference between solution markers, as runs of tokens; of the files that are
withheld (hidden tests, oracles, known mistakes): names of functions and classes, longer strings, numbers of five digits
and more. What stands in open files of the source as well, outside blocks, is open: students may see it anyway.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.release.markers import blocks, read_text

RUN, NAMES = 8, 3  # tokens in a row, and names or numbers among them: less is an idiom that programs share
LEAST_NAME, LEAST_STRING, LEAST_DIGITS = 12, 24, 5
_TOKEN = re.compile(r"[^\W\d]\w*|\d+(?:\.\d*)?(?:e[+-]?\d+)?|[^\w\s]")
_TEXT = (".py", ".md", ".toml", ".txt", ".html", ".ipynb", ".yml", ".json", ".css", ".tex", "")


@dataclass(frozen=True)
class Secrets:
    """What must not be found.

    Attributes:
        runs: of `RUN` tokens, of solution blocks.
        words: names, strings and numbers of withheld files.
    """

    runs: frozenset[tuple[str, ...]]
    words: frozenset[str]


def gather(
    reference: Path, withheld: Iterable[Path], opened: Iterable[str], grader: Iterable[str]
) -> Secrets:
    """The secrets of a reference and of withheld files.

    Args:
        reference: folder of the package with the solutions.
        withheld: files of which nothing may be handed out.
        opened: tests that students get as they were written, whose content is therefore no secret.
        grader: texts of the grader's own code, whose words are none either.
    """
    closed: set[tuple[str, ...]] = set()
    given: set[tuple[str, ...]] = set()
    found: set[str] = set()
    for path in sorted([*reference.rglob("*.py"), *reference.glob("*.toml")]):
        inside, outside = _parted(path)
        closed |= {run for block in inside for run in runs(block)}
        given |= set(runs(outside))
    for path in withheld:
        found |= set(words(path.read_text(encoding="utf-8")))
    texts = list(opened)
    for text in texts:
        given |= set(runs(text))
    everything = "\n".join([*texts, *grader])
    return Secrets(frozenset(closed - given), frozenset(word for word in found if word not in everything))


def find(files: Mapping[str, bytes], secrets: Secrets) -> list[str]:
    """`file: what was found in it` for each leak, sorted; empty where nothing of staff's is inside."""
    found: list[str] = []
    for name, data in files.items():
        if Path(name).suffix not in _TEXT:
            continue
        text = data.decode("utf-8").replace("\\n", "\n").replace('\\"', '"')  # cells of a notebook are JSON
        found += [f"{name}: {' '.join(run)}" for run in sorted(set(runs(text)) & secrets.runs)]
        found += [f"{name}: {word}" for word in sorted(secrets.words) if word in text]
    return sorted(found)


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """Every `RUN` tokens in a row with `NAMES` names or numbers among them."""
    tokens = _TOKEN.findall(text)
    found = zip(*(tokens[start:] for start in range(RUN)), strict=False)
    return (run for run in found if sum(token[0].isalnum() for token in run) >= NAMES)


def _parted(path: Path) -> tuple[list[str], str]:
    """The solution blocks of a source, and the rest of it."""
    text = read_text(path)
    lines = text.split("\n")
    found = blocks(path, text)
    inside = ["\n".join(lines[block.begin : block.end - 1]) for block in found]
    for block in reversed(found):
        lines[block.begin : block.end - 1] = block.hints
    return inside, "\n".join(lines)


def words(source: str) -> Iterator[str]:
    """Names, strings and numbers of a Python source that tell something."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and len(node.name) >= LEAST_NAME:
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if len(node.value.strip()) >= LEAST_STRING:
                yield node.value.strip()
        elif isinstance(node, ast.Constant) and isinstance(node.value, float) and _is_telling(node.value):
            yield repr(node.value)


def _is_telling(value: float) -> bool:
    return len(re.sub(r"e.*|\D", "", repr(value)).strip("0")) >= LEAST_DIGITS
