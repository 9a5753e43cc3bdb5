"""Reads an answer form, which is plain TOML, into JSON values, and finds the line of each."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.submission.reader import form_errors, machine, small_file

KB = 64
DEPTH = 20
LARGEST = 2**63


class TooDeep(Exception):
    """Values are nested too deeply."""


def job(request: dict[str, Any]) -> Iterator[tuple[Any, bytes]]:
    """One part: the `values` of the form at `path` and their `lines`, or the `problem` with the form."""
    path, text = Path(request["path"]), ""
    try:
        text = small_file.read_text(path, KB, "; shorten the answers")
        values = {key: _plain(value, DEPTH) for key, value in tomllib.loads(text).items()}
        yield {"values": values, "lines": form_errors.answer_lines(text)}, b""
    except FileNotFoundError:
        yield _problem(path, "is missing: put the file back, under this name")
    except OSError as error:
        machine.check(error)
        yield _problem(path, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        yield _problem(path, "is not UTF-8 text: save it again with that encoding")
    except (RecursionError, TooDeep):
        yield _problem(path, "is nested too deeply: an answer is a word, a number or a list of them")
    except ValueError as error:  # tomllib.TOMLDecodeError, or int() for a number with thousands of digits
        yield _problem(path, f"is not valid TOML: {str(error)[:200]}{form_errors.advice(text, error)}")


def _problem(path: Path, what: str) -> tuple[Any, bytes]:
    return {"problem": f"{path.name} {what}"}, b""


def _plain(value: Any, depth: int) -> Any:
    """TOML values as JSON values: dates become text, and so do numbers that are too large for a record."""
    if not depth:
        raise TooDeep
    if isinstance(value, dict):
        return {key: _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth - 1) for item in value]
    if isinstance(value, int) and not -LARGEST <= value < LARGEST:
        return f"a number of {value.bit_length()} bits"
    return value if isinstance(value, str | int | float | bool) else str(value)
