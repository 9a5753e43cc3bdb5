"""Reads a submission's answer form: plain TOML, never code."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import Unanswered

FILE = "answers.toml"


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
    path = package / FILE
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Answers(problem=f"{FILE} is missing: put the file back, under this name")
    except OSError as error:
        return Answers(problem=f"{FILE} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return Answers(problem=f"{FILE} is not UTF-8 text: save it again with that encoding")
    except tomllib.TOMLDecodeError as error:
        return Answers(problem=f"{FILE} is not valid TOML: {error}")
    return Answers({key: _plain(value) for key, value in values.items()})


def _plain(value: Any) -> Any:
    """TOML values as JSON has them: dates become text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else str(value)
