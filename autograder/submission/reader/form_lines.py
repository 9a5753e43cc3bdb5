"""Where the answers of a form stand, and what is probably wrong on a line that is no TOML."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from autograder.submission.reader.names import shown

# What a value that TOML does not take begins with, and what to write.
_FIRSTS = {
    "[“”„‘’«»]": 'the quotes of TOML are straight: "..."',
    r"[-+]?\d+,\d": "numbers have a decimal point, no comma",
    "[−–—]": "the minus of a number is the hyphen of the keyboard",
    r"[-+]?\.\d": "a number begins with a digit: 0.5",
    r"[-+]?\d": "a number stands alone, without unit or arithmetic; text stands between quotes",
    r"[\[{]": 'a list is written as ["one", "two"]',
}
WORK = 1_000_000  # characters that are parsed to find places; a long form may stay without some


def places(text: str) -> dict[str, int]:
    """The line (1-based) on which each answer begins; what stands in a table has none."""
    found: dict[str, int] = {}
    for line, statement, values in _statements(text):
        if statement.lstrip().startswith("["):
            break  # a table: what follows is inside it
        for key in values:
            found.setdefault(key, line)
    return found


def mend(text: str, error: ValueError) -> str:
    """The line that a parser stumbled over, and what to write there; "" where it names none."""
    said, lines = str(error), text.split("\n")
    named = re.search(r"at line (\d+)", said)
    if named:
        number = int(named[1])
    elif "end of document" in said:
        number = max(line for line, *_ in _statements(text))  # the last one never ends
    else:
        return ""
    if "Unclosed array" in said or "Illegal character" in said:
        number = max(line for line, *_ in _statements("\n".join(lines[:number])))
    line = lines[number - 1].strip()
    return f"; line {number} is `{shown(line)}`: {_advice(line, said)}"


def _advice(line: str, said: str) -> str:
    key, equals, value = (part.strip() for part in line.partition("="))
    quoted = f'{shown(key)} = "..."'
    if not key or not equals:
        return f"an answer is written as {shown(key) or 'key'} = value"
    if "overwrite" in said:
        return "its key stands in the form twice; delete one of the two"
    if not value or value.startswith("#"):
        return f'write the answer behind the equal sign, or {shown(key)} = "" while there is none'
    if "Unclosed array" in said:
        return 'a list is closed by ], with commas between: ["one", "two"]'
    if value[0] in "\"'":
        return _advice_on_text(value, said)
    for first, advice in _FIRSTS.items():
        if re.match(first, value):
            return advice
    return f"text stands between quotes: {quoted}"


def _advice_on_text(value: str, said: str) -> str:
    if "\\" in value and ("Unescaped" in said or "hex" in said):
        return "write each backslash twice, or put the text between single quotes"
    if "Expected newline" in said:
        return 'text that has quotes in it stands between """ and """'
    return 'close the quotes on the same line; text of several lines stands between """ and """'


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Each statement with the line on which it begins and what it says; the last says nothing if it never ends."""
    lines, start, work = text.split("\n"), 0, 0
    for end in range(1, len(lines) + 1):
        statement = "\n".join(lines[start:end]) + "\n"
        work += len(statement)
        if work > WORK:
            break
        try:
            values = tomllib.loads(statement)
        except (ValueError, RecursionError):
            continue
        yield start + 1, statement, values
        start = end
    if start < len(lines):
        yield start + 1, "", {}
