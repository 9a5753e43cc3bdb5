"""Writes figures into the answer form; every other byte of it stays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError


def fill(path: Path, answers: Mapping[str, Any]) -> None:
    """Sets keys of a TOML file that are there already, and leaves its comments as they are.

    Raises:
        ValueError: the file is not TOML, or has no such key.
    """
    if not answers:
        return
    try:
        form = tomlkit.parse(path.read_text(encoding="utf-8"))
    except TOMLKitError as error:
        raise ValueError(f"{path} is not valid TOML, so no figures were written into it: {error}") from error
    for key, value in answers.items():
        if key not in form:
            raise ValueError(f"{path} has no key {key!r}: put it back, as in the form that was handed out")
        form[key] = value
    path.write_text(tomlkit.dumps(form), encoding="utf-8")
