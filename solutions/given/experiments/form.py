"""Writes numbers into the answer form and changes nothing else in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError


def fill(path: Path, answers: Mapping[str, Any]) -> None:
    """Sets existing keys of a TOML file and keeps its comments.

    Raises:
        ValueError: the file is not valid TOML, or a key is missing.
    """
    if not answers:
        return
    try:
        form = tomlkit.parse(path.read_text(encoding="utf-8"))
    except TOMLKitError as error:
        raise ValueError(f"{path} is not valid TOML, so no numbers were written into it: {error}") from error
    for key, value in answers.items():
        if key not in form:
            raise ValueError(f"{path} has no key {key!r}: put it back, as in the original form")
        form[key] = value
    path.write_text(tomlkit.dumps(form), encoding="utf-8")
