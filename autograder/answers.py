"""Reads a submission's answer form: plain TOML, never code."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import reading
from autograder.errors import Unanswered

FILE = "answers.toml"
SECONDS = 3  # an honest form takes a millisecond; 64 KB of one long dotted key take tomllib twenty seconds


@dataclass(frozen=True)
class Answers:
    """The answers by key; `problem` says in words why the form could not be read."""

    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    def get(self, key: str) -> Any:
        """The answer to `key`.

        Raises:
            Unanswered: it is missing or blank.
        """
        value = self.values.get(key, "")
        if value == "" or value == []:
            raise Unanswered(key)
        return value


def read(package: Path) -> Answers:
    """Reads `answers.toml` of a package; a form that cannot be read has no answers and says why."""
    reply = reading.run("answers", {"path": str(package / FILE)}, seconds=SECONDS)
    if reply.ended or not reply.parts:
        return Answers(problem=f"{FILE} cannot be read: {reply.ended}; shorten the answers")
    return Answers(**reply.parts[0][0])
