"""Where the answers of a form stand, and what is probably wrong on a line that is no TOML."""

import re

from autograder.assignment.toml_lines import statements
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


def answer_lines(text: str) -> dict[str, int]:
    """The line (1-based) on which each answer begins; what stands in a table has none."""
    found: dict[str, int] = {}
    for statement in statements(text, max_work=WORK):
        if statement.text.lstrip().startswith("["):
            break  # a table: what follows is inside it
        for key in statement.values or ():
            found.setdefault(key, statement.line)
    return found


def advice(text: str, error: ValueError) -> str:
    """The line that a parser stumbled over, and what to write there; "" where it names none."""
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
    return max(statement.line for statement in statements(text, max_work=WORK))


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
