"""The lines of the answers in a form, and what is probably wrong on a line that is not valid TOML."""

import re

from autograder.assignment.toml_lines import statements
from autograder.submission.reader.names import shown

# How a value begins that is not valid in TOML, and what to write instead.
_BEGINNINGS = {
    "[“”„‘’«»]": 'the quotes of TOML are straight: "..."',
    r"[-+]?\d+,\d": "numbers have a decimal point, not a comma",
    "[−–—]": "the minus of a number is the hyphen of the keyboard",
    r"[-+]?\.\d": "a number begins with a digit: 0.5",
    r"[-+]?\d": "a number is written without unit or arithmetic; text is put between quotes",
    r"[\[{]": 'a list is written as ["one", "two"]',
}
WORK = 1_000_000  # characters that are parsed to find lines; in a long form some answers may have no line


def answer_lines(text: str) -> dict[str, int]:
    """The line (1-based) on which each answer begins; a value inside a table has none."""
    found: dict[str, int] = {}
    for statement in statements(text, max_work=WORK):
        if statement.text.lstrip().startswith("["):
            break  # a table: everything after it is inside it
        for key in statement.values or ():
            found.setdefault(key, statement.line)
    return found


def advice(text: str, error: ValueError) -> str:
    """The line that the parser could not read, and what to write there; "" if the error names no line."""
    said, lines = str(error), text.split("\n")
    named = re.search(r"at line (\d+)", said)
    if named:
        number = int(named[1])
    elif "end of document" in said:
        number = _last_statement(text)  # which never ends
    else:
        return ""
    if "Unclosed array" in said or "Illegal character" in said:
        number = _last_statement("\n".join(lines[:number]))
    line = lines[number - 1].strip()
    return f"; line {number} is `{shown(line)}`: {_advice(line, said)}"


def _last_statement(text: str) -> int:
    """The line on which the last statement begins."""
    return max(statement.line for statement in statements(text, max_work=WORK))


def _advice(line: str, said: str) -> str:
    key, equals, value = (part.strip() for part in line.partition("="))
    quoted = f'{shown(key)} = "..."'
    if not key or not equals:
        return f"an answer is written as {shown(key) or 'key'} = value"
    if "overwrite" in said:
        return "its key is in the form twice; delete one of the two"
    if not value or value.startswith("#"):
        return f'write the answer after the equals sign, or {shown(key)} = "" while there is none'
    if "Unclosed array" in said:
        return 'a list is closed by ], with commas between: ["one", "two"]'
    if value[0] in "\"'":
        return _advice_on_text(value, said)
    for first, advice in _BEGINNINGS.items():
        if re.match(first, value):
            return advice
    return f"text is put between quotes: {quoted}"


def _advice_on_text(value: str, said: str) -> str:
    if "\\" in value and ("Unescaped" in said or "hex" in said):
        return "write each backslash twice, or put the text between single quotes"
    if "Expected newline" in said:
        return 'text with quotes in it is put between """ and """'
    return 'close the quotes on the same line; text of several lines is put between """ and """'
