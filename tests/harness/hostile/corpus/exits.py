"""Class 2: ends its process, or that of the grader, in every way; writes the results itself."""

from tests.harness.hostile.entry import CODE, TARGET, Entry, double, in_each_test, noise, shout, squares

RESULTS = """
RESULTS = b'{"score": 100, "output": "", "tests": []}'
PLACES = [aim.OUT, aim.HOMEWORK, "/autograder/results", "/autograder", ".", "..", os.path.dirname(__file__), "/tmp"]

def claim():
    files = [f"{place}/{name}" for place in PLACES for name in ("results.json", "submission_log.json")]
    for path in [*files, *aim.CANARIES]:
        for mode in ("wb", "ab", "xb"):
            try:
                with open(path, mode) as file:
                    file.write(RESULTS)
            except OSError:
                continue
"""


def leave(id: str, tries: str, body: str, outcome: str, top: str = "") -> Entry:
    """An entry whose `maths.double` ends the process in different ways."""
    return Entry(id, 2, tries, double(body, top), {TARGET: outcome})


ENTRIES = (
    Entry(
        "exit-hard",
        2,
        "ends its process: with success, by a read from address zero, by abort, by the C library",
        in_each_test(
            "os._exit(0)",
            "import ctypes\nctypes.string_at(0)",
            "os.abort()",
            "import ctypes\nctypes.CDLL(None).exit(3)",
        ),
        {TARGET: "KILLED"},
    ),
    Entry(
        "exit-softly",
        2,
        "sys.exit, KeyboardInterrupt, and exceptions that `except Exception` does not catch, one with a broken message",
        in_each_test(
            "sys.exit(0)",
            "raise KeyboardInterrupt",
            "raise Sly",
            "raise GeneratorExit",
            top="class Sly(BaseException):\n    def __str__(self):\n        raise KeyboardInterrupt",
        ),
        {TARGET: "CRASHED"},
    ),
    Entry(
        "exit-in-package",
        2,
        "SystemExit in __init__ of the package",
        {"__init__.py": "raise SystemExit(0)"},
        dict.fromkeys(CODE, "CRASHED"),
    ),
    Entry(
        "exit-by-grader",
        2,
        "raises the grader's own exceptions for time, faults and verdicts, and the message of an unfinished task",
        {
            **double("from autograder.errors import TimeLimit\nraise TimeLimit(1)"),
            **shout("from autograder.errors import HarnessError\nraise HarnessError('ours')"),
            **squares("from autograder.errors import WrongAnswer\nraise WrongAnswer('ours')"),
            **noise("exec('raise NotImplementedError(\"TODO(q1): draws.noise\")')"),
        },
        {TARGET: "KILLED", "words.shout": "CRASHED", "loss.squares": "CRASHED", "draws.noise": "CRASHED"},
    ),
    Entry(
        "exit-by-skip",
        2,
        "skips, ends pytest, and ends its process when it is imported",
        {
            **double("return 2 * x", "os._exit(0)"),
            **squares("import pytest\npytest.skip('not today')"),
            **noise("import pytest\npytest.exit('enough', returncode=0)"),
            **shout("import unittest\nraise unittest.SkipTest"),
        },
        {TARGET: "KILLED", **dict.fromkeys(("words.shout", "loss.squares", "draws.noise"), "CRASHED")},
    ),
    Entry(
        "results-early",
        2,
        "writes results.json and the log to all possible places, and again when it ends",
        double(
            "claim()\nreturn 2 * x",
            RESULTS
            + """
import atexit, signal, weakref
atexit.register(claim)
weakref.finalize(aim, claim)
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGCHLD):
    signal.signal(number, lambda *_: claim())
""",
        ),
    ),
    leave(
        "results-then-exit",
        "writes them, prints them, and ends with success before it returns a value",
        "claim()\nprint(RESULTS.decode())\nos._exit(0)",
        "KILLED",
        RESULTS,
    ),
)
