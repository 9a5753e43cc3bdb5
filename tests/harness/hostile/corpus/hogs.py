"""Class 7: never ends, or ends badly. Entries that take too many resources are in `greed`."""

from tests.harness.hostile.entry import CODE, TARGET, Entry, double, in_each_test, noise, shout, squares, task

SPIN = "while True:\n    pass"
STUBBORN = """
import signal

def spin():
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""


FOUR = dict.fromkeys((TARGET, "words.shout", "loss.squares", "draws.noise"), "TIMEOUT")

ENTRIES = (
    Entry(
        "hog-for-ever",
        7,
        "computes and catches everything, sleeps, waits for its own lock, matches a pattern for centuries",
        {
            **double("spin()", STUBBORN),
            **shout("while True:\n    time.sleep(1000)"),
            **squares(
                "import _imp, threading\n_imp.acquire_lock()\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()"
            ),
            **noise("import re\nreturn re.match('(a|aa)+$', 'a' * 100 + 'b')"),
        },
        FOUR,
    ),
    Entry(
        "hog-afterwards",
        7,
        "loops while its value is encoded, while its exception is formatted, in eight threads",
        {
            **double(
                "return Endless()",
                "class Endless(dict):\n    def items(self):\n        while True:\n            pass",
            ),
            **shout(
                "raise Endless",
                "class Endless(Exception):\n    def __str__(self):\n        while True:\n            pass",
            ),
            **squares(
                "import threading\nfor _ in range(8):\n    threading.Thread(target=spin).start()\nspin()",
                STUBBORN,
            ),
            **noise("os.dup(3)\nos.close(3)\ntime.sleep(60)"),
        },
        FOUR,
    ),
    Entry(
        "hog-hang-up",
        7,
        "closes the connection and does not end",
        in_each_test("os.close(3)\ntime.sleep(60)", *["return 2 * x"] * 3),
        {TARGET: ("KILLED", 6.0)},
    ),
    Entry(
        "hog-everywhere",
        7,
        "never ends in any function",
        {
            **double(SPIN),
            **squares(SPIN),
            **noise(SPIN),
            **shout(SPIN),
            **task("calls", "twice(f, x)", SPIN),
            "net.py": "class Scale:\n    def __init__(self, size):\n        while True:\n            pass\n\n\n"
            "def fit(x, y, steps):\n    while True:\n        pass\n",
        },
        dict.fromkeys(CODE, "TIMEOUT"),
        hangs=True,
    ),
    Entry(
        "hog-when-imported",
        7,
        "never ends the import of the package",
        {"__init__.py": SPIN},
        dict.fromkeys(CODE, "TIMEOUT"),
        hangs=True,
    ),
)
