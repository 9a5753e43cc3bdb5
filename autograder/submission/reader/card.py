"""Reads the card of trained weights, which is plain JSON, into plain values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.submission.reader import machine, small_file

KB = 256
DIGITS = 100  # the most digits of an integer


def job(request: dict[str, Any]) -> Iterator[tuple[Any, bytes]]:
    """One part: the `values` of the card at `path`, or the `problem` with it."""
    path = Path(request["path"])
    try:
        yield {"values": _read(path)}, b""
    except FileNotFoundError:
        yield {"problem": "is missing"}, b""
    except OSError as error:
        machine.check(error)
        yield {"problem": f"cannot be read: {error.strerror}"}, b""
    except UnicodeDecodeError:
        yield {"problem": "is not UTF-8 text"}, b""
    except RecursionError:
        yield {"problem": "is nested too deeply"}, b""
    except ValueError as error:
        yield {"problem": f"is not valid JSON: {str(error)[:200]}"}, b""


def _read(path: Path) -> Any:
    return json.loads(
        small_file.read_text(path, KB), parse_int=_integer, parse_float=_float, parse_constant=_constant
    )


def _integer(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value - value != 0:
        raise ValueError("a number that is too large")
    return value


def _constant(name: str) -> None:
    raise ValueError(f"it contains {name}, which JSON does not have")
