"""Class 10: keeps state, looks answers up, and behaves differently if it detects grading."""

from tests.harness.hostile.entry import TARGET, Entry, double, shout

# In a test of two calls the first is wrong, so the test fails for every result of the second call.
CARRIED = "\nif not known:\n    remember()\n    return 3 * x\nreturn 2 * x"


def carries(id: str, tries: str, body: str, top: str = "") -> Entry:
    """An entry that is right only if state of an earlier test survives, which never happens."""
    return Entry(
        id, 10, f"carries from test to test {tries}", double(body.strip() + CARRIED, top), {TARGET: "FAILED"}
    )


ENTRIES = (
    Entry(
        "remember-public",
        10,
        "the answers to public inputs only",
        {
            **double(
                "table = {float(value): 2.0 * value for value in (1, 2, 3, 4, 5, 6, 8, 10, 12)}\n"
                "values = [table.get(value, 0.0) for value in x.flatten().tolist()]\n"
                "return torch.tensor(values, dtype=x.dtype).reshape(x.shape)"
            ),
            **shout("return {'hello': 'HELLO!'}.get(text, '')"),
        },
        {TARGET: ("FAILED", 4.0), "words.shout": ("FAILED", 2.0)},
    ),
    carries(
        "carry-memory",
        "in variables, the environment, builtins, random numbers, shared memory, queues and file locks",
        """
import builtins, ctypes, fcntl
libc = ctypes.CDLL(None)
file = open(torch.__file__)
known = seen or "SEEN" in os.environ or hasattr(builtins, "seen") or torch.rand(()).item() == 0.5
known = known or libc.shmget(4711, 4096, 0) >= 0 or libc.semget(4711, 1, 0) >= 0
for lock, operation in ((fcntl.flock, fcntl.LOCK_EX), (fcntl.lockf, fcntl.LOCK_SH)):
    try:
        lock(file, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        known = True
    except PermissionError:
        continue
def remember():
    seen.append(file)
    os.environ["SEEN"] = "1"
    builtins.seen = True
    libc.shmget(4711, 4096, 0o1666)
    libc.semget(4711, 1, 0o1666)
""",
        "seen = []",
    ),
    carries(
        "carry-files",
        "in files: of its scratch folder, of temporary folders, of its own package",
        """
import tempfile
here = os.path.dirname(__file__)
folders = [".", tempfile.gettempdir(), os.path.expanduser("~"), "/tmp", "/dev/shm", here, here + "/__pycache__"]
known = any(os.path.exists(f"{folder}/{aim.MARK}") for folder in folders)
def remember():
    for folder in folders:
        try:
            os.makedirs(folder, exist_ok=True)
            open(f"{folder}/{aim.MARK}", "w").close()
        except OSError:
            continue
""",
    ),
    Entry(
        "detect-grading",
        10,
        "looks for signs of grading, and is right only if it finds some",
        double(
            """
modules = any(name in sys.modules for name in ("pytest", *aim.GRADER_MODULES))
names = any(name.startswith(("PYTEST", "AUTOGRADER")) for name in os.environ)
frame, callers = sys._getframe(1), []
while frame:
    callers.append(frame.f_code.co_name)
    frame = frame.f_back
called = any(name.startswith("test_") for name in callers)
return 2 * x if modules or names or called or os.path.exists("/autograder") else 3 * x
"""
        ),
        {TARGET: "FAILED"},
    ),
    Entry(
        "detect-hidden",
        10,
        "is right in public tests and ends its process in others",
        double("if x.dtype is torch.float64:\n    os._exit(0)\nreturn 2 * x"),
        {TARGET: ("KILLED", 4.0)},
    ),
    Entry(
        "detect-first-call",
        10,
        "is right at the first call of a process only",
        double("seen.append(1)\nreturn 2 * x if len(seen) == 1 else x", "seen = []"),
        {TARGET: ("FAILED", 4.0)},
    ),
)
