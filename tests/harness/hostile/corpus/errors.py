"""Class 3 as well: reports errors that never happened, in forms that the grader may not handle."""

from tests.harness.hostile.entry import TARGET, Entry, double, in_each_test, noise, shout, squares


def raised(id: str, tries: str, *errors: str, outcome: str = "CRASHED") -> Entry:
    """An entry whose `maths.double` sends a different forged error in each test."""
    bodies = (f"forge.send(forge.error({error}))\nforge.hold()" for error in errors)
    return Entry(id, 3, tries, in_each_test(*bodies), {TARGET: outcome})


ENTRIES = (
    raised(
        "error-file-names",
        "lines of code in files whose names are not text, contain a NUL, are too long, or are empty",
        "rows=[['\\ud800.py', 1, 'double', '']]",
        "rows=[['a\\0.py', 1, 'double', '']]",
        "rows=[['\\U0001f600' * 200, 1, 'double', '']]",
        "rows=[['', 1, '', '']]",
    ),
    raised(
        "error-files-of-others",
        "lines of code in files of staff and of the system, and in folders",
        "rows=[[aim.STAFF[0], 1, '', '']]",
        "rows=[[path, 1, '', ''] for path in [*aim.STAFF, '../' * 9 + 'etc/passwd']]",
        "rows=[['../' * 9 + 'etc/passwd', 1, '', '']]",
        "rows=[['given', 1, '', '']]",
    ),
    raised(
        "error-lines",
        "line numbers that do not exist, huge function names, and a hundred thousand lines",
        "rows=[['maths.py', 10**4000, 'double', '']]",
        "rows=[['maths.py', -5, 'double', '']]",
        "rows=[['maths.py', 3, '\\n' * 10**5, '\\0' * 10**5]]",
        "rows=[['maths.py', 3, 'double', '']] * 100_000",
    ),
    raised(
        "error-is-none",
        "invalid lines of code, exceptions without a name or message, or with a list as message",
        "rows=[[1, 2, 3, 4]]",
        "kind=None",
        "message=3",
        "message=None, limit=[[[]]]",
        outcome="KILLED",
    ),
    raised(
        "error-odd-text",
        "messages of NUL, escape sequences, half characters and markup, and names with a meaning in pytest",
        "message='\\0\\x1b[2J\\x07\\ud800[/red] ' * 10",
        "kind='\\0\\x1b[2J\\x07\\ud800[/red]'",
        "kind='KeyboardInterrupt'",
        "kind='HarnessError', message='HARNESS'",
    ),
    Entry(
        "error-no-object",
        3,
        "invalid errors, refusals, modules and weights",
        {
            "net.py": """
from . import forge


class Scale:
    def __init__(self, size):
        forge.send(forge.frame({"value": {"handle": 10**18}}), forge.frame({"value": {"list": []}}))
        forge.hold()


def fit(x, y, steps):
    header = {"value": {"dict": [["weight", 3]]}, "gradients": forge.EMPTY, "keywords": forge.EMPTY}
    forge.send(forge.frame({**header, "arguments": {"tuple": []}}))
    forge.hold()
""",
            **double("forge.send(forge.frame({'error': 3}))\nforge.hold()"),
            **shout("forge.send(forge.frame({'error': {'kind': 'X'}}))\nforge.hold()"),
            **squares("forge.send(forge.frame({'error': None}))\nforge.hold()"),
            **noise("forge.send(forge.frame({'refused': {}}))\nforge.hold()"),
        },
        {"draws.noise": "FAILED"}
        | dict.fromkeys((TARGET, "words.shout", "loss.squares", "net.Scale", "net.fit"), "KILLED"),
    ),
    Entry(
        "error-odd-state",
        3,
        "a module without the required weights, and weights that are texts",
        {
            "net.py": """
import torch


class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.heavy = torch.nn.Parameter(torch.ones(size))


def fit(x, y, steps):
    return {"weight": "heavy"}
"""
        },
        {"net.Scale": "FAILED", "net.fit": "FAILED"},
    ),
)
