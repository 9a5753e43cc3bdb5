"""Every source that the generator of stubs refuses."""
# ruff: noqa: E501 (one refused case a line)

from pathlib import Path

import pytest

from autograder.errors import InputError
from autograder.release.stubs import StubError, generate
from tests.harness.area import only

F = "def square(x):\n    {}\n    # BEGIN SOLUTION q1a\n    return x\n    # END SOLUTION\n"
GOOD = F.format("pass")

REFUSED = {
    "nested": (GOOD.replace("return x", "# BEGIN SOLUTION q1a\n    return x"), 4, "nested"),
    "unclosed": ("def square(x):\n    # BEGIN SOLUTION q1a\n    return x\n", 2, "unclosed"),
    "stray end": ("def square(x):\n    return x\n    # END SOLUTION\n", 3, "stray"),
    "stray end at the top": ("# END SOLUTION\n" + GOOD, 1, "stray"),
    "lower case": (F.format("# begin solution q1a"), 2, "misspelt"),
    "no blank after the hash": (F.format("#BEGIN SOLUTION q1a"), 2, "misspelt"),
    "two hashes": (F.format("## END SOLUTION"), 2, "misspelt"),
    "two blanks": (F.format("# END  SOLUTION"), 2, "misspelt"),
    "underscore": (F.format("# END_SOLUTION"), 2, "misspelt"),
    "plural": (F.format("# BEGIN SOLUTIONS q1a"), 2, "misspelt"),
    "letters swapped": (F.format("# BEIGN SOLUTION q1a"), 2, "misspelt"),
    "letter lost": (F.format("# END SOLUTON"), 2, "misspelt"),
    "id missing": (F.format("# BEGIN SOLUTION"), 2, "misspelt"),
    "extra words": (F.format("# BEGIN SOLUTION q1a please"), 2, "misspelt"),
    "id after the end": (F.format("# END SOLUTION q1a"), 2, "misspelt"),
    "words before": (F.format("# here: BEGIN SOLUTION q1a"), 2, "misspelt"),
    "colon": (F.format("# BEGIN SOLUTION: q1a"), 2, "misspelt"),
    "trailing": (F.format("x = x  # BEGIN SOLUTION q1a"), 2, "alone"),
    "trailing end": (F.format("x = x  # END SOLUTION"), 2, "alone"),
    "in brackets": (F.format("y = (\n    # BEGIN SOLUTION q1a\n    1)"), 3, "alone"),
    "in a signature": ("def square(\n    # BEGIN SOLUTION q1a\n    x):\n    return x\n    # END SOLUTION\n", 2, "alone"),
    "unknown question": (GOOD.replace("q1a", "q7"), 3, "belongs to q1a"),
    "unknown question of an import": ("# BEGIN SOLUTION q7\nimport a\n# END SOLUTION\n" + GOOD, 1, "unknown question"),
    "other question": (GOOD.replace("q1a", "q1b"), 3, "belongs to q1a"),
    "no task": (GOOD.replace("square", "circle"), 3, "not a task"),
    "method of no task": ("class A:\n    def f(self):\n        # BEGIN SOLUTION q1a\n        return 1\n        # END SOLUTION\n", 3, "not a task"),
    "function in a task": ("def square(x):\n    def inner():\n        # BEGIN SOLUTION q1a\n        return 1\n        # END SOLUTION\n", 3, "not a task"),
    "next function swallowed": ("def square(x):\n    # BEGIN SOLUTION q1a\n    return x\ndef b():\n    pass\n    # END SOLUTION\n", 2, "definition of `b`"),
    "whole function swallowed": ("# BEGIN SOLUTION q1a\ndef square(x):\n    return x\n# END SOLUTION\n", 1, "definition of `square`"),
    "head swallowed": ("    # BEGIN SOLUTION q1a\ndef square(x):\n    return x\n    # END SOLUTION\n", 1, "definition of `square`"),
    "head swallowed under its decorator": ("@cache\n    # BEGIN SOLUTION q1a\ndef square(x):\n    return x\n    # END SOLUTION\n", 2, "definition of `square`"),
    "decorator swallowed": ("# BEGIN SOLUTION q1a\n@cache\n# END SOLUTION\ndef square(x):\n    return x\n", 1, "definition of `square`"),
    "class swallowed": ("# BEGIN SOLUTION q1a\nimport a\nclass Shape:\n    pass\n# END SOLUTION\n", 1, "definition of `Shape`"),
    "method swallowed": ("class Shape:\n    # BEGIN SOLUTION q1b\n    def f(self):\n        pass\n    # END SOLUTION\n", 2, "definition of `f`"),
    "attribute swallowed": ("class Shape:\n    # BEGIN SOLUTION q1b\n    size = 1\n    # END SOLUTION\n", 2, "body of class"),
    "docstring swallowed": ('def square(x):\n    # BEGIN SOLUTION q1a\n    """Doc."""\n    return x\n    # END SOLUTION\n', 2, "docstring of `square`"),
    "module docstring swallowed": ('# BEGIN SOLUTION q1a\n"""Doc."""\n# END SOLUTION\n' + GOOD, 1, "docstring of the module"),
    "inside an if": ("def square(x):\n    if x:\n        # BEGIN SOLUTION q1a\n        return x\n        # END SOLUTION\n", 3, "in two"),
    "half an if": ("def square(x):\n    # BEGIN SOLUTION q1a\n    if x:\n        return x\n    # END SOLUTION\n    else:\n        pass\n", 2, "in two"),
    "code after it": (GOOD + "    y = 1\n    return y\n", 6, "never run"),
    "two blocks": ("def square(x):\n    # BEGIN SOLUTION q1a\n    x = 1\n    # END SOLUTION\n    # BEGIN SOLUTION q1a\n    return x\n    # END SOLUTION\n", 6, "never run"),
    "empty": (F.format("pass").replace("    return x\n", ""), 3, "no statement"),
    "end dedented": (GOOD.replace("    # END", "# END"), 5, "indented"),
    "both dedented": (GOOD.replace("    # END", "# END").replace("    # BEGIN", "# BEGIN"), 3, "not indented"),
    "misspelt hint": (GOOD.replace("return x", "# Hint: none\n    return x"), 4, "misspelt hint"),
    "empty hint": (GOOD.replace("return x", "# HINT:\n    return x"), 4, "misspelt hint"),
    "late hint": (GOOD.replace("return x", "y = 1\n    # HINT: late\n    return x"), 5, "directly below"),
    "syntax error": ("def square(x:\n    return x\n", 1, "syntax error"),
    "null byte": ("x = 1\0\n", 0, "syntax error"),
    "not UTF-8": (b"# good\n# \xff\n", 2, "UTF-8"),
    "byte-order mark": (b"\xef\xbb\xbf" + GOOD.encode(), 1, "byte-order mark"),
    "Windows line ends": (GOOD.replace("\n", "\r\n"), 1, "Windows line ends"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path: Path, case: str) -> None:
    """Each mistake is refused, with its file, its line and a fix."""
    text, line, message = REFUSED[case]
    folder = only(tmp_path, text)
    with pytest.raises(StubError, match=message) as caught:
        generate(folder, {"area.square": "q1a"})
    assert caught.value.line == line
    assert caught.value.path == folder / "area.py"
    assert str(caught.value).startswith(str(folder / "area.py"))
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# BEGIN SOLUTION q1c\n[table]\n# END SOLUTION\n", 1, "key = value"),
        ("# BEGIN SOLUTION q1c\na = 1\n[table]\nb = 1\n# END SOLUTION\n", 1, "key = value"),
        ("# BEGIN SOLUTION q1c\n# END SOLUTION\n", 1, "at least one"),
        ("a = [\n# BEGIN SOLUTION q1c\n1,\n# END SOLUTION\n]\n", 2, "key = value"),
        ("a = 1  # BEGIN SOLUTION q1c\n", 1, "alone"),
        ("# begin solution q1c\na = 1\n", 1, "misspelt"),
        ("# BEGIN SOLUTION q1c\na = 1\n", 1, "unclosed"),
        ("# BEGIN SOLUTION q7\na = 1\n# END SOLUTION\n", 1, "unknown question"),
        ("a = \n", 0, "not TOML"),
        ("a = 1\r\n", 1, "Windows line ends"),
    ],
)
def test_refused_answers(tmp_path: Path, text: str, line: int, message: str) -> None:
    """A file of answers is as strict as a source file."""
    folder = only(tmp_path, text, "answers.toml")
    with pytest.raises(StubError, match=message) as caught:
        generate(folder, {}, questions={"q1c"})
    assert caught.value.line == line
