"""Reads a record from a file. It may come from a student, so everything in it is checked."""

import json
import math
from pathlib import Path

from autograder import schemas
from autograder.errors import InputError
from autograder.record.build import NAME, Record

ADVICE = "give one that `autograder grade` or `autograder submit` wrote"


def read(path: Path) -> Record:
    """The record in a file, valid against its schema.

    Raises:
        InputError: the file cannot be read or does not contain a record; the message says where it is wrong.
    """
    try:
        data = json.loads(path.read_bytes(), parse_float=_number, parse_constant=_number)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): give the path of a {NAME}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error}): {ADVICE}") from error
    wrong = [message for _, message in schemas.mistakes(data, "record")]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        reasons = "; ".join(message[:200] for message in wrong[:3])
        raise InputError(f"{path} does not fit the schema of a record ({reasons}{more}): {ADVICE}")
    record: Record = data
    return record


def _number(text: str) -> float:
    """A finite number. JSON has no others, but `json` reads NaN and 1e999."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is not a finite number")
    return value
