"""Reads a submission's answer form: plain TOML, never code."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Manifest
from autograder.errors import Unanswered
from autograder.submission.reader import process
from autograder.submission.reader.names import shown

FILE = "answers.toml"
NAMES, IDS = "names", "student_ids"  # who hands in, one entry for each person
REMARKS, LONGEST_KEY = 5, 80
SECONDS = 3  # an ordinary form takes a millisecond; 64 KB of one long dotted key take tomllib twenty seconds


@dataclass(frozen=True)
class Answers:
    """The answers by key, and the line of each; `problem` says in words why the form could not be read."""

    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    def get(self, key: str) -> Any:
        """The answer to `key`.

        Raises:
            Unanswered: it is missing or blank.
        """
        value = self.values.get(key, "")
        if value == "" or value == []:
            raise Unanswered(key)
        return value

    def where(self, key: str) -> str:
        """The place of an answer: the file, and the line if it is known."""
        return f"{FILE}:{self.lines[key]}" if key in self.lines else FILE

    def remarks(self, manifest: Manifest) -> Iterator[str]:
        """What is unusual about the form but costs no points: keys that no question asks for, people without ids."""
        asked = [NAMES, IDS, *(task.name for task in manifest.tasks.values() if task.kind is Kind.ANSWER)]
        for key in [key for key in self.values if key not in asked][:REMARKS]:
            near = get_close_matches(key[:LONGEST_KEY], asked, n=1)
            meant = f"did you mean `{near[0]}`?" if near else "leave it out, or put the right key back"
            yield f"{self.where(key)}: no question asks for `{shown(key)}`; {meant}"
        names, ids = (self.people(key) for key in (NAMES, IDS))
        if names and ids and len(names) != len(ids):
            what = f"{len(names)} in `{NAMES}`, {len(ids)} in `{IDS}`"
            yield f'{self.where(IDS)}: {what}; write one entry for each person in both: ["Ada", "Alan"]'

    def people(self, key: str) -> list[str]:
        """Names or ids as the student wrote them; a single text counts as a list of one."""
        value = self.values.get(key, [])
        return [str(item) for item in (value if isinstance(value, list) else [value]) if item != ""]


def read(package: Path) -> Answers:
    """Reads `answers.toml` of a package; a form that cannot be read has no answers, and its `problem` says why.

    Raises:
        HarnessError: the machine could not read it.
    """
    reply = process.run_reader("answers", {"path": str(package / FILE)}, seconds=SECONDS)
    said = reply.only_part()
    if said is None:
        return Answers(problem=f"{FILE} cannot be read: {reply.ended}; shorten the answers")
    return Answers(**said)
