"""Searches files that students get for anything that only staff may know.

This is the only such search; the bundle, the stubs and the notebooks all pass it. Its rules are:

- a line of a solution block of the reference, unless the file that students get is cut from a source which gives the
  line outside its blocks (for a file that is not cut from a source: unless any source gives it);
- a run of tokens of a solution block, unless it is also outside the blocks or in an open test;
- a name, a longer string or a number of five digits and more of a withheld file (hidden tests, oracles, known
  mistakes), unless open tests or the grader's own code contain it;
- a withheld file or a file of trained weights as a whole, under any name.

`handout.leaks` searches for the written solutions.
"""

import ast
import os.path
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.release.blank import blank_toml
from autograder.release.markers import blocks, read_text
from autograder.release.stubs import ARTIFACTS

# Tokens in a row, and names or numbers among them; shorter runs are idioms that programs share.
RUN, NAMES = 8, 3
LEAST_LINE, LEAST_NAME, LEAST_STRING, LEAST_DIGITS = 13, 12, 24, 5
_TOKEN = re.compile(r"[^\W\d]\w*|\d+(?:\.\d*)?(?:e[+-]?\d+)?|[^\w\s]")
_TEXT = (".py", ".md", ".toml", ".txt", ".html", ".ipynb", ".yml", ".json", ".css", ".tex", "")


@dataclass(frozen=True)
class Secrets:
    """What the search looks for.

    Attributes:
        runs: of `RUN` tokens, of solution blocks.
        words: names, strings and numbers of withheld files.
        lines: of solution blocks.
        given: the text of each source outside its blocks, by the path of the file that students get.
        whole: the path of each file that is secret as a whole, by its content.
    """

    runs: frozenset[tuple[str, ...]] = frozenset()
    words: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[bytes, str] = field(default_factory=dict)


def gather(
    reference: Path,
    *,
    package: str = "",
    withheld: Sequence[Path] = (),
    opened: Iterable[str] = (),
    grader: Iterable[str] = (),
) -> Secrets:
    """The secrets of a reference and of withheld files.

    Args:
        reference: folder of the package with the solutions.
        package: folder of the students' package, as the names of the searched files have it; "" if they are relative.
        withheld: files of which nothing may be handed out.
        opened: tests that students get as they are, so that their content is not secret.
        grader: texts of the grader's own code, whose words are not secret either.

    Raises:
        StubError: a source cannot be read, or a marker in it is wrong.
    """
    closed_runs: set[tuple[str, ...]] = set()
    open_runs: set[tuple[str, ...]] = set()
    lines: set[str] = set()
    given: dict[str, str] = {}
    for path in sorted([*reference.rglob("*.py"), *reference.rglob("*.toml")]):
        inside, outside, hints = _split(path)
        given[(Path(package) / path.relative_to(reference)).as_posix()] = outside
        open_runs |= set(runs(outside))
        if path.suffix == ".toml":
            open_runs |= set(runs(blank_toml(path)))  # the keys of answers stay
        for block in inside:
            closed_runs |= set(runs(block))
            lines |= {
                line for line in map(str.strip, block.split("\n")) if line not in hints and _is_long(line)
            }
    texts = list(opened)
    for text in texts:
        open_runs |= set(runs(text))
    found = {word for path in withheld for word in words(path.read_text(encoding="utf-8"))}
    everything = "\n".join([*texts, *grader])
    secret_files = [*withheld, *sorted((reference / ARTIFACTS).glob("*"))]
    return Secrets(
        frozenset(closed_runs - open_runs),
        frozenset(word for word in found if word not in everything),
        frozenset(lines),
        given,
        {path.read_bytes(): os.path.relpath(path, reference.parent) for path in secret_files},
    )


def find(files: Mapping[str, bytes], secrets: Secrets) -> list[str]:
    """`file: what was found in it` for each leak, sorted; empty if there is none."""
    found: set[str] = set()
    everything = "\n".join(secrets.given.values())
    for name, data in files.items():
        raw = data.decode("utf-8", "replace")
        text = raw.replace("\\n", "\n").replace('\\"', '"')  # cells of a notebook are JSON
        given = secrets.given.get(name, everything)
        found |= {
            f"{name}: {line}" for line in secrets.lines if (line in raw or line in text) and line not in given
        }
        found |= {f"{name}: {' '.join(run)}" for run in secrets.runs.intersection(runs(text))}
        if Path(name).suffix in _TEXT:
            found |= {f"{name}: {word}" for word in secrets.words if word in text}
        if data.strip() and data in secrets.whole:
            found.add(f"{name}: is {secrets.whole[data]}")
    return sorted(found)


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """Every `RUN` tokens in a row with `NAMES` names or numbers among them."""
    found = in_a_row(_TOKEN.findall(text), RUN)
    return (run for run in found if sum(token[0].isalnum() for token in run) >= NAMES)


def in_a_row(parts: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    """Every `length` parts in a row."""
    return zip(*(parts[start:] for start in range(length)), strict=False)


def words(source: str) -> Iterator[str]:
    """The names, strings and numbers of a Python source that are long enough to identify it.

    The texts of an `edit` of a known answer are code, most of it the reference's: what is given of that is no secret.
    """
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "edit":
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and len(node.name) >= LEAST_NAME:
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if len(node.value.strip()) >= LEAST_STRING:
                yield node.value.strip()
        elif isinstance(node, ast.Constant) and isinstance(node.value, float) and _has_digits(node.value):
            yield repr(node.value)


def _split(path: Path) -> tuple[list[str], str, set[str]]:
    """The solution blocks of a source, the rest of it, and the hints of its blocks, which students get."""
    text = read_text(path)
    lines = text.split("\n")
    found = blocks(path, text)
    inside = ["\n".join(lines[block.begin : block.end - 1]) for block in found]
    for block in reversed(found):
        lines[block.begin : block.end - 1] = block.hints
    return inside, "\n".join(lines), {hint for block in found for hint in block.hints}


def _is_long(line: str) -> bool:
    return len(line) >= LEAST_LINE or line.startswith(("import ", "from "))


def _has_digits(value: float) -> bool:
    return len(re.sub(r"e.*|\D", "", repr(value)).strip("0")) >= LEAST_DIGITS
